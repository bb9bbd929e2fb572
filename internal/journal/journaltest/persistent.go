package journaltest

import (
	"errors"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// RunPersistent tests that an engine keeps everything when it is closed and
// opened again. open opens the journal that lives in a directory, which is
// empty at first; a second one while the first is open is not asked for.
func RunPersistent(t *testing.T, open func(t *testing.T, directory string) Journal) {
	t.Run("Reopen", func(t *testing.T) { testReopen(t, open) })
	t.Run("CursorsOutliveTheProcess", func(t *testing.T) { testCursorsOutlive(t, open) })
	t.Run("MemoriesOutliveTheProcess", func(t *testing.T) { testMemoriesOutlive(t, open) })
	t.Run("AnotherPlaceIsAnotherJournal", func(t *testing.T) {
		a, b := open(t, t.TempDir()), open(t, t.TempDir())
		defer a.Close()
		defer b.Close()
		store(t, a, changes("check/a", 1, 1)...)
		store(t, b, changes("check/a", 1, 1)...)
		if _, err := b.Read(deadline(t), all(t, a, "")[0].Cursor, 1); !errors.Is(err, event.ErrCursor) {
			t.Errorf("read by another's cursor: %v, want ErrCursor", err)
		}
	})
}

func testReopen(t *testing.T, open func(*testing.T, string) Journal) {
	dir := t.TempDir()
	var want []event.Entry
	for round := range uint64(5) {
		j := open(t, dir)
		holds(t, j, want...)
		head, ok, err := j.Head(deadline(t), "check/a")
		if err != nil || ok != (round > 0) || head.Number != 2*round {
			t.Errorf("round %d: head %d, %v, %v", round, head.Number, ok, err)
		}
		fresh := changes("check/a", 2*round+1, 2)
		store(t, j, fresh...)
		want = append(want, fresh...)
		store(t, j, want...) // repeats are known over restarts too
		holds(t, j, want...)
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func testCursorsOutlive(t *testing.T, open func(*testing.T, string) Journal) {
	dir := t.TempDir()
	j := open(t, dir)
	want := changes("check/a", 1, 4)
	store(t, j, want...)
	found := all(t, j, "")
	if err := j.Advance(deadline(t), "mail", found[2].Cursor); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}

	j = open(t, dir)
	defer j.Close()
	at, err := j.Position(deadline(t), "mail")
	if err != nil || at != found[2].Cursor {
		t.Errorf("position %q, %v, want %q", at, err, found[2].Cursor)
	}
	for i, r := range found {
		equal(t, "rest after "+r.Key(), entries(all(t, j, r.Cursor)), append([]event.Entry{}, want[i+1:]...))
	}
	store(t, j, changes("check/a", 5, 1)...)
	equal(t, "next", entries(all(t, j, found[3].Cursor)), changes("check/a", 5, 1))
}

// testMemoriesOutlive: notes, what is kept, response times and the journal's
// identity.
func testMemoriesOutlive(t *testing.T, open func(*testing.T, string) Journal) {
	dir := t.TempDir()
	j := open(t, dir)
	store(t, j, changes("check/a", 1, 1)...)
	at, identity := all(t, j, "")[0].Cursor, j.Identity()
	if err := j.Advance(deadline(t), "mail", at, note("a", "1"), note("b", "2")); err != nil {
		t.Fatal(err)
	}
	used, err := j.Keep(deadline(t), "pause/a", []byte("x"), 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := j.Keep(deadline(t), "pause/a", nil, used); err != nil {
		t.Fatal(err)
	}
	addLatency(t, j, counted("shop", 0, 5, 1, 2))
	for range 2 {
		if err := j.Close(); err != nil {
			t.Fatal(err)
		}
		j = open(t, dir)
		remembers(t, j, "mail", note("a", "1"), note("b", "2"))
		took(t, j, "shop", time.Time{}, time.Time{}, counted("shop", 0, 5, 1, 2))
		if j.Identity() != identity {
			t.Errorf("it is another journal now: %s, not %s", j.Identity(), identity)
		}
		next, err := j.Keep(deadline(t), "pause/b", []byte("x"), 0)
		if err != nil || next <= used {
			t.Errorf("revision %d, %v, want one above %d", next, err, used)
		}
		kept(t, j, "", event.Kept{Key: "pause/b", Value: []byte("x"), Revision: next})
		if _, err := j.Keep(deadline(t), "pause/b", nil, next); err != nil {
			t.Fatal(err)
		}
		used = next
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}
