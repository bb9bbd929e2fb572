package journaltest

import (
	"errors"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
)

// RunPersistent tests that an engine keeps everything when it is closed and
// opened again. open opens the journal that lives in a directory, which is
// empty at first; a second one while the first is open is not asked for.
func RunPersistent(t *testing.T, open func(t *testing.T, directory string) Journal) {
	t.Run("Reopen", func(t *testing.T) { testReopen(t, open) })
	t.Run("CursorsOutliveTheProcess", func(t *testing.T) { testCursorsOutlive(t, open) })
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
