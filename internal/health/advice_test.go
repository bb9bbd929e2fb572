package health

import (
	"strings"
	"testing"
	"time"
)

// TestEveryReasonHasAdvice: nobody is left alone with a code.
func TestEveryReasonHasAdvice(t *testing.T) {
	for _, r := range Reasons() {
		if text := Advice(r); text == "" || strings.HasSuffix(text, ".") {
			t.Errorf("advice for %s: %q", r, text)
		}
	}
	if len(advice()) != len(Reasons()) {
		t.Errorf("advice for %d reasons, of which there are %d", len(advice()), len(Reasons()))
	}
	if Advice("") != "" {
		t.Error("advice where nothing is wrong")
	}
}

// TestAdviceDependsOnHowFarTheAnswerCame: a server that took the connection is
// behind no firewall.
func TestAdviceDependsOnHowFarTheAnswerCame(t *testing.T) {
	const ms = Duration(time.Millisecond)
	timeout := func(a *Answer) *Result { return &Result{Reason: Timeout, Answer: a} }
	status := func(reason Reason, h HTTP) *Result { return &Result{Reason: reason, Answer: &Answer{HTTP: &h}} }
	tests := []struct {
		name   string
		result *Result
		want   string
	}{
		{"no result", nil, ""},
		{"a reason alone", &Result{Reason: Refused}, Advice(Refused)},
		{"well", &Result{Answer: &Answer{HTTP: &HTTP{Status: 200}}}, ""},
		{"silence", timeout(&Answer{Phases: Phases{Connect: 2000 * ms}}), "nothing answers at all: "},
		{"connected", timeout(&Answer{Phases: Phases{Connect: 46_400, Processing: 2000*ms + 900_000}}),
			"connected in 46µs; the server has not answered for 2.001s: it hangs or is overloaded"},
		{"during the handshake", timeout(&Answer{Phases: Phases{Connect: ms, TLS: 2000 * ms}}), "connected in 1ms; the server has not shaken hands for 2s: "},
		{"after the handshake", timeout(&Answer{TLS: &TLS{}, Phases: Phases{Connect: ms, TLS: ms, Processing: 5 * ms}}), "has not answered for 5ms"},
		{"during the answer", timeout(&Answer{HTTP: &HTTP{Status: 200}, Phases: Phases{Connect: ms, Processing: 3 * ms, Transfer: 900 * ms}}),
			"the answer began after 3ms and had not ended 900ms later"},
		{"behind a redirect", timeout(&Answer{HTTP: &HTTP{Status: 302}, Phases: Phases{Connect: 900 * ms, Processing: ms}}), "nothing answers at all: "},
		{"a redirect", status(HTTPStatus, HTTP{Status: 302, Location: "/new"}), "ask the new URL, or set redirects"},
		{"a redirect to nowhere", status(HTTPStatus, HTTP{Status: 304}), Advice(HTTPStatus)},
		{"a redirect too many", status(HTTPProtocol, HTTP{Status: 302}), "its redirect cannot be followed"},
		{"no credentials", status(HTTPStatus, HTTP{Status: 401}), "send a header with credentials"},
		{"not permitted", status(HTTPStatus, HTTP{Status: 403}), "send a header with credentials"},
		{"a fault", status(HTTPStatus, HTTP{Status: 500}), Advice(HTTPStatus)},
		{"an expectation of a redirect", status(ExpectationFailed, HTTP{Status: 302, Location: "/new"}), Advice(ExpectationFailed)},
	}
	for _, tt := range tests {
		if got := AdviceFor(tt.result); !strings.Contains(got, tt.want) || tt.want == "" && got != "" {
			t.Errorf("%s: %q, want %q", tt.name, got, tt.want)
		}
	}
}
