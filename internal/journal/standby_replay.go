package journal

import (
	"context"
	"errors"
	"fmt"
	"time"

	"golang.org/x/sys/unix"
)

const (
	replayRows  = 500             // entries in one transaction: nobody waits longer than for one
	busyTimeout = 5 * time.Second // as connect has it
)

// patience sets how long writing waits for another program's lock.
func (s *SQLite) patience(ctx context.Context, d time.Duration) {
	// In vain only where writing will say why.
	s.writer.ExecContext(ctx, fmt.Sprintf("PRAGMA busy_timeout = %d", d.Milliseconds()))
}

// reattach opens the file for writing if it is not open like that.
func (s *Standby) reattach(ctx context.Context) error {
	if s.engine != nil && s.writable {
		return nil
	}
	if s.engine != nil {
		// Do not let go of what can be read for nothing.
		if err := unix.Access(s.file.path, unix.W_OK); err != nil {
			return fmt.Errorf("write %s: %w", s.file.path, err)
		}
		// Closing a file that was opened as immutable drops every lock that
		// SQLite has on it in this process: never are both open.
		if err := s.file.detach(s.swap(nil, false)); err != nil {
			return err
		}
	}
	engine, err := s.file.attach(ctx)
	if err == nil {
		if err = s.admit(ctx, engine); err == nil {
			return nil
		}
		err = errors.Join(err, s.file.detach(engine))
	}
	if reading, failed := s.file.attachReadOnly(ctx); failed == nil && s.knows(reading) {
		s.swap(reading, false)
	} else if failed == nil {
		err = errors.Join(err, s.file.detach(reading))
	}
	return err
}

// admit puts a file that was opened anew in place, if it can take what is in
// memory: it is the one we know, or there is nothing in it.
func (s *Standby) admit(ctx context.Context, engine *SQLite) error {
	if engine.lastSeq() == 0 && engine.tail.id != s.tail.id {
		return s.refound(ctx, engine)
	}
	if !s.knows(engine) {
		return errForeign
	}
	s.swap(engine, true)
	return nil
}

// knows reports whether a file that was opened anew is the one that memory
// goes on from. Any other would not know the cursors that were given out, and
// readers take that for the loss of their place.
func (s *Standby) knows(engine *SQLite) bool {
	s.mu.RLock()
	saved := s.newest.savedTo()
	s.mu.RUnlock()
	last := engine.lastSeq()
	// What was being written when the trouble began may be there.
	return engine.tail.id == s.tail.id && last >= saved && last <= s.tail.end()
}

// swap puts another engine in place and returns the former.
func (s *Standby) swap(engine *SQLite, writable bool) *SQLite {
	s.mu.Lock()
	defer s.mu.Unlock()
	former := s.engine
	s.engine, s.writable = engine, writable
	return former
}

// replay writes the oldest of what waits in memory, by turns, and reports how
// many entries that were and whether it was all. Then the trouble is over:
// nothing has come in since.
func (s *Standby) replay(ctx context.Context) (n int, done bool, err error) {
	b, done := s.oldest()
	err = s.engine.save(ctx, b)
	if err != nil && s.file.full(err) && s.file.ballast.drop() {
		s.engine.fold(ctx)
		err = s.engine.save(ctx, b)
	}
	if err != nil {
		return 0, false, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest.save(len(b.rows))
	if done {
		s.debt, s.trouble = newDebt(), s.damage // which may have been found meanwhile
	}
	return len(b.rows), done, nil
}

// oldest returns what is to be written next, and whether that is all.
func (s *Standby) oldest() (b *batch, all bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	rows := s.newest.unsaved()
	if len(rows) > replayRows {
		return &batch{rows: rows[:replayRows:replayRows]}, false
	}
	b = &batch{rows: rows[:len(rows):len(rows)]}
	s.debt.fill(b, s.standing)
	return b, true
}

// fold moves the write-ahead log into the file and gives its space back.
func (s *SQLite) fold(ctx context.Context) {
	// In vain where another program reads; then the next write says what is.
	s.writer.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
}
