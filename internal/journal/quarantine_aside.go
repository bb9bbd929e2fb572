package journal

import (
	"errors"
	"fmt"
	"time"
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
	return nil
}

// lost says what a new file does not have.
func lost(known int) string {
	if known == 0 {
		return "all history, positions of readers, and what was asked for at run time; statuses are learned anew"
	}
	return "history and response times; statuses, positions and what was asked for at run time are carried over"
}

// exchange moves a file aside that was found damaged while it was in use, and
// returns why not, or that there is no file now.
func (s *Standby) exchange(reason error) error {
	if _, at, ok := s.Quarantined(); ok && time.Since(at) < patienceWithDamage {
		return fmt.Errorf("another journal was damaged at %s, so this one stays: %w", at.Format(time.TimeOnly), reason)
	}
	if err := s.file.detach(s.swap(nil, false)); err != nil {
		s.log.Debug("damaged journal was not closed cleanly", "err", err)
	}
	if err := s.setAside(reason); err != nil {
		return err
	}
	return errMovedAside
}

var errMovedAside = errors.New("journal was moved aside")
