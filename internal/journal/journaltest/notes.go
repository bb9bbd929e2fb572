package journaltest

import (
	"errors"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
)

func note(key, value string) event.Note { return event.Note{Key: key, Value: []byte(value)} }

// remembers fails the test unless a reader's notes are those.
func remembers(t *testing.T, j Journal, reader string, want ...event.Note) {
	t.Helper()
	got, err := j.Notes(deadline(t), reader)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "notes of "+reader, append([]event.Note{}, got...), append([]event.Note{}, want...))
}

func testNotes(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	store(t, j, changes("check/a", 1, 3)...)
	found := all(t, j, "")
	advance := func(reader string, to event.Cursor, notes ...event.Note) {
		t.Helper()
		if err := j.Advance(deadline(t), reader, to, notes...); err != nil {
			t.Fatal(err)
		}
	}
	remembers(t, j, "mail")
	value := []byte("2")
	advance("mail", found[0].Cursor, note("b", ""), event.Note{Key: "a/1", Value: value}, note("", "\x00\xff"), note("日本", "x"))
	value[0] = '9' // it is the caller's again
	advance("web", found[1].Cursor, note("b", "of another reader"))
	remembers(t, j, "mail", note("", "\x00\xff"), note("a/1", "2"), note("b", ""), note("日本", "x"))
	remembers(t, j, "web", note("b", "of another reader"))

	advance("mail", found[2].Cursor)
	remembers(t, j, "mail", note("", "\x00\xff"), note("a/1", "2"), note("b", ""), note("日本", "x"))
	advance("mail", found[1].Cursor, event.Note{Key: ""}, event.Note{Key: "never was"}, note("a/1", "3"), note("c", "1"),
		event.Note{Key: "日本"}, note("c", "2"), note("d", "1"), event.Note{Key: "d"})
	remembers(t, j, "mail", note("a/1", "3"), note("b", ""), note("c", "2"))
	if at, err := j.Position(deadline(t), "mail"); err != nil || at != found[1].Cursor {
		t.Errorf("position %q, %v, want %q", at, err, found[1].Cursor)
	}

	// Neither is committed without the other.
	if err := j.Advance(deadline(t), "mail", "latest", note("b", "lost")); !errors.Is(err, event.ErrCursor) {
		t.Errorf("advance to a wrong cursor: %v", err)
	}
	remembers(t, j, "mail", note("a/1", "3"), note("b", ""), note("c", "2"))
	remembers(t, j, "web", note("b", "of another reader"))
}

// kept fails the test unless what is kept under a prefix is that.
func kept(t *testing.T, j Journal, prefix string, want ...event.Kept) {
	t.Helper()
	got, err := j.Kept(deadline(t), prefix)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "kept under "+prefix, append([]event.Kept{}, got...), append([]event.Kept{}, want...))
}

func testKept(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	seen := map[uint64]bool{0: true}
	keep := func(key, value string, revision uint64) uint64 {
		t.Helper()
		next, err := j.Keep(deadline(t), key, []byte(value), revision)
		if err != nil || seen[next] {
			t.Fatalf("keep %s: revision %d, %v, want a new one", key, next, err)
		}
		seen[next] = true
		return next
	}
	forget := func(key string, revision uint64) {
		t.Helper()
		if next, err := j.Keep(deadline(t), key, nil, revision); err != nil || next != 0 {
			t.Fatalf("forget %s: %d, %v", key, next, err)
		}
	}
	refused := func(key string, value []byte, revision uint64) {
		t.Helper()
		if next, err := j.Keep(deadline(t), key, value, revision); !errors.Is(err, journal.ErrRevision) || next != 0 {
			t.Errorf("keep %s over revision %d: %d, %v, want ErrRevision", key, revision, next, err)
		}
	}
	kept(t, j, "")
	a := keep("pause/a", "1", 0)
	refused("pause/a", []byte("2"), 0)
	refused("pause/a", []byte("2"), a+1)
	refused("pause/a", nil, 0)
	refused("pause/b", []byte("2"), a)
	refused("pause/b", nil, a)
	forget("pause/b", 0) // there is none
	a2 := keep("pause/a", "\x00\xff", a)
	refused("pause/a", []byte("2"), a)
	z, w := keep("pause/", "", 0), keep("window/1", "w", 0)
	kept(t, j, "pause/", event.Kept{Key: "pause/", Value: []byte{}, Revision: z}, event.Kept{Key: "pause/a", Value: []byte("\x00\xff"), Revision: a2})
	kept(t, j, "", event.Kept{Key: "pause/", Value: []byte{}, Revision: z},
		event.Kept{Key: "pause/a", Value: []byte("\x00\xff"), Revision: a2}, event.Kept{Key: "window/1", Value: []byte("w"), Revision: w})
	kept(t, j, "pause_")
	kept(t, j, "\xff")

	forget("window/1", w)
	refused("window/1", []byte("2"), w)
	again := keep("window/1", "w", 0) // under a revision that it never had
	kept(t, j, "window/", event.Kept{Key: "window/1", Value: []byte("w"), Revision: again})
	got, err := j.Kept(deadline(t), "window/")
	if err != nil {
		t.Fatal(err)
	}
	got[0].Value[0] = 'x'
	kept(t, j, "window/", event.Kept{Key: "window/1", Value: []byte("w"), Revision: again})
}

func testAdopt(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	heads := []event.Entry{move("shop", 17, 0, "HX"), move("api", 4, 1, "XH"), change("ports/web-1", 9, "x")}
	for name, wrong := range map[string][]event.Entry{
		"two of a stream": {move("shop", 1, 0, "HX"), move("shop", 2, 0, "XH")},
		"no number":       {move("shop", 0, 0, "HX")},
		"nothing said":    {{Stream: "check/a", Number: 1}},
	} {
		if err := j.Adopt(deadline(t), wrong); !errors.Is(err, journal.ErrEntry) {
			t.Errorf("adopt %s: %v, want ErrEntry", name, err)
		}
	}
	holds(t, j)
	if err := j.Adopt(deadline(t), nil); err != nil {
		t.Errorf("adopt nothing: %v", err)
	}
	if err := j.Adopt(deadline(t), heads); err != nil {
		t.Fatal(err)
	}
	holds(t, j, heads...)
	if err := j.Adopt(deadline(t), []event.Entry{move("new", 1, 0, "UH")}); !errors.Is(err, journal.ErrNotEmpty) {
		t.Errorf("adopt again: %v, want ErrNotEmpty", err)
	}
	outcomes, err := j.Append(deadline(t), []event.Entry{move("shop", 19, 2, "XH"), move("api", 4, 1, "XH"), move("api", 5, 2, "HX")})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "outcomes", outcomes, []event.Outcome{event.Conflict, event.Stored, event.Stored})
	store(t, j, move("shop", 18, 2, "XH"))
	holds(t, j, append(heads, move("api", 5, 2, "HX"), move("shop", 18, 2, "XH"))...)
}

func testIdentity(t *testing.T, open func(*testing.T) Journal) {
	a, b := open(t), open(t)
	if a.Identity() == "" || a.Identity() == b.Identity() {
		t.Errorf("identities %q and %q, want two", a.Identity(), b.Identity())
	}
	before := a.Identity()
	store(t, a, changes("check/a", 1, 1)...)
	if a.Identity() != before {
		t.Error("it is another journal after an append")
	}
}
