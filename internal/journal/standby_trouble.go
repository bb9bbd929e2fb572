package journal

import (
	"context"
	"errors"
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
func (s *Standby) fail(err error) {
	s.mu.Lock()
	first := s.trouble == nil
	if first {
		s.trouble, s.since = err, time.Now()
	} else if corrupt(err) {
		s.trouble = err
	}
	s.mu.Unlock()
	if first {
		s.log.Error("journal cannot be written: events go on in memory until it can", "file", s.file.path, "err", err)
	}
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// read returns the error of reading the file, and has the keeper look after
// what it says of the file.
func (s *Standby) read(err error) error {
	if corrupt(err) || Storage(err) {
		s.fail(err)
	}
	if errors.Is(err, ErrClosed) && s.tail.alive(context.Background()) == nil {
		return errExchanged // not ours: the file was changed for another under it
	}
	return err
}

// errExchanged is one that a later try cures, as [Storage] says.
var errExchanged = fmt.Errorf("journal's file is being exchanged: %w", syscall.EAGAIN)
