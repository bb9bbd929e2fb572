package journal

import (
	"context"
	"fmt"
	"syscall"
	"time"
)

// Trouble returns why the file cannot be written, or nil while it can. Events
// go on meanwhile, from memory.
func (s *Standby) Trouble() error {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.trouble
}

// Unsaved returns how many entries are in memory and not on the disk yet.
func (s *Standby) Unsaved() int {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return len(s.newest.unsaved())
}

// fail says that the file cannot be written, until the keeper has mended it.
// What an engine says whose file has been put away meanwhile is no news: the
// next file is not damaged because the last one was.
func (s *Standby) fail(engine *SQLite, err error) {
	s.mu.Lock()
	if engine != s.engine {
		s.mu.Unlock()
		return
	}
	first := s.trouble == nil
	if first {
		s.trouble, s.since = err, time.Now()
	}
	s.suspect(err)
	s.mu.Unlock()
	if first {
		s.log.Error("journal cannot be written: events go on in memory until it can", "file", s.file.path, "err", err)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// suspect remembers the first damage that is found in the file. It needs mu.
func (s *Standby) suspect(err error) {
	if corrupt(err) && s.damage == nil {
		s.trouble, s.damage = err, err
	}
}

// read returns the error of reading the file by an engine, and has the keeper
// look after what it says of the file.
func (s *Standby) read(engine *SQLite, err error) error {
	if err != nil && engine.tail.alive(context.Background()) != nil && s.tail.alive(context.Background()) == nil {
		return errExchanged // not we are closed: the file was changed for another
	}
	if corrupt(err) || Storage(err) {
		s.fail(engine, err)
	}
	return err
}

// errExchanged is one that a later try cures, as [Storage] says.
var errExchanged = fmt.Errorf("journal's file is being exchanged: %w", syscall.EAGAIN)
