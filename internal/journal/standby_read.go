package journal

import (
	"context"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// Read implements [Journal]. Readers near the end are answered from memory,
// whatever the disk does.
func (s *Standby) Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	seq, err := s.tail.place(after)
	if err != nil {
		return nil, err
	}
	limit = bounded(limit)
	s.mu.RLock()
	from, rows, engine := s.newest.from, s.newest.after(seq, limit), s.engine
	s.mu.RUnlock()
	late, err := s.tail.record(rows)
	if err != nil || seq >= from || limit == 0 {
		return late, err
	}
	if engine == nil {
		return nil, s.Trouble()
	}
	early, err := engine.Read(ctx, after, limit)
	if err = s.read(engine, err); err != nil {
		return nil, err
	}
	return first(slices.Concat(s.upTo(early, from), late), limit), nil
}

// upTo returns those of the entries that are not after a place.
func (s *Standby) upTo(found []event.Recorded, seq int64) []event.Recorded {
	return slices.DeleteFunc(found, func(r event.Recorded) bool {
		at, err := s.tail.id.seq(r.Cursor)
		return err != nil || at > seq
	})
}

func first(list []event.Recorded, n int) []event.Recorded { return list[:min(n, len(list))] }

func final(list []event.Recorded, n int) []event.Recorded { return list[max(0, len(list)-n):] }

// Recent implements [Journal]. Memory has that many, unless they are uncommonly
// large; if the disk cannot be read then, what memory has is the answer.
func (s *Standby) Recent(ctx context.Context, limit int) ([]event.Recorded, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	limit = bounded(limit)
	s.mu.RLock()
	all, from, engine := s.newest.rows, s.newest.from, s.engine
	rows := slices.Clone(all[max(0, len(all)-limit):])
	s.mu.RUnlock()
	late, err := s.tail.record(rows)
	if err != nil || len(rows) == limit || from == 0 || engine == nil {
		return late, err
	}
	early, err := engine.Recent(ctx, limit)
	if err = s.read(engine, err); err != nil {
		return late, nil
	}
	return final(slices.Concat(s.upTo(early, from), late), limit), nil
}

// Changes implements [Journal]. History is not answered in part: there is an
// error while the file cannot be read.
func (s *Standby) Changes(ctx context.Context, q event.Query) ([]event.Recorded, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	selected, err := s.tail.selectionOf(q)
	if err != nil {
		return nil, err
	}
	lead := q
	q.Lead = false
	found, err := s.changes(ctx, q, selected)
	if err != nil || !selected.lead {
		return found, err
	}
	lead.Lead, lead.From, lead.Until, lead.Newest, lead.Limit = false, time.Time{}, lead.From, true, 1
	before, err := s.changes(ctx, lead, selected.before())
	return slices.Concat(before, found), err
}

// changes answers a query without a lead: from the file what is saved, from
// memory the rest.
func (s *Standby) changes(ctx context.Context, q event.Query, selected selection) ([]event.Recorded, error) {
	s.mu.RLock()
	saved, unsaved, engine := s.newest.savedTo(), slices.Clone(s.newest.unsaved()), s.engine
	s.mu.RUnlock()
	late, err := s.tail.record(slices.DeleteFunc(unsaved, func(r row) bool { return !selected.takes(r) }))
	if err != nil {
		return nil, err
	}
	var early []event.Recorded
	if selected.after < saved {
		if engine == nil {
			return nil, s.Trouble()
		}
		if selected.upTo > saved {
			q.Before = s.tail.id.cursor(saved)
		}
		early, err = engine.Changes(ctx, q)
		if err = s.read(engine, err); err != nil {
			return nil, err
		}
	}
	if selected.newest {
		return final(slices.Concat(early, late), selected.limit), nil
	}
	return first(slices.Concat(early, late), selected.limit), nil
}

// Latency implements [Journal]. There is an error while the file cannot be
// read.
func (s *Standby) Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	engine, waiting := s.engine, s.debt.latencies.waiting(valid(check))
	s.mu.RUnlock()
	if engine == nil {
		return nil, s.Trouble()
	}
	found, err := engine.Latency(ctx, check, from, until)
	if err = s.read(engine, err); err != nil || len(waiting) == 0 {
		return found, err
	}
	all := latencyMap{valid(check): found}
	for _, l := range waiting { // what begins earlier may replace some that are found
		all.add(l)
	}
	return slices.DeleteFunc(all[valid(check)], func(l history.Latency) bool {
		return !from.IsZero() && l.At.Before(from) || !until.IsZero() && !l.At.Before(until)
	}), nil
}
