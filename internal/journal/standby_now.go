package journal

import (
	"context"

	"github.com/portreeve/portreeve/internal/event"
)

// Head implements [Journal].
func (s *Standby) Head(ctx context.Context, stream string) (event.Entry, bool, error) {
	if err := s.tail.alive(ctx); err != nil {
		return event.Entry{}, false, err
	}
	s.mu.RLock()
	r, ok := s.standing.heads[stream]
	s.mu.RUnlock()
	if !ok {
		return event.Entry{}, false, nil
	}
	e, err := r.entry()
	return e, err == nil, err
}

// Heads implements [Journal].
func (s *Standby) Heads(ctx context.Context, prefix string) ([]event.Entry, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	rows := s.standing.headsOf(prefix)
	s.mu.RUnlock()
	return entriesOf(rows)
}

// Position implements [Journal].
func (s *Standby) Position(ctx context.Context, reader string) (event.Cursor, error) {
	if err := s.tail.alive(ctx); err != nil {
		return "", err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	if seq, ok := s.standing.places[reader]; ok {
		return s.tail.id.cursor(seq), nil
	}
	return "", nil
}

// Notes implements [Journal].
func (s *Standby) Notes(ctx context.Context, reader string) ([]event.Note, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.standing.notesOf(reader), nil
}

// Kept implements [Journal].
func (s *Standby) Kept(ctx context.Context, prefix string) ([]event.Kept, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.standing.keptOf(prefix), nil
}
