package journal

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"time"

	"golang.org/x/sys/unix"
)

// patienceWithDamage is how long after a file was found damaged while running
// the next one is not moved aside: then it is the disk or the memory of this
// machine that is broken, and new files are of no use.
const patienceWithDamage = time.Hour

// An aside is what is known of the last file that was moved aside.
type aside struct {
	path  string
	at    time.Time
	hooks []func(path string, at time.Time)
}

// Quarantined returns where the last damaged file was moved to by this
// process, and when.
func (s *Standby) Quarantined() (path string, at time.Time, ok bool) {
	s.mu.RLock()
	defer s.mu.RUnlock()
	return s.aside.path, s.aside.at, s.aside.path != ""
}

// OnQuarantine has f called, in a goroutine of its own, whenever a damaged file
// has been moved aside, and at once if that has happened already.
func (s *Standby) OnQuarantine(f func(path string, at time.Time)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.aside.hooks = append(s.aside.hooks, f)
	if s.aside.path != "" {
		go f(s.aside.path, s.aside.at)
	}
}

// setAside moves the file aside for a reason, and says loudly what that means.
func (s *Standby) setAside(reason error) error {
	at := time.Now()
	path, err := quarantine(s.file.path, at)
	if err != nil {
		return fmt.Errorf("%w, and it cannot be moved aside: %w", reason, err)
	}
	s.mu.Lock()
	s.aside.path, s.aside.at = path, at
	for _, f := range s.aside.hooks {
		go f(path, at)
	}
	known := len(s.standing.heads)
	s.mu.Unlock()
	s.log.Error("journal is damaged: it was moved aside and a new one is begun",
		"file", s.file.path, "moved_to", path, "err", reason, "lost", lost(known),
		"salvage", fmt.Sprintf("sqlite3 %q .recover | sqlite3 salvaged.db", path))
	if n, size := asides(s.file.path); n > 1 {
		s.log.Error("it is not the first: the disk or the memory of this machine may be failing, and nobody but you deletes the files",
			"files", s.file.path+".corrupt-*", "journals", n, "MiB", size>>20)
	}
	return nil
}

// lost says what a new file does not have.
func lost(known int) string {
	if known == 0 {
		return "all history, positions of readers, and what was asked for at run time; statuses are learned anew"
	}
	return "history and response times; statuses, positions and what was asked for at run time are carried over"
}

// exchange moves the file aside if it was found damaged while it was in use,
// and returns why it has to stay if it does.
func (s *Standby) exchange(ctx context.Context, patience time.Duration) error {
	s.mu.RLock()
	damage, last := s.damage, s.aside
	s.mu.RUnlock()
	if damage == nil {
		return nil
	}
	if last.path != "" && time.Since(last.at) < patience {
		return fmt.Errorf("another journal was damaged at %s, so this one stays: %w", last.at.Format(time.TimeOnly), damage)
	}
	// Do not let go of what can still be read for nothing.
	if err := cmp.Or(stays(ctx, s.file.path), unix.Access(filepath.Dir(s.file.path), unix.W_OK)); err != nil {
		return fmt.Errorf("%w, and it cannot be moved aside: %w", damage, err)
	}
	if err := s.file.detach(s.swap(nil, false)); err != nil {
		s.log.Debug("damaged journal was not closed cleanly", "err", err)
	}
	if err := s.setAside(damage); err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.damage = nil
	return nil
}
