package history

import (
	"sort"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// A Ledger is a check's history: which state held when. It is made once from
// the journal's entries and then asked for any stretch of time. It is safe for
// concurrent use.
type Ledger struct {
	spans []Span // without holes; the last one has no end
}

// Fold makes the ledger of the changes of one check, all of its changes from
// some moment on in the journal's order, and the newest one before, if there is
// one ([event.Query.Lead]). Nothing is known of the time before the first. Port
// events among them are passed over.
func Fold(changes []event.Recorded) *Ledger {
	var p painting
	for i := range changes {
		if c := changes[i].Change; c != nil {
			p.take(c)
		}
	}
	return &Ledger{p.hidden.over(&p.judged)}
}

// Spans returns the states from a moment until before another, without holes.
// It is empty when until is not after from.
func (l *Ledger) Spans(from, until time.Time) []Span {
	if !from.Before(until) {
		return nil
	}
	// The last one that begins at from or before.
	first := sort.Search(len(l.spans), func(i int) bool { return l.spans[i].From.After(from) }) - 1
	var spans []Span
	if first < 0 {
		spans, first = append(spans, Span{From: from, State: Unobserved}), 0
	}
	for _, s := range l.spans[first:] {
		if !s.From.Before(until) {
			break
		}
		if s.From.Before(from) {
			s.From = from
		}
		spans = add(spans, s)
	}
	spans[len(spans)-1].Until = until
	return spans
}

// Spans returns the states that a check's changes tell from a moment until
// before another, as [Fold] and [Ledger.Spans] do.
func Spans(changes []event.Recorded, from, until time.Time) []Span {
	return Fold(changes).Spans(from, until)
}
