package journal

import (
	"context"
	"time"
)

// Scrub is [SQLite.Scrub] of the file as it is now: damage that it finds has
// the file moved aside. While the file cannot be read, it returns why.
func (s *Standby) Scrub(ctx context.Context) error {
	engine, err := s.care(ctx)
	if err != nil {
		return err
	}
	return s.read(engine, engine.Scrub(ctx))
}

// Prune is [SQLite.Prune] of the file. While the file cannot be written, it
// prunes nothing and returns why. A clock that is suddenly ahead makes nothing
// old before it has stayed there for a day.
func (s *Standby) Prune(ctx context.Context, keep Retention) (int, error) {
	engine, err := s.care(ctx)
	if err != nil {
		return 0, err
	}
	s.mu.Lock()
	now := s.present.at(time.Now().Round(0), time.Since(s.opened))
	s.mu.Unlock()
	n, err := engine.prune(ctx, keep, now)
	if err = s.read(engine, err); err != nil || n == 0 {
		return n, err
	}
	return n, s.forget(ctx)
}

// forget drops from memory what is on the disk no longer.
func (s *Standby) forget(ctx context.Context) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	engine, err := s.care(ctx)
	if err != nil {
		return nil // what waits in memory stays, and is pruned some other time
	}
	n, err := engine.newest(ctx)
	if err = s.read(engine, err); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.trouble == nil { // for then all is on the disk
		s.newest = n
	}
	return nil
}

// care returns the file's engine while it is in order.
func (s *Standby) care(ctx context.Context) (*SQLite, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.engine, s.trouble
}
