package journal

import (
	"context"
	"fmt"
	"time"
)

// How the keeper goes about its work.
const (
	keeperMaxDelay = 5 * time.Second        // between tries
	keeperIdle     = time.Minute            // between looks at what is there
	keeperPatience = 100 * time.Millisecond // with another's lock, in one try
)

// keep has the file written again when it could not be, until ctx ends. It
// alone opens and closes the file after the start.
func (s *Standby) keep(ctx context.Context) {
	defer close(s.ended)
	for try := 0; ctx.Err() == nil; {
		if s.Trouble() == nil {
			if s.idle(ctx) {
				try = 0
				s.look()
			}
			continue
		}
		if pause(ctx, ctx, min(firstDelay<<min(try, 10), keeperMaxDelay)) {
			s.mend(ctx)
		}
		try++
	}
}

// look finds what nobody is told of otherwise.
func (s *Standby) look() {
	if s.file.removed() {
		s.fail(s.engine, fmt.Errorf("%w: somebody has removed the file", ErrCorrupt))
		return
	}
	s.file.watchLog()
	s.file.ballast.keep()
}

// idle waits for trouble and reports whether there was none for long.
func (s *Standby) idle(ctx context.Context) bool {
	timer := time.NewTimer(keeperIdle)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.wake:
	case <-ctx.Done():
	}
	return false
}

// mend tries to end the trouble.
func (s *Standby) mend(ctx context.Context) {
	err := s.exchange(ctx, patienceWithDamage)
	if err == nil {
		err = s.settle(ctx)
	}
	switch {
	case err == nil:
		s.file.ballast.keep()
	case ctx.Err() == nil:
		s.worsen(err)
	}
}

// worsen says why the last try failed, where that is news.
func (s *Standby) worsen(err error) {
	s.mu.Lock()
	news := s.trouble == nil || s.trouble.Error() != err.Error()
	s.trouble = err
	s.suspect(err)
	s.mu.Unlock()
	if news {
		s.log.Warn("journal still cannot be written", "file", s.file.path, "err", err, "unsaved", s.Unsaved())
	}
}

// settle writes all that waits in memory, oldest first, and ends the trouble.
func (s *Standby) settle(ctx context.Context) error {
	s.mu.RLock()
	since := s.since
	s.mu.RUnlock()
	if err := s.reattach(ctx); err != nil {
		return err
	}
	s.engine.patience(ctx, keeperPatience)
	defer s.engine.patience(context.WithoutCancel(ctx), busyTimeout)
	if _, err := scanAll(s.engine.q.recent.QueryContext(ctx, 1)); err != nil {
		return failed("read journal", err)
	}
	for replayed := 0; ; {
		select {
		case s.turn <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		n, done, err := s.replay(ctx)
		s.end()
		replayed += n
		if err != nil {
			return err
		}
		if done {
			s.log.Info("journal can be written again", "file", s.file.path, "replayed", replayed, "after", time.Since(since).Round(time.Millisecond))
			return nil
		}
	}
}
