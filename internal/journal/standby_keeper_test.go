package journal_test

import (
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/journal"
)

// TestStandbyLockedForAMinute, by a clock that jumps over our waits, though not
// over those of SQLite: nobody waits for long, the keeper does not give up, and
// it is never much more than five seconds late.
func TestStandbyLockedForAMinute(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	synctest.Test(t, func(t *testing.T) {
		j := openStandby(t, path)
		defer j.Close()
		unlock := lockHere(t, path)
		journal.Impatient(j)
		for n := range uint64(60) {
			appendAll(t, j, numbered("check/a", n+1, 1)...)
			time.Sleep(time.Second)
		}
		if j.Trouble() == nil || j.Unsaved() != 60 {
			t.Errorf("trouble %v, unsaved %d", j.Trouble(), j.Unsaved())
		}
		unlock()
		time.Sleep(5100 * time.Millisecond)
		if j.Trouble() != nil || j.Unsaved() != 0 {
			t.Errorf("afterwards: trouble %v, unsaved %d", j.Trouble(), j.Unsaved())
		}
	})
	file := openFile(t, path)
	defer file.Close()
	if found := readAll(t, file, ""); len(found) != 60 {
		t.Errorf("%d entries, want 60", len(found))
	}
}

// TestStandbyTwoDamagesInARow: a second file that is damaged within the hour
// stays, and events go on in memory; it is moved aside after the hour.
func TestStandbyTwoDamagesInARow(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	filled(t, path)
	synctest.Test(t, func(t *testing.T) {
		j := openStandby(t, path)
		defer j.Close()
		for _, moved := range []int{1, 1} {
			destroy(t, path)
			if err := j.Scrub(t.Context()); err == nil {
				t.Fatal("a destroyed file is in order")
			}
			time.Sleep(time.Minute)
			aside(t, path, moved)
			goes(t, j)
		}
		if j.Trouble() == nil || j.Unsaved() == 0 {
			t.Errorf("trouble %v, unsaved %d", j.Trouble(), j.Unsaved())
		}
		time.Sleep(time.Hour)
		aside(t, path, 2)
		if j.Trouble() != nil || j.Unsaved() != 0 {
			t.Errorf("trouble %v, unsaved %d", j.Trouble(), j.Unsaved())
		}
	})
}

func aside(t *testing.T, path string, want int) {
	t.Helper()
	moved, err := filepath.Glob(path + ".corrupt-*Z")
	more, also := filepath.Glob(path + ".corrupt-*Z-?")
	if n := len(moved) + len(more); err != nil || also != nil || n != want {
		t.Errorf("%d files were moved aside, want %d: %q", n, want, moved)
	}
}

func goes(t *testing.T, j *journal.Standby) {
	t.Helper()
	head, _, err := j.Head(t.Context(), "check/1")
	if err != nil {
		t.Fatal(err)
	}
	appendAll(t, j, numbered("check/1", head.Number+1, 1)...)
}
