// Package journaltest is the conformance suite of journals: what package
// event's contract and [journal.Journal] promise, as tests that every engine
// has to pass.
//
//	func TestMemory(t *testing.T) {
//		journaltest.Run(t, func(t *testing.T) journaltest.Journal { return journal.NewMemory() })
//	}
//
// An engine that survives its process also runs [RunPersistent].
package journaltest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// A Journal is what is tested.
type Journal = journal.Journal

// patience bounds every wait of the suite: reaching it is a failure.
const patience = 30 * time.Second

// Run tests an engine. open returns a new, empty journal each time; the suite
// closes it.
func Run(t *testing.T, open func(t *testing.T) Journal) {
	for _, tt := range []struct {
		name string
		test func(*testing.T, func(*testing.T) Journal)
	}{
		{"Order", testOrder},
		{"CompareAndSet", testCompareAndSet},
		{"ConflictIsOfOneStream", testConflictIsOfOneStream},
		{"Repeat", testRepeat},
		{"Malformed", testMalformed},
		{"NothingIsShared", testNothingIsShared},
		{"Cancelled", testCancelled},
		{"Empty", testEmpty},
		{"Heads", testHeads},
		{"Limits", testLimits},
		{"WrongCursor", testWrongCursor},
		{"Positions", testPositions},
		{"Changes", testChanges},
		{"WrongQuery", testWrongQuery},
		{"ManyChanges", testManyChanges},
		{"ManyHeads", testManyHeads},
		{"Notes", testNotes},
		{"Kept", testKept},
		{"Adopt", testAdopt},
		{"Identity", testIdentity},
		{"Latency", testLatency},
		{"WrongLatency", testWrongLatency},
		{"Prune", testPrune},
		{"PruneWaitsForReaders", testPruneWaitsForReaders},
		{"PruneLatency", testPruneLatency},
		{"Wait", testWait},
		{"Close", testClose},
		{"Text", testText},
		{"Times", testTimes},
		{"Bodies", testBodies},
		{"FollowersSkipNothing", testFollowersSkipNothing},
		{"ContendersShareAStream", testContendersShareAStream},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.test(t, func(t *testing.T) Journal {
				t.Helper()
				j := open(t)
				t.Cleanup(func() {
					if err := j.Close(); err != nil {
						t.Errorf("close: %v", err)
					}
				})
				return j
			})
		})
	}
}

// deadline returns a context that ends long after a test should have.
func deadline(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	t.Cleanup(cancel)
	return ctx
}

// change returns an entry that says something about a check; equal arguments
// make equal entries.
func change(stream string, number uint64, text string) event.Entry {
	at := time.Date(2025, 3, 30, 1, 59, 59, int(number%1e9), time.UTC)
	return event.Entry{
		Stream: stream, Number: number, At: at, Observer: "web-1",
		Change: &health.Change{
			Check: "shop", From: health.Degrading, To: health.Unhealthy, At: at, Began: at.Add(-time.Minute),
			Reason: health.Refused, Text: foreign.Text(text),
		},
	}
}

// changes returns entries of a stream, numbered from first.
func changes(stream string, first uint64, n int) []event.Entry {
	entries := make([]event.Entry, n)
	for i := range entries {
		entries[i] = change(stream, first+uint64(i), fmt.Sprint(stream, " ", i))
	}
	return entries
}

// store appends entries, all of which must be stored.
func store(t *testing.T, j Journal, entries ...event.Entry) {
	t.Helper()
	outcomes, err := j.Append(deadline(t), entries)
	if err != nil {
		t.Fatalf("append: %v", err)
	}
	if len(outcomes) != len(entries) {
		t.Fatalf("append: %d outcomes for %d entries", len(outcomes), len(entries))
	}
	for i, o := range outcomes {
		if o != event.Stored {
			t.Fatalf("append %s: %s", entries[i].Key(), o)
		}
	}
}

// all reads the whole journal after a cursor, in pages.
func all(t *testing.T, j Journal, after event.Cursor) []event.Recorded {
	t.Helper()
	var found []event.Recorded
	for {
		page, err := j.Read(deadline(t), after, 7)
		if err != nil {
			t.Fatalf("read: %v", err)
		}
		if len(page) == 0 {
			return found
		}
		found = append(found, page...)
		after = page[len(page)-1].Cursor
	}
}

// entries returns what was recorded, without cursors.
func entries(recorded []event.Recorded) []event.Entry {
	list := make([]event.Entry, len(recorded))
	for i, r := range recorded {
		list[i] = r.Entry
	}
	return list
}

// holds fails the test unless the journal holds exactly the entries.
func holds(t *testing.T, j Journal, want ...event.Entry) {
	t.Helper()
	equal(t, "journal", entries(all(t, j, "")), append([]event.Entry{}, want...))
}

// equal compares values; times by instant.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", what, diff)
	}
}
