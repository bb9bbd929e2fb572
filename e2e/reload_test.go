package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// TestABadReloadChangesNothing reloads under load: a bad file is told, with
// its place, and every check keeps its schedule and what is believed of it; a
// good one changes what it changes and nothing else.
func TestABadReloadChangesNothing(t *testing.T) {
	const checks = 300
	f := newFarm(t)
	file := filepath.Join(t.TempDir(), "portreeve.yaml")
	write := func(head string, n int) {
		t.Helper()
		var b strings.Builder
		fmt.Fprintf(&b, "%s\ndefaults: {interval: 500ms, timeout: 400ms}\nchecks:\n", head)
		for i := range n {
			fmt.Fprintf(&b, "  - {name: t%03d, target: \"tcp://%s:%d\"}\n", i, f.addr(i), f.tcp)
		}
		if err := os.WriteFile(file, []byte(b.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write("", checks)
	s := serve(t, "--config", file)
	up := func() float64 { return sum(t, s.get("/metrics"), "portreeve_check_up{") }
	eventually(t, 10*time.Second, func() string {
		if n := up(); n != checks {
			return fmt.Sprintf("%v of %d checks are up", n, checks)
		}
		return ""
	})

	write("lisen: 127.0.0.1:1", checks+1)
	s.signal(syscall.SIGHUP)
	eventually(t, 10*time.Second, func() string {
		if words := missing(s.stderr.String(), "portreeve.yaml:1:1", "lisen", "did you mean"); words != "" {
			return words
		}
		return missing(s.get("/metrics"), "portreeve_config_last_reload_successful 0")
	})
	if status := s.health(); !strings.Contains(status, "portreeve.yaml:1:1") {
		t.Errorf("/healthz does not tell of the bad file: %s", status)
	}
	time.Sleep(2 * time.Second)
	if n := up(); n != checks {
		t.Errorf("after a bad reload %v of %d checks are up", n, checks)
	}

	if err := os.WriteFile(file, nil, 0o644); err != nil { // as a full disk would leave it
		t.Fatal(err)
	}
	eventually(t, 10*time.Second, func() string { return missing(s.stderr.String(), "says nothing at all") })
	if n := up(); n != checks {
		t.Errorf("after an empty file %v of %d checks are up", n, checks)
	}

	write("", checks+1)
	s.signal(syscall.SIGHUP)
	eventually(t, 10*time.Second, func() string {
		if n := up(); n != checks+1 {
			return fmt.Sprintf("%v of %d checks are up", n, checks+1)
		}
		return missing(s.get("/metrics"), "portreeve_config_last_reload_successful 1")
	})
	write("", checks-1) // and without a signal: the change of the file is enough
	eventually(t, 10*time.Second, func() string {
		if n := up(); n != checks-1 {
			return fmt.Sprintf("%v checks are up, want %d", n, checks-1)
		}
		return ""
	})
	metrics := s.get("/metrics")
	if n := sum(t, metrics, "portreeve_schedule_skipped_total"); n != 0 {
		t.Errorf("%v slots were skipped", n)
	}
	for _, e := range api[entry](s, "events?limit=1000") {
		removed := func(check string) bool { return check == "t299" || check == "t300" }
		if c := e.Change; c != nil && c.From != "UNKNOWN" && !(c.To == "UNKNOWN" && removed(c.Check)) {
			t.Errorf("%s went from %s to %s", c.Check, c.From, c.To)
		}
	}
	if moves := sum(t, metrics, `portreeve_check_transitions_total{check="t000"`); moves != 1 {
		t.Errorf("the first check moved %v times, want once", moves)
	}
}

// signal sends the program a signal.
func (p *program) signal(sig os.Signal) {
	p.t.Helper()
	if err := p.cmd.Process.Signal(sig); err != nil {
		p.t.Fatal(err)
	}
}

// health reads /healthz, whatever its status.
func (s *server) health() string {
	s.t.Helper()
	res, err := http.Get(s.URL + "/healthz")
	if err != nil {
		s.t.Fatal(err)
	}
	defer res.Body.Close()
	var body map[string]any
	if err := json.NewDecoder(res.Body).Decode(&body); err != nil {
		s.t.Fatal(err)
	}
	text, _ := json.Marshal(body)
	return string(text)
}
