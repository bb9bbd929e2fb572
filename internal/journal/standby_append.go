package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// Append implements [Journal]. It returns when the entries are on the disk, or
// in memory while that cannot be written.
func (s *Standby) Append(ctx context.Context, entries []event.Entry) ([]event.Outcome, error) {
	rows, err := encode(entries)
	if err != nil {
		return nil, err
	}
	if err := s.begin(ctx); err != nil {
		return nil, err
	}
	defer s.end()
	l := &standbyLedger{ctx: ctx, s: s}
	outcomes, _, err := appendTo(l, s.tail.end(), rows)
	if err != nil {
		return nil, fmt.Errorf("append to journal: %w", err)
	}
	if err := s.commit(ctx, &batch{rows: l.fresh}); err != nil {
		return nil, fmt.Errorf("append to journal: %w", err)
	}
	return outcomes, nil
}

// Advance implements [Journal].
func (s *Standby) Advance(ctx context.Context, reader string, to event.Cursor, notes ...event.Note) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	seq, err := s.tail.place(to)
	if err != nil {
		return err
	}
	own := slices.Clone(notes)
	for i := range own {
		own[i].Value = bytes.Clone(own[i].Value)
	}
	if err := s.commit(ctx, &batch{places: []place{{reader, seq, own}}}); err != nil {
		return fmt.Errorf("commit position of %s: %w", reader, err)
	}
	return nil
}

// Keep implements [Journal].
func (s *Standby) Keep(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	if err := s.begin(ctx); err != nil {
		return 0, err
	}
	defer s.end()
	s.mu.RLock()
	now, next := s.standing.kept[key].Revision, s.standing.revision+1
	s.mu.RUnlock()
	if now != revision {
		return 0, ErrRevision
	}
	k := event.Kept{Key: key, Value: bytes.Clone(value), Revision: next}
	if value == nil {
		k.Revision = 0
	}
	if err := s.commit(ctx, &batch{kept: []event.Kept{k}}); err != nil {
		return 0, fmt.Errorf("keep %s: %w", key, err)
	}
	return k.Revision, nil
}

// AddLatency implements [Journal].
func (s *Standby) AddLatency(ctx context.Context, counts []history.Latency) error {
	own := slices.Clone(counts)
	for i := range own {
		if _, err := spanOf(own[i]); err != nil {
			return err
		}
		own[i].Check, own[i].At = valid(own[i].Check), own[i].At.UTC()
	}
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	if err := s.commit(ctx, &batch{latencies: own}); err != nil {
		return fmt.Errorf("add response times: %w", err)
	}
	return nil
}

// begin takes the turn of changing the journal, which end gives back.
func (s *Standby) begin(ctx context.Context) error {
	if err := s.tail.alive(ctx); err != nil {
		return err
	}
	select {
	case s.turn <- struct{}{}:
	case <-s.tail.done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
	if err := s.tail.alive(ctx); err != nil {
		s.end()
		return err
	}
	return nil
}

func (s *Standby) end() { <-s.turn }

// commit writes a batch, or has it wait in memory behind what waits already.
// Whatever else is wrong with a file that took batches like it before, is the
// file's trouble and not the caller's.
func (s *Standby) commit(ctx context.Context, b *batch) error {
	s.mu.RLock()
	engine, err := s.engine, s.trouble
	s.mu.RUnlock()
	if err == nil {
		err = engine.save(ctx, b)
		if err == nil {
			s.take(b, true)
			return nil
		}
		if ctx.Err() != nil && errors.Is(err, ctx.Err()) {
			return err
		}
		s.fail(engine, err)
	}
	if !s.room(b) {
		return fmt.Errorf("no more room in memory: %w", err)
	}
	s.take(b, false)
	return nil
}

// take takes a batch up in memory; from then on it can be read, and cursors
// behind it are good.
func (s *Standby) take(b *batch, saved bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing.apply(b)
	s.newest.add(b.rows, saved)
	if !saved {
		s.debt.add(b)
	}
	if n := len(b.rows); n > 0 {
		s.tail.advance(b.rows[n-1].seq)
	}
}

// room reports whether memory can take a batch that must wait.
func (s *Standby) room(b *batch) bool {
	s.mu.RLock()
	defer s.mu.RUnlock()
	waiting := batch{rows: s.newest.unsaved()}
	return len(waiting.rows)+len(b.rows) <= maxUnsaved && waiting.size()+b.size() <= maxUnsavedBytes &&
		s.debt.counts+len(b.latencies) <= maxUnsavedCounts
}
