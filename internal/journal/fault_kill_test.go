package journal_test

import (
	"bufio"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/journal"
)

// victimOf names, in a child's environment, the database of the standby that is
// to be killed.
const victimOf = "PORTREEVE_TEST_VICTIM"

// TestStandbyVictim is the child's part of TestStandbySurvivesKill: it appends,
// and says after each entry how many there are and how many not on the disk. By
// itself it does nothing.
func TestStandbyVictim(t *testing.T) {
	path := os.Getenv(victimOf)
	if path == "" {
		return
	}
	j := openStandby(t, path)
	head, _, err := j.Head(t.Context(), "check/a")
	if err != nil {
		t.Fatal(err)
	}
	fmt.Println("\nbegins", head.Number)
	for n := head.Number + 1; n < 1_000_000; n++ {
		if j.Trouble() == nil {
			journal.Impatient(j)
		}
		appendAll(t, j, numbered("check/a", n, 1)...)
		if _, err := fmt.Println("stored", n, j.Unsaved()); err != nil {
			return // nobody listens any more
		}
		time.Sleep(time.Millisecond)
	}
}

// TestStandbySurvivesKill: killed at any moment, while the file is locked or
// just then replayed into, a standby loses what was in memory at most, and what
// it has written is whole, once, and in order.
func TestStandbySurvivesKill(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "portreeve.db")
	if err := openStandby(t, path).Close(); err != nil {
		t.Fatal(err)
	}
	replays := 0
	for cycle := range 10 {
		durable, replayed := killStandby(t, path)
		replays += replayed
		file := openFile(t, path)
		found := readAll(t, file, "")
		if err := file.Close(); err != nil {
			t.Fatal(err)
		}
		if uint64(len(found)) < durable {
			t.Errorf("cycle %d: %d entries, %d were on the disk", cycle, len(found), durable)
		}
		for i, r := range found {
			if r.Number != uint64(i+1) {
				t.Fatalf("cycle %d: entry %d is %s", cycle, i+1, r.Key())
			}
		}
	}
	if replays == 0 {
		t.Error("nothing was replayed in any cycle: nothing was tested")
	}
}

// killStandby runs a standby whose file is locked now and then, kills it, and
// returns how many entries it has seen on the disk and how often it replayed.
func killStandby(t *testing.T, path string) (durable uint64, replayed int) {
	t.Helper()
	child := exec.Command(os.Args[0], "-test.run=^TestStandbyVictim$")
	child.Env = append(os.Environ(), victimOf+"="+path)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	defer child.Wait() // it was killed: that is the error
	defer child.Process.Kill()
	unlock := func() {}
	defer func() { unlock() }()
	end := time.Now().Add(time.Duration(300+rand.IntN(700)) * time.Millisecond)
	toggle, waiting, locked := time.Now(), uint64(0), false
	for lines := bufio.NewScanner(out); lines.Scan() && time.Now().Before(end); {
		var n, unsaved uint64
		if _, err := fmt.Sscanf(lines.Text(), "stored %d %d", &n, &unsaved); err != nil {
			continue
		}
		durable = max(durable, n-unsaved)
		if unsaved < waiting {
			replayed++
		}
		waiting = unsaved
		if time.Now().After(toggle) {
			if locked {
				unlock()
			} else {
				unlock = lockHere(t, path)
			}
			locked, toggle = !locked, time.Now().Add(time.Duration(20+rand.IntN(150))*time.Millisecond)
		}
	}
	return durable, replayed
}
