package journal_test

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/journal"
)

// TestStandbyLockedForLong: while another program has the file locked, people
// are told as fast as before, once the first write has waited its five
// seconds; afterwards the file has it all.
func TestStandbyLockedForLong(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openStandby(t, path)
	d := onDuty(t, j)
	d.events(t, 200*time.Millisecond, 10*time.Millisecond)
	unlock := lock(t, path)
	d.event(t)
	eventually(t, "trouble is seen", func() bool { return j.Trouble() != nil })
	eventually(t, "all is told", func() bool { return d.behind() == 0 })
	d.delay()
	d.events(t, lockedFor, 10*time.Millisecond)
	eventually(t, "all is told", func() bool { return d.behind() == 0 })
	if slowest := d.delay(); slowest > time.Second {
		t.Errorf("told after %v while the file was locked", slowest)
	}
	if err := j.Trouble(); err == nil || !strings.Contains(err.Error(), "locked") || j.Unsaved() == 0 {
		t.Errorf("trouble: %v, unsaved %d", err, j.Unsaved())
	}
	unlock()
	d.events(t, 300*time.Millisecond, 10*time.Millisecond)
	healed(t, j)
	d.complete(t, path)
}

// TestStandbyLockedAtStart: what the file says is known, and what happens is
// kept until it can be written.
func TestStandbyLockedAtStart(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openStandby(t, path)
	appendAll(t, j, numbered("check/a", 1, 3)...)
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	unlock := lock(t, path)
	j = openStandby(t, path)
	journal.Impatient(j)
	appendAll(t, j, numbered("check/a", 4, 2)...)
	found := readAll(t, j, "")
	if len(found) != 5 || j.Unsaved() != 2 || j.Trouble() == nil {
		t.Errorf("%d entries, unsaved %d, trouble %v", len(found), j.Unsaved(), j.Trouble())
	}
	unlock()
	healed(t, j)
	if again := readAll(t, j, found[3].Cursor); len(again) != 1 || again[0].Cursor != found[4].Cursor {
		t.Errorf("after the replay, behind entry 4: %v", again)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// TestStandbyClosesLocked: who stops while the file is locked is told how many
// events are lost, and only those are.
func TestStandbyClosesLocked(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openStandby(t, path)
	appendAll(t, j, numbered("check/a", 1, 1)...)
	unlock := lockHere(t, path)
	journal.Impatient(j)
	appendAll(t, j, numbered("check/a", 2, 2)...)
	if err := j.Close(); err == nil || !strings.Contains(err.Error(), "2 events are lost") {
		t.Errorf("close: %v", err)
	}
	unlock()
	after := openStandby(t, path)
	defer after.Close()
	if found := readAll(t, after, ""); len(found) != 1 {
		t.Errorf("%d entries, want the one that was written", len(found))
	}
}

// TestStandbyMemoryIsBounded: what memory cannot take is refused with an error
// that has the Writer keep it, and nothing is lost.
func TestStandbyMemoryIsBounded(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j := openStandby(t, path)
	defer j.Close()
	unlock := lockHere(t, path)
	journal.Impatient(j)
	const batch = 20
	next := func(n uint64) []event.Entry {
		list := numbered("check/a", n, batch)
		for i := range list {
			list[i].Change.Text = foreign.Text(strings.Repeat("x", 10<<10))
		}
		return list
	}
	n := uint64(1)
	for ; ; n += batch {
		outcomes, err := j.Append(t.Context(), next(n))
		if err != nil {
			if !strings.Contains(err.Error(), "no more room") || !journal.Storage(err) || outcomes != nil {
				t.Errorf("append: %v, %v", outcomes, err)
			}
			break
		}
	}
	if n < 1400 || n > 1700 || j.Unsaved() != int(n-1) { // of 10.5 KiB, in 16 MiB
		t.Errorf("%d entries taken, %d unsaved", n-1, j.Unsaved())
	}
	unlock()
	healed(t, j)
	appendAll(t, j, next(n)...)
	if found := readAll(t, j, ""); len(found) != int(n)-1+batch {
		t.Errorf("%d entries, want %d", len(found), n-1+batch)
	}
}

// TestStandbyChangesOverBoth: a query is answered as one over what is on the
// disk and what is not.
func TestStandbyChangesOverBoth(t *testing.T) {
	path := filepath.Join(t.TempDir(), "portreeve.db")
	j, sound := openStandby(t, path), journal.NewMemory()
	defer j.Close()
	both := func(list []event.Entry) { appendAll(t, j, list...); appendAll(t, sound, list...) }
	both(numbered("check/a", 1, 6))
	both(numbered("check/b", 1, 2))
	lockHere(t, path)
	journal.Impatient(j)
	both(numbered("check/a", 7, 6))
	both(numbered("check/b", 3, 2))
	sameChanges(t, j, sound)
	if j.Unsaved() == 0 {
		t.Error("all is on the disk: nothing was tested")
	}
}
