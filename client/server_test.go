package client_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/client"
)

// TestServer plays the life of a registration, one request each.
func TestServer(t *testing.T) {
	m := newMonitor()
	s := &client.Server{URL: m.serve(t, "").URL + "/"}
	ctx := t.Context()
	receipt, err := s.Register(ctx, client.Check{
		Name: "shop", Title: "Shop", URL: "http://:3000/health", Interval: 30 * time.Second, Timeout: 5 * time.Second, Unhealthy: 2, Healthy: 10,
		Path: "/p", Expect: "status == 200", Mode: "accept", Family: "ipv4", ServiceID: "s", Period: time.Hour, Grace: time.Minute, Alerts: []string{"ops"},
	})
	if err != nil {
		t.Fatal(err)
	}
	want := &client.Receipt{Name: "shop", Outcome: client.Created, Token: "prt_secret1", CheckPath: "/api/v1/checks/shop", PagePath: "/checks/shop"}
	if d := cmp.Diff(want, receipt); d != "" {
		t.Error("receipt:", d)
	}
	if d := cmp.Diff(map[string]any{
		"name": "shop", "title": "Shop", "target": "http://:3000/health", "interval": "30s", "timeout": "5s", "unhealthy_threshold": 2.0, "healthy_threshold": 10.0,
		"path": "/p", "expect": "status == 200", "mode": "accept", "family": "ipv4", "service_id": "s", "period": "1h0m0s", "grace": "1m0s", "alerts": []any{"ops"},
	}, m.of("shop").body); d != "" {
		t.Error("request:", d)
	}

	s.Token = receipt.Token
	if again, err := s.Register(ctx, shop); err != nil || again.Outcome != client.Restarted || again.Token != "" || again.Restarts != 1 {
		t.Errorf("signed up again: %+v, %v", again, err)
	}
	if d := cmp.Diff(map[string]any{"name": "shop", "target": "http://:3000/health"}, m.of("shop").body); d != "" {
		t.Error("what says nothing is left to the server:", d)
	}
	changed, err := s.Change(ctx, client.Check{Name: "shop", URL: "tcp://:3000"})
	if err != nil || changed.Outcome != client.Changed || m.of("shop").body["target"] != "tcp://:3000" {
		t.Errorf("changed: %+v, %v", changed, err)
	}
	if err := s.Pause(ctx, "shop", "moves"); err != nil || !m.of("shop").paused || m.of("shop").why != "moves" {
		t.Errorf("paused: %+v, %v", m.of("shop"), err)
	}
	if err := s.Resume(ctx, "shop"); err != nil || m.of("shop").paused {
		t.Errorf("resumed: %+v, %v", m.of("shop"), err)
	}
	for _, b := range []client.Beat{{}, {Signal: client.SignalStart}, {Signal: client.SignalFinish, Took: time.Second}, {Signal: client.SignalFail, ExitCode: 2, Text: "disk full"}} {
		if err := s.Beat(ctx, "shop", b); err != nil {
			t.Error(err)
		}
	}
	if d := cmp.Diff([]string{"<nil>", "start <nil>", "finish <nil>", "fail disk full"}, m.of("shop").beats); d != "" {
		t.Error("beats:", d)
	}
	if err := s.Stop(ctx, "shop"); err != nil || m.of("shop") != nil {
		t.Errorf("stopped: %+v, %v", m.of("shop"), err)
	}
}

func TestServerInfo(t *testing.T) {
	m := newMonitor()
	s := &client.Server{URL: m.serve(t, "").URL + "/api/v1"}
	if _, err := s.Register(t.Context(), shop); err != nil {
		t.Fatal(err)
	}
	info, err := s.Info(t.Context(), "shop")
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2026, 5, 4, 10, 0, 1, 0, time.UTC)
	want := &client.Info{
		Name: "shop", Owner: "this machine", Address: "127.0.0.1", Status: "HEALTHY", Created: at.Add(-time.Second), Since: at,
		Spec: client.Spec{Title: "Shop", Target: "http://127.0.0.1:3000/health", Interval: 30 * time.Second, Timeout: 5 * time.Second, Unhealthy: 2, Healthy: 10},
		Last: &client.Result{At: at, Took: 1500 * time.Microsecond, Verdict: "pass"},
	}
	if d := cmp.Diff(want, info); d != "" {
		t.Error(d)
	}
}

