package web

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// How much of a check's past is looked at: so long, about so many changes at
// most, read in parts of so many.
const (
	pastSpan  = 90 * 24 * time.Hour
	pastMost  = 2000
	pastBatch = 1000
)

// A past is what has happened to a check until now.
type past struct {
	now     time.Time
	changes []event.Recorded // oldest first; the first may be what held when the time began
	ledger  *history.Ledger  // of these
	// from is when what is known begins, where older changes were left out; the
	// zero time when all are here.
	from    time.Time
	latency []history.Latency
}

// readPast reads what has happened to a check.
func (s *Server) readPast(ctx context.Context, check string, now time.Time) (*past, error) {
	p := &past{now: now}
	var err error
	if p.changes, p.from, err = s.readChanges(ctx, check, now.Add(-pastSpan), now); err != nil {
		return nil, err
	}
	p.ledger = history.Fold(p.changes)
	p.latency, err = s.options.History.Latency(ctx, check, now.Add(-pastSpan).Truncate(time.Hour), now)
	return p, err
}

// readChanges returns a check's changes from one time until another, and the one
// before, for what held then. Where there are too many, the oldest are left out:
// what is known begins at leftOut then.
func (s *Server) readChanges(ctx context.Context, check string, from, until time.Time) (changes []event.Recorded, leftOut time.Time, err error) {
	q := event.Query{Check: check, From: from, Until: until, Lead: true, Newest: true, Limit: pastBatch}
	for {
		part, err := s.options.History.Changes(ctx, q)
		if err != nil {
			return nil, time.Time{}, err
		}
		var lead []event.Recorded
		if len(part) > 0 && part[0].At.Before(from) {
			lead, part = part[:1], part[1:]
		}
		whole := len(part) < pastBatch
		if n := len(part); n > 0 && q.Before != "" && part[n-1].Cursor == q.Before {
			part = part[:n-1] // it was read before
		}
		changes = slices.Concat(part, changes)
		switch {
		case whole:
			return slices.Concat(lead, changes), time.Time{}, nil
		case len(changes) > pastMost-pastBatch:
			return changes, changes[0].At, nil
		}
		q.Before = part[0].Cursor
	}
}

// measure returns the uptime of the last so long, or of as much of it as is
// known.
func (p *past) measure(span time.Duration) history.Uptime {
	from := p.now.Add(-span)
	if from.Before(p.from) {
		from = p.from
	}
	return p.ledger.Measure(from, p.now)
}

// took returns how long the answers of the last so long took.
func (p *past) took(span time.Duration) history.Response {
	return history.Responses(p.latency, []time.Time{p.now.Add(-span), p.now})[0]
}

// spans lists how far back people look.
func spans() []window {
	var out []window
	for _, w := range history.Windows() {
		key := fmt.Sprintf("%dd", w/(24*time.Hour))
		if w == day.Span {
			key = day.Key
		}
		out = append(out, window{key, w})
	}
	return out
}
