package e2e

import (
	"fmt"
	"net"
	"strings"
	"testing"
	"time"
)

// TestACheckFromFlagToPage pushes one result through every floor: a check
// given by flag shows on the page, changes its status and is journalled.
func TestACheckFromFlagToPage(t *testing.T) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	target := "tcp://" + ln.Addr().String()
	name := strings.ReplaceAll(ln.Addr().String(), ":", "-")
	s := serve(t, "--check", target, "--check-interval", "200ms")

	eventually(t, 5*time.Second, func() string { return moved(s, name, "UNKNOWN", "HEALTHY") })
	eventually(t, 5*time.Second, func() string { return missing(s.get("/"), name, "HEALTHY") })
	ln.Close()
	eventually(t, 5*time.Second, func() string { return moved(s, name, "DEGRADING", "UNHEALTHY") })
	eventually(t, 5*time.Second, func() string { return missing(s.get("/"), "UNHEALTHY", "refused") })
	eventually(t, 5*time.Second, func() string {
		return missing(s.get("/metrics"), fmt.Sprintf(`portreeve_check_up{check="%s"} 0`, name), fmt.Sprintf(`portreeve_check_state{check="%s",state="unhealthy"} 1`, name))
	})
	eventually(t, 5*time.Second, func() string { return missing(s.stderr.String(), "to=UNHEALTHY", "refused") })
	if got := s.get("/metrics"); strings.Contains(got, `portreeve_notifications_total{channel="log",result="sent"} 0`) || !strings.Contains(got, `portreeve_notifications_total{channel="log",result="sent"}`) {
		t.Error("the metrics do not count what the log was told")
	}
}

// moved says that no entry of the journal tells of a check's change.
func moved(s *server, check, from, to string) string {
	for _, e := range api[entry](s, "events") {
		if c := e.Change; c != nil && c.Check == check && c.From == from && c.To == to {
			return ""
		}
	}
	return fmt.Sprintf("no event tells that %s went from %s to %s", check, from, to)
}

// missing says which of the words a text lacks.
func missing(text string, words ...string) string {
	for _, w := range words {
		if !strings.Contains(strings.ToLower(text), strings.ToLower(w)) {
			return fmt.Sprintf("%q is missing in:\n%s", w, text)
		}
	}
	return ""
}

// TestTheJournalOutlivesTheProcess restarts the server on one database: the
// timeline goes on, numbers go on, and nothing is told twice.
func TestTheJournalOutlivesTheProcess(t *testing.T) {
	db := "sqlite:" + t.TempDir() + "/portreeve.db"
	port := freePort(t)
	s := serve(t, "--database", db)
	opener := openPorts(t, "-p", fmt.Sprint(port))
	eventually(t, 5*time.Second, func() string { return happened(s, "opened", port) })
	s.stop() // cleanly: after a kill the log may tell its last lines again, with the same keys
	s = serve(t, "--database", db)
	if words := happened(s, "opened", port); words != "" {
		t.Error(words)
	}
	for line := range strings.Lines(s.stderr.String()) { // but what changed meanwhile: its own port
		if strings.Contains(line, "port changed") && !strings.Contains(line, "unwatched=true") {
			t.Errorf("the log tells an old event again: %s", line)
		}
	}
	opener.kill()
	eventually(t, 5*time.Second, func() string { return happened(s, "closed", port) })

	_, errs, code := run(t, nil, "serve", "--listen", "127.0.0.1:0", "--database", db)
	if code != 1 || !strings.Contains(errs, fmt.Sprint(s.pid())) {
		t.Errorf("a second server on one database exits %d: %s; want 1 and the first's pid", code, errs)
	}
}