// TestError: each refusal says all that the server said.
func TestError(t *testing.T) {
	problem := http.Header{"Content-Type": {"application/problem+json"}}
	for _, tt := range []struct {
		name   string
		status int
		header http.Header
		body   string
		want   client.Error
		text   string
	}{
		{"taken", 409, problem, `{"title":"Conflict","detail":"The name is taken.","hint":"Take another.","because":"taken"}`,
			client.Error{Status: 409, Because: "taken", Detail: "The name is taken.", Hint: "Take another."}, "The name is taken (Take another) [409]"},
		{"fields", 422, problem, `{"detail":"validation failed","errors":[{"location":"body.interval","message":"is out of range: 5s to 5m0s"},{"location":"body.name","message":"must be given"}]}`,
			client.Error{Status: 422, Detail: "validation failed", Fields: []client.Field{{Name: "interval", Reason: "is out of range: 5s to 5m0s"}, {Name: "name", Reason: "must be given"}}},
			"validation failed; interval: is out of range: 5s to 5m0s; name: must be given [422]"},
		{"too often", 429, http.Header{"Content-Type": {"application/problem+json; charset=utf-8"}, "Retry-After": {"7"}}, `{"title":"Too Many Requests"}`,
			client.Error{Status: 429, Detail: "Too Many Requests", RetryAfter: 7 * time.Second}, "Too Many Requests [429]"},
		{"sent away for ever", 503, http.Header{"Content-Type": problem["Content-Type"], "Retry-After": {"99999999999"}}, `{"detail":"Not now."}`,
			client.Error{Status: 503, Detail: "Not now.", RetryAfter: time.Hour}, "Not now [503]"},
		{"a date", 503, http.Header{"Content-Type": problem["Content-Type"], "Retry-After": {"Wed, 21 Oct 2026 07:28:00 GMT"}}, `{"detail":"Not now."}`,
			client.Error{Status: 503, Detail: "Not now."}, "Not now [503]"},
		{"another server", 502, http.Header{"Content-Type": {"text/html"}}, `<h1>Bad Gateway</h1>`,
			client.Error{Status: 502, Detail: "the answer is 502 Bad Gateway", Hint: "It does not look like portreeve's."}, "the answer is 502 Bad Gateway (It does not look like portreeve's) [502]"},
		{"redirected", 301, http.Header{"Location": {"http://192.0.2.1/"}}, ``,
			client.Error{Status: 301, Detail: "the answer is 301 Moved Permanently", Hint: "It does not look like portreeve's."}, "the answer is 301 Moved Permanently (It does not look like portreeve's) [301]"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := server(t, func(w http.ResponseWriter, _ *http.Request) {
				for key, values := range tt.header {
					w.Header()[key] = values
				}
				w.WriteHeader(tt.status)
				io.WriteString(w, tt.body)
			})
			_, err := s.Info(t.Context(), "shop")
			var got *client.Error
			if !errors.As(err, &got) {
				t.Fatalf("%v is no client.Error", err)
			}
			if d := cmp.Diff(tt.want, *got); d != "" {
				t.Error(d)
			}
			if err.Error() != tt.text {
				t.Errorf("%q, want %q", err, tt.text)
			}
		})
	}
}

// TestNoAnswer: what is no answer of portreeve's is no refusal.
func TestNoAnswer(t *testing.T) {
	for name, s := range map[string]*client.Server{
		"no JSON": server(t, func(w http.ResponseWriter, _ *http.Request) { io.WriteString(w, "welcome") }),
		"broken": server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.WriteString(w, `{"name":`)
		}),
		"endless": server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			io.Copy(w, endless{})
		}),
		"cut short": server(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "99")
			io.WriteString(w, "{")
		}),
		"nobody there": {URL: "http://127.0.0.1:1"},
		"no URL":       {},
		"no scheme":    {URL: "127.0.0.1:9860"},
		"with a query": {URL: "http://127.0.0.1:9860/?a=b"},
	} {
		t.Run(name, func(t *testing.T) {
			_, err := s.Info(t.Context(), "shop")
			var refusal *client.Error
			if err == nil || errors.As(err, &refusal) {
				t.Errorf("%v, want an error that is no refusal", err)
			}
		})
	}
}

// TestRequest: what is shown, and to whom.
func TestRequest(t *testing.T) {
	var seen *http.Request
	s := server(t, func(w http.ResponseWriter, r *http.Request) { seen = r; w.WriteHeader(http.StatusNoContent) })
	t.Setenv("HTTP_PROXY", "http://127.0.0.1:1")
	s.Token = "prt_x"
	s.URL += "/monitor/"
	if err := s.Stop(t.Context(), "a/../b?c"); err != nil {
		t.Fatal(err)
	}
	if want := "/monitor/api/v1/checks/" + url.PathEscape("a/../b?c"); seen.URL.EscapedPath() != want || seen.Header.Get("Authorization") != "Bearer prt_x" {
		t.Errorf("asked %s with %q, want %s", seen.URL, seen.Header.Get("Authorization"), want)
	}
	for _, name := range []string{"", ".", ".."} {
		seen = nil
		if err := s.Stop(t.Context(), name); err == nil || seen != nil {
			t.Errorf("the name %q was sent: %v", name, err)
		}
		if err := s.Beat(t.Context(), name, client.Beat{}); err == nil || seen != nil {
			t.Errorf("a beat for the name %q was sent: %v", name, err)
		}
	}
	if err := s.Beat(t.Context(), "x", client.Beat{Signal: "../y"}); err == nil || seen != nil {
		t.Errorf("a signal that is none was sent: %v", err)
	}
}

// TestCanceled: a request ends with its context, and says so.
func TestCanceled(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := server(t, func(_ http.ResponseWriter, r *http.Request) { cancel(); <-r.Context().Done() })
	if err := s.Resume(ctx, "shop"); !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want a canceled context", err)
	}
}

// TestBeatText: of a long text the beginning is sent, whole characters that fit
// into what a server reads.
func TestBeatText(t *testing.T) {
	for name, text := range map[string]string{"long": strings.Repeat("é", 20_000), "to be escaped": strings.Repeat("\x01<", 20_000), "no UTF-8": strings.Repeat("\xffa", 20_000)} {
		var body []byte
		s := server(t, func(w http.ResponseWriter, r *http.Request) {
			body, _ = io.ReadAll(r.Body)
			w.WriteHeader(http.StatusNoContent)
		})
		if err := s.Beat(t.Context(), "x", client.Beat{Text: text}); err != nil {
			t.Fatal(err)
		}
		if len(body) > 10_000 || len(body) < 5_000 || strings.Contains(string(body[:len(body)-20]), `"text":""`) {
			t.Errorf("%s: %d bytes were sent", name, len(body))
		}
	}
}

// server serves a handler until the test ends.
func server(t *testing.T, f http.HandlerFunc) *client.Server {
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	return &client.Server{URL: s.URL}
}

// An endless reader never ends.
type endless struct{}

func (endless) Read(b []byte) (int, error) { return copy(b, " "), nil }
