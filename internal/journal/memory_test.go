package journal_test

import (
	"fmt"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// TestMemoryIsBounded: the newest entries and every stream's newest stay, the
// others go, and readers that fell behind go on with what is left.
func TestMemoryIsBounded(t *testing.T) {
	const quiet, busy = 50, 40_000
	j := journal.NewMemory()
	for i := range quiet {
		appendAll(t, j, numbered(fmt.Sprint("check/quiet", i), 1, 2)...)
	}
	first, err := j.Read(t.Context(), "", 1)
	if err != nil {
		t.Fatal(err)
	}
	for n := uint64(1); n < busy; n += 100 {
		appendAll(t, j, numbered("check/busy", n, 100)...)
	}

	all := readAll(t, j, first[0].Cursor)
	if len(all) < 10_000 || len(all) > 15_000+quiet {
		t.Errorf("%d entries kept", len(all))
	}
	for i := range quiet {
		if r := all[i]; r.Stream != fmt.Sprint("check/quiet", i) || r.Number != 2 {
			t.Errorf("entry %d is %s, want the newest of a quiet stream", i, r.Key())
		}
	}
	for i, r := range all[quiet:] {
		if want := uint64(busy - len(all) + quiet + i + 1); r.Stream != "check/busy" || r.Number != want {
			t.Fatalf("entry %d is %s, want busy/%d", i, r.Key(), want)
		}
	}
	appendAll(t, j, numbered("check/quiet0", 3, 1)...)
	if head, ok, err := j.Head(t.Context(), "check/quiet7"); !ok || err != nil || head.Number != 2 {
		t.Errorf("head of a quiet stream: %s, %v, %v", head.Key(), ok, err)
	}
}

// numbered returns entries of a stream that differ by their number only.
func numbered(stream string, first uint64, n int) []event.Entry {
	list := make([]event.Entry, n)
	for i := range list {
		number := first + uint64(i)
		at := epoch.Add(nanoseconds(number))
		list[i] = event.Entry{
			Stream: stream, Number: number, At: at, Observer: "web-1",
			Change: &health.Change{Check: "shop", From: health.Degrading, To: health.Unhealthy, At: at, Began: at, Reason: health.Timeout},
		}
	}
	return list
}

func appendAll(t testing.TB, j journal.Appender, list ...event.Entry) {
	t.Helper()
	outcomes, err := j.Append(t.Context(), list)
	if err != nil {
		t.Fatal(err)
	}
	for i, o := range outcomes {
		if o != event.Stored {
			t.Fatalf("%s: %s", list[i].Key(), o)
		}
	}
}

func readAll(t testing.TB, j journal.Journal, after event.Cursor) (all []event.Recorded) {
	t.Helper()
	for {
		page, err := j.Read(t.Context(), after, journal.MaxRead)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		all, after = append(all, page...), page[len(page)-1].Cursor
	}
}
