package web

import (
	"context"
	"slices"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// Bounds of what one part of a list of closed incidents reads: so many entries
// at once, so many times.
const (
	closedBatch   = 1000
	closedBatches = 4
)

// closedIncidents returns at most so many closed incidents before q's place, the
// last to end in front.
func (s *Server) closedIncidents(ctx context.Context, q incidentQuery, most int) (items []history.Incident, next *place, err error) {
	before := event.Cursor("")
	if q.place.closed {
		before = q.place.before
	}
	if most <= 0 {
		return nil, &place{closed: true, before: before}, nil
	}
	for range closedBatches {
		changes, whole, err := s.outagesBefore(ctx, q, before, min(closedBatch, 4*most+1))
		if err != nil {
			return nil, nil, err
		}
		openers := pairs(changes)
		for i, r := range slices.Backward(changes) {
			if !closes(r.Change) {
				continue
			}
			if len(items) == most {
				return items, &place{closed: true, before: before}, nil
			}
			in, ok, err := s.closedIncident(ctx, openers[i], r)
			if err != nil {
				return nil, nil, err
			}
			if before = r.Cursor; ok && !in.Ended.Before(q.since) {
				items = append(items, in)
			}
		}
		if whole {
			return items, nil, nil
		}
		before = changes[0].Cursor
	}
	return items, &place{closed: true, before: before}, nil
}

// outagesBefore returns the newest beginnings and ends of outages before a
// cursor, and whether those are all.
func (s *Server) outagesBefore(ctx context.Context, q incidentQuery, before event.Cursor, limit int) (changes []event.Recorded, whole bool, err error) {
	changes, err = s.options.History.Changes(ctx, event.Query{Check: q.check, Outages: true, From: q.since, Newest: true, Before: before, Limit: limit})
	whole = len(changes) < limit
	if n := len(changes); n > 0 && before != "" && changes[n-1].Cursor == before {
		changes = changes[:n-1] // it was read before
	}
	return changes, whole || len(changes) == 0, err
}

// closes reports whether a change ended an outage.
func closes(c *health.Change) bool { return c.From == health.Unhealthy && c.To != health.Unhealthy }

// pairs returns, for the index of each end of an outage, its beginning, where
// that is among the changes.
func pairs(changes []event.Recorded) map[int]*event.Recorded {
	begun, openers := map[string]*event.Recorded{}, map[int]*event.Recorded{}
	for i := range changes {
		c := changes[i].Change
		if closes(c) {
			if r := begun[c.Check]; r != nil {
				openers[i] = r
				delete(begun, c.Check)
			}
			continue
		}
		begun[c.Check] = &changes[i]
	}
	return openers
}

// closedIncident makes an incident of its end and its beginning; nil: the
// journal is asked for that, and may keep it no more. It reports false when
// nothing tells how long the outage was.
func (s *Server) closedIncident(ctx context.Context, begun *event.Recorded, end event.Recorded) (in history.Incident, ok bool, err error) {
	var whole []event.Recorded
	switch {
	case end.Change.To == health.Unknown: // what happened meanwhile says since when nobody looked
		q := event.Query{Check: end.Change.Check, Newest: true, Before: end.Cursor, Limit: closedBatch}
		if begun != nil {
			q.From = begun.At
		}
		whole, err = s.options.History.Changes(ctx, q)
	case begun != nil:
		whole = []event.Recorded{*begun, end}
	default:
		whole, err = s.options.History.Changes(ctx, event.Query{Check: end.Change.Check, Outages: true, Newest: true, Before: end.Cursor, Limit: 2})
	}
	if err != nil {
		return in, false, err
	}
	found := history.Incidents(whole)
	if n := len(found); n > 0 && !found[n-1].Open() && (end.Change.Outage > 0 || found[n-1].Closed) {
		return found[n-1], true, nil
	}
	return in, false, nil
}
