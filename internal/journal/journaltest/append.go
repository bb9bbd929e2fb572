package journaltest

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/port"
)

func testOrder(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	var want []event.Entry
	for i := range uint64(8) {
		batch := []event.Entry{
			change("check/b", 2*i+1, "first"), change("check/a", i+1, "second"),
			change("ports/web-1", i+1, "third"), change("check/b", 2*i+2, "fourth"),
		}
		store(t, j, batch...)
		want = append(want, batch...)
	}
	holds(t, j, want...)
	for i, r := range all(t, j, "") {
		equal(t, "rest after "+r.Key(), entries(all(t, j, r.Cursor)), append([]event.Entry{}, want[i+1:]...))
	}
}

// testCompareAndSet spells outcomes S (stored) and C (conflict), one per
// number.
func testCompareAndSet(t *testing.T, open func(*testing.T) Journal) {
	tests := []struct {
		name    string
		before  int // entries stored before
		numbers []uint64
		want    string
	}{
		{"the first", 0, []uint64{1}, "S"},
		{"the first must be 1", 0, []uint64{2}, "C"},
		{"in a row", 0, []uint64{1, 2, 3}, "SSS"},
		{"going on", 3, []uint64{4, 5}, "SS"},
		{"taken", 3, []uint64{3}, "C"},
		{"taken long ago", 3, []uint64{1}, "C"},
		{"a gap", 3, []uint64{5}, "C"},
		{"a gap in the middle", 0, []uint64{1, 3}, "SC"},
		{"nothing after a conflict", 3, []uint64{3, 4, 5}, "CCC"},
		{"nothing after a gap, even what would fit", 0, []uint64{1, 3, 2}, "SCC"},
		{"twice in one batch", 0, []uint64{1, 1}, "SS"},
		{"the largest", 0, []uint64{1<<63 - 1}, "C"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := open(t)
			store(t, j, changes("check/a", 1, tt.before)...)
			var batch []event.Entry
			for _, n := range tt.numbers {
				batch = append(batch, change("check/a", n, "new"))
			}
			outcomes, err := j.Append(deadline(t), batch)
			if err != nil {
				t.Fatal(err)
			}
			if got := spell(outcomes); got != tt.want {
				t.Errorf("%d after %d entries: %s, want %s", tt.numbers, tt.before, got, tt.want)
			}
			stored := strings.Count(tt.want, "S")
			if tt.name == "twice in one batch" {
				stored = 1
			}
			holds(t, j, append(changes("check/a", 1, tt.before), batch[:stored]...)...)
		})
	}
}

// spell writes one letter per outcome.
func spell(outcomes []event.Outcome) string {
	var b strings.Builder
	for _, o := range outcomes {
		switch o {
		case event.Stored:
			b.WriteByte('S')
		case event.Conflict:
			b.WriteByte('C')
		default:
			b.WriteByte('?')
		}
	}
	return b.String()
}

func testConflictIsOfOneStream(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	store(t, j, change("check/a", 1, "before"))
	batch := []event.Entry{
		change("check/b", 1, "b"), change("check/a", 1, "another"), change("check/b", 2, "b"),
		change("check/a", 2, "lost"), change("check/c", 1, "c"), change("check/a", 3, "lost"), change("check/b", 3, "b"),
	}
	outcomes, err := j.Append(deadline(t), batch)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := spell(outcomes), "SCSCSCS"; got != want {
		t.Errorf("outcomes %s, want %s", got, want)
	}
	holds(t, j, change("check/a", 1, "before"), batch[0], batch[2], batch[4], batch[6])
}

// testRepeat appends again what is stored: the answer was lost, nothing else.
func testRepeat(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	batch := changes("check/a", 1, 5)
	store(t, j, batch...)
	store(t, j, batch...)
	store(t, j, batch[1])
	store(t, j, entries(all(t, j, ""))...) // as they are read
	elsewhere := batch[2]
	elsewhere.At = elsewhere.At.In(time.FixedZone("", 2*60*60)) // the same instant
	store(t, j, elsewhere)
	more := append(slices.Clone(batch), changes("check/a", 6, 2)...)
	store(t, j, more...)
	holds(t, j, more...)

	for name, alter := range map[string]func(*event.Entry){
		"time":     func(e *event.Entry) { e.At = e.At.Add(1) },
		"observer": func(e *event.Entry) { e.Observer = "web-2" },
		"text":     func(e *event.Entry) { e.Change.Text += "." },
		"outage":   func(e *event.Entry) { e.Change.Outage = 1 },
		"mark":     func(e *event.Entry) { e.Change.Mark = health.Restarted },
	} {
		other := change("check/a", 3, "check/a 2")
		equal(t, "control", other, batch[2])
		alter(&other)
		if outcomes, err := j.Append(deadline(t), []event.Entry{other}); err != nil || spell(outcomes) != "C" {
			t.Errorf("repeated with another %s: %s, %v, want C", name, spell(outcomes), err)
		}
	}
	holds(t, j, more...)
}

// testMalformed: one wrong entry refuses the batch, and trying again is no use.
func testMalformed(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	for name, spoil := range map[string]func(*event.Entry){
		"no stream":           func(e *event.Entry) { e.Stream = "" },
		"control in stream":   func(e *event.Entry) { e.Stream = "check/\x00" },
		"no text in stream":   func(e *event.Entry) { e.Stream = "check/\xff" },
		"long stream":         func(e *event.Entry) { e.Stream = strings.Repeat("x", 256) },
		"no number":           func(e *event.Entry) { e.Number = 0 },
		"number out of range": func(e *event.Entry) { e.Number = 1 << 63 },
		"says nothing":        func(e *event.Entry) { e.Change = nil },
		"says two things":     func(e *event.Entry) { e.Port = &port.Event{Kind: port.Opened} },
		"far future":          func(e *event.Entry) { e.At = time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC) },
		"far past":            func(e *event.Entry) { e.Change.Began = time.Date(-1, 1, 1, 0, 0, 0, 0, time.UTC) },
		"over 1 MiB":          func(e *event.Entry) { e.Change.Text = foreign.Text(strings.Repeat("x", 1<<20)) },
	} {
		bad := change("check/b", 1, "")
		spoil(&bad)
		outcomes, err := j.Append(deadline(t), []event.Entry{change("check/a", 1, ""), bad})
		if !errors.Is(err, journal.ErrEntry) || outcomes != nil {
			t.Errorf("%s: %v, %v, want ErrEntry", name, outcomes, err)
		}
	}
	holds(t, j)
}

// testNothingIsShared: what the caller does to an entry later is his affair.
func testNothingIsShared(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	e := change("check/a", 1, "as it was")
	store(t, j, e)
	e.Change.Text = "altered by the writer"
	for _, r := range all(t, j, "") {
		r.Change.Text = "altered by a reader"
	}
	if head, _, err := j.Head(deadline(t), "check/a"); err == nil {
		head.Change.To = health.Healthy
	}
	holds(t, j, change("check/a", 1, "as it was"))
}

func testCancelled(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := j.Append(ctx, changes("check/a", 1, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("append: %v, want context.Canceled", err)
	}
	holds(t, j)
	store(t, j, changes("check/a", 1, 1)...)
}
