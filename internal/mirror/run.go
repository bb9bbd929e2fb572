package mirror

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

const (
	batchRows  = 500     // of one transaction, at most
	batchBytes = 1 << 20 // of one transaction, in bodies; one entry may have as many by itself
	firstDelay = 100 * time.Millisecond
	maxDelay   = 30 * time.Second
	// idle is how long a connection is left without a word.
	idle = 20 * time.Second
)

// Run copies the source until ctx ends, and returns ctx's error. Whatever
// fails is tried again, with delays from 0.1 s to 30 s; see Err. Each outage
// is logged once when it begins and once when it is over.
func (m *Mirror) Run(ctx context.Context, source Source) error {
	for try := 0; ctx.Err() == nil; {
		before := m.Rows()
		err := m.follow(ctx, source)
		if ctx.Err() != nil {
			break
		}
		m.failed(err)
		if m.Rows() != before {
			try = 0 // something was written: the trouble is a new one
		}
		try++
		m.lookBehind(ctx, source)
		sleep(ctx, delay(try))
	}
	return ctx.Err()
}

// follow copies in one session until something fails.
func (m *Mirror) follow(ctx context.Context, source Source) error {
	s, err := m.begin(ctx, source)
	if err != nil {
		return err
	}
	defer s.close()
	for {
		if err := s.step(ctx, source); err != nil {
			return err
		}
	}
}

// step copies the next entries, or waits for some.
func (s *session) step(ctx context.Context, source Source) error {
	entries, err := source.Read(ctx, s.at, batchRows)
	if errors.Is(err, event.ErrCursor) && s.at != "" {
		// The journal does not know the place: an older copy of it has been put
		// back. What is there already is not added again.
		s.mirror.log.Info("mirror's place is lost, comparing it with the journal from the beginning", "mirror", s.mirror.String(), "err", err)
		s.at = ""
		return nil
	}
	if err != nil {
		return fmt.Errorf("read journal: %w", err)
	}
	if len(entries) == 0 {
		s.mirror.behind(time.Time{})
		s.mirror.well()
		return s.rest(ctx, source)
	}
	s.mirror.behind(entries[0].At)
	if err := s.write(ctx, entries); err != nil {
		return err
	}
	s.mirror.well()
	return nil
}

// rest waits for more, and makes sure now and then that the connection lives.
func (s *session) rest(ctx context.Context, source Source) error {
	waiting, cancel := context.WithTimeout(ctx, idle)
	defer cancel()
	err := source.Wait(waiting, s.at)
	switch {
	case err == nil || ctx.Err() != nil:
		return err
	case waiting.Err() == nil:
		return fmt.Errorf("wait for journal: %w", err)
	}
	step, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	return s.conn.PingContext(step)
}

// lookBehind finds out how far the mirror is behind while it cannot be written:
// since this process began, while its place is not known.
func (m *Mirror) lookBehind(ctx context.Context, source Source) {
	place, known := m.reached()
	if !known {
		m.behind(m.opened)
		return
	}
	if entries, err := source.Read(ctx, place, 1); err == nil && len(entries) > 0 {
		m.behind(entries[0].At)
	}
}

// delay returns how long to wait after the try of that number, from 1: twice
// as long each time.
func delay(try int) time.Duration { return min(firstDelay<<min(try-1, 10), maxDelay) }

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
