package main

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"sync/atomic"
	"testing"
)

// ailing is an API that fails after its first answer.
func ailing(t *testing.T) (url string) {
	t.Helper()
	var asked atomic.Int64
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		if asked.Add(1) > 1 {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
		io.WriteString(w, `{"status":"OK"}`)
	}))
	t.Cleanup(s.Close)
	return s.URL
}

// TestMonitorPrintsJSON line by line: well, two failures, an outage. Ctrl-C ends
// it well, with a summary.
func TestMonitorPrintsJSON(t *testing.T) {
	cmd, out, errs := program(t, "monitor", ailing(t), "--interval", "1", "--json", "--database", "memory:")
	for _, want := range []string{"up", "failed", "failed", "down"} {
		line, err := out.ReadBytes('\n')
		if err != nil {
			t.Fatalf("%v: %s", err, errs)
		}
		var m struct{ Event, Target, Text string }
		if err := json.Unmarshal(line, &m); err != nil || m.Event != want || m.Target == "" {
			t.Fatalf("%s, want %s", line, want)
		}
		if want == "failed" && m.Text != "status is 503, not 200" {
			t.Errorf("evidence %q", m.Text)
		}
	}
	interrupt(t, cmd.Process, out)
	if err := cmd.Wait(); err != nil || !strings.Contains(errs.String(), "1 outage of") {
		t.Errorf("ended with %v and %q, want exit 0 and a summary", err, errs)
	}
}

// TestMonitorShowsMailInATrial, by the variables of a compose file, and without
// a relay.
func TestMonitorShowsMailInATrial(t *testing.T) {
	t.Setenv("API_URL", ailing(t))
	t.Setenv("INTERVAL", "1s")
	t.Setenv("SUPPORT", "support@example.org, oncall@example.org")
	for _, empty := range []string{"SMTP_URL", "SMTP_PASSWORD", "MAIL_FROM", "DB_HOST", "DB_USER", "DB_PW", "DB_NAME"} {
		t.Setenv(empty, "")
	}
	cmd, out, errs := program(t, "monitor", "--test")
	for {
		line, err := out.ReadString('\n')
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(line, "DOWN") {
			break
		}
	}
	errs.awaits(t, "Reason     expectation_failed") // the mail is written after the change is kept
	interrupt(t, cmd.Process, out)
	err := cmd.Wait()
	for _, want := range []string{"mail is printed, not sent", "kept in memory only", "\nSubject: [portreeve] ", " is DOWN: expectation_failed", "Reason     expectation_failed: status is 503, not 200"} {
		if err != nil || !strings.Contains(errs.String(), want) {
			t.Errorf("ended with %v and %s\nwant %q in it", err, errs, want)
		}
	}
}

// interrupt is Ctrl-C; it reads what is printed until the end.
func interrupt(t *testing.T, p *os.Process, out io.Reader) {
	t.Helper()
	if err := p.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, out); err != nil {
		t.Fatal(err)
	}
}
