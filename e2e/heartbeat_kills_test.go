package e2e

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// names are many of one kind.
func names(kind string, n int) (all []string) {
	for i := range n {
		all = append(all, fmt.Sprintf("%s%d", kind, i))
	}
	return all
}

// TestHeartbeatsOverKills kills the server between heartbeats: what it answered to
// well it still knows, nobody who lives is missed for the restart, and whoever died
// before it is down in time.
func TestHeartbeatsOverKills(t *testing.T) {
	t.Parallel()
	living := names("job", 5)
	file, token := hearing(t, "", append(living, "dead", "dying")...)
	args := []string{"--config", file, "--database", filepath.Join(t.TempDir(), "portreeve.db")}
	s := serveAs(t, nil, args...)
	var devices []*device
	for _, name := range living {
		devices = append(devices, newDevice(t, name, token, s.URL, local))
		time.Sleep(beatEvery / 7) // they do not beat together
	}
	newDevice(t, "dead", token, s.URL, local).die()
	dying := newDevice(t, "dying", token, s.URL, local)
	falling(s, "dead", time.Minute)
	dying.die()
	var restarted time.Time
	for range 3 {
		time.Sleep(time.Duration(rand.IntN(1500)) * time.Millisecond)
		s.kill()
		for _, d := range devices {
			d.turn("")
		}
		restarted = time.Now()
		s = serveAs(t, nil, args...)
		for _, d := range devices {
			knows(s, d.name, d.answered())
			d.turn(s.URL)
		}
		if _, down := falls(s)["dead"]; !down {
			t.Error("who was down is so no more after a restart")
		}
	}
	fell := falling(s, "dying", time.Minute)
	if late := fell.Sub(restarted) - beatPeriod - beatGrace; late > 7*time.Second {
		t.Errorf("who died before the kills was told %v late", late)
	}
	for _, d := range devices {
		knows(s, d.name, d.answered())
	}
	onlyDown(s, "dead", "dying")
	for _, c := range changes(&islander{server: s}) {
		if c.Check == "dead" && c.From == "UNHEALTHY" {
			t.Errorf("the dead rose: %+v", c)
		}
	}
}

// TestHeartbeatsWhileStopped: a server that does not run hears nobody, and misses
// nobody for that.
func TestHeartbeatsWhileStopped(t *testing.T) {
	t.Parallel()
	living := names("job", 5)
	file, token := hearing(t, "", append(living, "dying")...)
	s := serveAs(t, nil, "--config", file)
	var devices []*device
	for _, name := range living {
		devices = append(devices, newDevice(t, name, token, s.URL, local))
	}
	dying := newDevice(t, "dying", token, s.URL, local)
	knows(s, "dying", 2)
	if err := s.cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	dying.die()
	time.Sleep(20 * time.Second)
	if err := s.cmd.Process.Signal(syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	falling(s, "dying", time.Minute)
	for _, d := range devices {
		knows(s, d.name, d.answered())
	}
	onlyDown(s, "dying")
}

// TestHeartbeatsWhileTheJournalIsLocked: they count, their senders hear that they
// are not kept, and once they are, they outlive the process.
func TestHeartbeatsWhileTheJournalIsLocked(t *testing.T) {
	t.Parallel()
	file, token := hearing(t, "", "job")
	journal := filepath.Join(t.TempDir(), "portreeve.db")
	s := serveAs(t, nil, "--config", file, "--database", journal)
	d := newDevice(t, "job", token, s.URL, local)
	knows(s, "job", 2)
	release := seize(t, journal)
	eventually(t, 30*time.Second, func() string {
		if n := d.times(http.StatusServiceUnavailable); n < 5 {
			return fmt.Sprintf("%d heartbeats were told that they are not kept", n)
		}
		return ""
	})
	if known, answered := beaten(s, "job"), d.answered(); known <= answered {
		t.Errorf("number %d is known, and %d was answered well: none of the others counts", known, answered)
	}
	release()
	known := d.answered()
	eventually(t, 30*time.Second, func() string {
		if d.answered() == known {
			return "no heartbeat is kept"
		}
		return ""
	})
	d.die()
	s.kill()
	s = serveAs(t, nil, "--config", file, "--database", journal)
	knows(s, "job", d.answered())
	onlyDown(s)
}
