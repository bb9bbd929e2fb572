package journaltest

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
)

func testEmpty(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	ctx := deadline(t)
	if outcomes, err := j.Append(ctx, nil); err != nil || len(outcomes) != 0 {
		t.Errorf("append nothing: %v, %v", outcomes, err)
	}
	if found, err := j.Read(ctx, "", 10); err != nil || len(found) != 0 {
		t.Errorf("read: %v, %v", found, err)
	}
	if found, err := j.Recent(ctx, 10); err != nil || len(found) != 0 {
		t.Errorf("recent: %v, %v", found, err)
	}
	if _, ok, err := j.Head(ctx, "check/a"); ok || err != nil {
		t.Errorf("head: %v, %v", ok, err)
	}
	if at, err := j.Position(ctx, "mail"); at != "" || err != nil {
		t.Errorf("position: %q, %v", at, err)
	}
}

func testHeads(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	store(t, j, changes("check/a", 1, 3)...)
	store(t, j, changes("check/ab", 1, 12)...)
	for stream, want := range map[string]uint64{"check/a": 3, "check/ab": 12, "check/": 0, "check/A": 0, "check/_": 0, "%": 0} {
		head, ok, err := j.Head(deadline(t), stream)
		if err != nil || ok != (want > 0) || head.Number != want {
			t.Errorf("head of %s: %s, %v, %v, want number %d", stream, head.Key(), ok, err, want)
		}
	}
	head, _, _ := j.Head(deadline(t), "check/a")
	equal(t, "head", head, change("check/a", 3, "check/a 2"))
}

func testLimits(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	const stored = journal.MaxRead + 5
	want := changes("check/a", 1, stored)
	for i := 0; i < stored; i += 100 {
		store(t, j, want[i:min(i+100, stored)]...)
	}
	for _, tt := range []struct{ limit, want int }{
		{-1, 0}, {0, 0}, {1, 1}, {2, 2}, {journal.MaxRead, journal.MaxRead}, {journal.MaxRead + 1, journal.MaxRead}, {1 << 40, journal.MaxRead},
	} {
		oldest, err := j.Read(deadline(t), "", tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "oldest", entries(oldest), want[:tt.want])
		newest, err := j.Recent(deadline(t), tt.limit)
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "newest", entries(newest), want[stored-tt.want:])
	}
	found, err := j.Recent(deadline(t), 3)
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "after a recent one", entries(all(t, j, found[0].Cursor)), want[stored-2:])
}

func testWrongCursor(t *testing.T, open func(*testing.T) Journal) {
	j, other := open(t), open(t)
	store(t, j, changes("check/a", 1, 3)...)
	store(t, other, changes("check/a", 1, 3)...)
	good := string(all(t, j, "")[1].Cursor)
	wrong := map[string]event.Cursor{
		"foreign": all(t, other, "")[1].Cursor,
		"a word":  "latest", "a number": "2", "a blank": " ", "cut": event.Cursor(good[:len(good)-1]),
		"longer": event.Cursor(good + "A"), "with a line end": event.Cursor(good + "\n"), "hostile": "'; DROP TABLE entry; --",
	}
	for i := range good {
		damaged := []byte(good)
		damaged[i] ^= 1
		wrong["damaged at "+string(rune('a'+i))] = event.Cursor(damaged)
	}
	for name, c := range wrong {
		if found, err := j.Read(deadline(t), c, 10); !errors.Is(err, event.ErrCursor) || len(found) != 0 {
			t.Errorf("read after a cursor that is %s: %v, %v, want ErrCursor", name, found, err)
		}
		if err := j.Wait(deadline(t), c); !errors.Is(err, event.ErrCursor) {
			t.Errorf("wait at a cursor that is %s: %v, want ErrCursor", name, err)
		}
		if err := j.Advance(deadline(t), "mail", c); !errors.Is(err, event.ErrCursor) {
			t.Errorf("advance to a cursor that is %s: %v, want ErrCursor", name, err)
		}
	}
	if at, err := j.Position(deadline(t), "mail"); at != "" || err != nil {
		t.Errorf("position: %q, %v, want none", at, err)
	}
}

