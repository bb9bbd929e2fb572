package e2e

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/client"
)

// TestPauseAfter: an app that is down for too long is paused, over restarts, with
// one last mail that says so; when it signs up again, it is asked again.
func TestPauseAfter(t *testing.T) {
	t.Parallel()
	h := newHome(t)
	h.portreeve.stop()
	h.configure("pause_after: 10s, ")
	h.serve()
	v := &village{home: h}
	sign := func() int {
		code, body := v.asks(h.device, "mill", "http://"+homeDevice+":3000", "interval", "5", "timeout", "2", "healthy_threshold", "2")
		if !strings.Contains(body, "An outage of 10\u00a0s pauses it") {
			t.Errorf("signing up says %s", body)
		}
		return code
	}
	if code := sign(); code != http.StatusCreated {
		t.Fatalf("signed up with %d", code)
	}
	down := h.eventually("mill", 30*time.Second, func(st checkState) bool { return st.Status == "UNHEALTHY" })
	h.toldOf("mill", "ops@example.org", 1, 20*time.Second)
	h.portreeve.kill()
	h.serve()
	after := h.becomes("mill", "UNHEALTHY", "PAUSED")
	if !after.Down.Equal(down.Down) {
		t.Errorf("down since %v, was %v before the server was killed", after.Down, down.Down)
	}
	told := h.toldOf("mill", "ops@example.org", 2, 20*time.Second)
	if subject, text := told[1].Header("Subject"), string(told[1].Data); !strings.Contains(subject, "mill is PAUSED: it has been DOWN for") || !strings.Contains(text, "down for longer than 10s") {
		t.Errorf("the last mail is\n%s", text)
	}
	h.portreeve.kill()
	h.serve()
	h.becomes("mill", "UNHEALTHY", "PAUSED")
	time.Sleep(6 * time.Second) // for one question or mail too many
	h.becomes("mill", "UNHEALTHY", "PAUSED")
	if told := h.toldOf("mill", "ops@example.org", 2, time.Second); len(told) != 2 {
		t.Errorf("after the last mail came %q", told[2].Header("Subject"))
	}
	h.device.app(homeDevice+":3000", "p")
	if code := sign(); code != http.StatusFound {
		t.Errorf("signed up again with %d", code)
	}
	h.becomes("mill", "HEALTHY")
}

// TestAHeartbeatEndsThePauseOfItsSilence: a job does not sign up again. One that was
// paused because it had failed for too long is looked after again when it is heard
// to be well, also after a restart; one that somebody else paused is not.
func TestAHeartbeatEndsThePauseOfItsSilence(t *testing.T) {
	t.Parallel()
	args := []string{"--registration", "--pause-after", "3s", "--database", filepath.Join(t.TempDir(), "portreeve.db")}
	s := serve(t, args...)
	owner := &client.Server{URL: s.URL}
	r, err := owner.Register(t.Context(), client.Check{Name: "backup", URL: "push://backup", Period: 20 * time.Second, Grace: time.Second})
	if err != nil {
		t.Fatal(err)
	}
	becomes := func(status string, paused bool) {
		t.Helper()
		eventually(t, 30*time.Second, func() string {
			if i, err := (&client.Server{URL: s.URL, Token: r.Token}).Info(t.Context(), "backup"); err != nil || i.Status != status || i.Paused != paused {
				return fmt.Sprintf("it is %+v (%v), want %s, paused: %v", i, err, status, paused)
			}
			return ""
		})
	}
	beat := func(b client.Beat) {
		t.Helper()
		if err := (&client.Server{URL: s.URL, Token: r.Token}).Beat(t.Context(), "backup", b); err != nil {
			t.Fatal(err)
		}
	}
	becomes("HEALTHY", false)
	beat(client.Beat{Signal: client.SignalFail})
	becomes("UNHEALTHY", true)
	s.kill()
	s = serve(t, args...)
	becomes("UNHEALTHY", true)
	beat(client.Beat{Signal: client.SignalFail}) // is no news
	beat(client.Beat{ExitCode: 1})
	becomes("UNHEALTHY", true)
	beat(client.Beat{Signal: client.SignalFinish})
	becomes("HEALTHY", false)

	if err := (&client.Server{URL: s.URL, Token: r.Token}).Pause(t.Context(), "backup", "moves"); err != nil {
		t.Fatal(err)
	}
	beat(client.Beat{Signal: client.SignalFinish})
	becomes("HEALTHY", true)
}

// configure writes the home's configuration anew, with more words on registration.
func (h *home) configure(more string) {
	h.t.Helper()
	text := string(bytesOf(h.t, h.config))
	if err := os.WriteFile(h.config, []byte(strings.Replace(text, "registration: {", "registration: {"+more, 1)), 0o644); err != nil {
		h.t.Fatal(err)
	}
}