func testPositions(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	store(t, j, changes("check/a", 1, 3)...)
	found := all(t, j, "")
	rest := func(reader string) int {
		t.Helper()
		at, err := j.Position(deadline(t), reader)
		if err != nil {
			t.Fatal(err)
		}
		return len(all(t, j, at))
	}
	advance := func(reader string, to event.Cursor) {
		t.Helper()
		if err := j.Advance(deadline(t), reader, to); err != nil {
			t.Fatal(err)
		}
	}
	advance("mail", found[1].Cursor)
	advance("web'hook\x00", found[2].Cursor)
	if m, w, n := rest("mail"), rest("web'hook\x00"), rest("new"); m != 1 || w != 0 || n != 3 {
		t.Errorf("left to read: %d, %d, %d, want 1, 0, 3", m, w, n)
	}
	advance("mail", found[0].Cursor)
	if n := rest("mail"); n != 2 {
		t.Errorf("left after going back: %d, want 2", n)
	}
	advance("mail", "")
	if at, err := j.Position(deadline(t), "mail"); err != nil || at == "" || rest("mail") != 3 {
		t.Errorf("position at the beginning: %q, %v, want one that is told from none", at, err)
	}
}

func testWait(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Wait(ctx, ""); !errors.Is(err, context.Canceled) {
		t.Errorf("wait with an ended context: %v", err)
	}
	woken := make(chan error, 3)
	for range cap(woken) {
		go func() { woken <- j.Wait(deadline(t), "") }()
	}
	store(t, j, changes("check/a", 1, 1)...)
	for range cap(woken) {
		if err := <-woken; err != nil {
			t.Errorf("wait: %v", err)
		}
	}
	first := all(t, j, "")
	if len(first) != 1 {
		t.Fatalf("woken, but there are %d entries", len(first))
	}
	if err := j.Wait(deadline(t), ""); err != nil {
		t.Errorf("wait where there is one already: %v", err)
	}
	// An append that stores nothing wakes nobody.
	ctx, cancel = context.WithCancel(t.Context())
	go func() { woken <- j.Wait(ctx, first[0].Cursor) }()
	store(t, j, changes("check/a", 1, 1)...)
	select {
	case err := <-woken:
		t.Errorf("woken by nothing: %v", err)
	default:
	}
	cancel()
	if err := <-woken; !errors.Is(err, context.Canceled) {
		t.Errorf("wait at the end: %v, want context.Canceled", err)
	}
}

func testClose(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	store(t, j, changes("check/a", 1, 1)...)
	end := all(t, j, "")[0].Cursor
	waiting := make(chan error, 1)
	go func() { waiting <- j.Wait(deadline(t), end) }()
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
	if err := j.Close(); err != nil {
		t.Errorf("second close: %v", err)
	}
	ctx := deadline(t)
	_, appended := j.Append(ctx, []event.Entry{change("check/a", 2, "x")})
	_, read := j.Read(ctx, "", 1)
	_, recent := j.Recent(ctx, 1)
	_, _, head := j.Head(ctx, "check/a")
	_, position := j.Position(ctx, "mail")
	_, changes := j.Changes(ctx, event.Query{})
	_, heads := j.Heads(ctx, "")
	_, notes := j.Notes(ctx, "mail")
	_, keep := j.Keep(ctx, "a", nil, 0)
	_, kept := j.Kept(ctx, "")
	_, latency := j.Latency(ctx, "shop", time.Time{}, time.Time{})
	for name, err := range map[string]error{
		"append": appended, "read": read, "recent": recent, "head": head, "position": position,
		"changes": changes, "heads": heads, "notes": notes, "keep": keep, "kept": kept, "latency": latency,
		"adopt": j.Adopt(ctx, nil), "add latency": j.AddLatency(ctx, nil),
		"advance": j.Advance(ctx, "mail", end), "wait": j.Wait(ctx, end), "wait begun before": <-waiting,
	} {
		if !errors.Is(err, journal.ErrClosed) {
			t.Errorf("%s after close: %v, want ErrClosed", name, err)
		}
	}
}
