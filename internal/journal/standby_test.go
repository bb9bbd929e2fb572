package journal_test

import (
	"context"
	"path/filepath"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/journal/journaltest"
)

// TestStandby runs the conformance suite on a sound file, as of any engine.
func TestStandby(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, func(t *testing.T) journaltest.Journal { return standbyIn(t, t.TempDir()) })
	journaltest.RunPersistent(t, standbyIn)
}

// TestStandbyLocked runs it while another program has the file locked from the
// first moment on: all is answered from memory. It is unlocked for the end.
func TestStandbyLocked(t *testing.T) {
	t.Parallel()
	journaltest.Run(t, func(t *testing.T) journaltest.Journal { return lockedIn(t, t.TempDir()) })
	journaltest.RunPersistent(t, lockedIn)
}

// A lockedStandby is unlocked for what it cannot do while it is locked.
type lockedStandby struct {
	*journal.Standby
	t      *testing.T
	path   string
	unlock func()
}

func lockedIn(t *testing.T, dir string) journaltest.Journal {
	t.Helper()
	path := filepath.Join(dir, "portreeve.db")
	l := &lockedStandby{Standby: openStandby(t, path), t: t, path: path}
	l.lock()
	return l
}

func (l *lockedStandby) lock() {
	journal.Impatient(l.Standby)
	l.unlock = lockHere(l.t, l.path)
}

// unlocked does something in between.
func (l *lockedStandby) unlocked(do func()) {
	l.unlock()
	healed(l.t, l.Standby)
	do()
	l.lock()
}

func (l *lockedStandby) Adopt(ctx context.Context, entries []event.Entry) (err error) {
	l.unlocked(func() { err = l.Standby.Adopt(ctx, entries) })
	return err
}

func (l *lockedStandby) Prune(ctx context.Context, keep journal.Retention) (n int, err error) {
	l.unlocked(func() { n, err = l.Standby.Prune(ctx, keep) })
	return n, err
}

func (l *lockedStandby) Close() error {
	l.unlock()
	return l.Standby.Close()
}

func standbyIn(t *testing.T, dir string) journaltest.Journal {
	t.Helper()
	return openStandby(t, filepath.Join(dir, "portreeve.db"))
}

func openStandby(t testing.TB, path string) *journal.Standby {
	t.Helper()
	s, err := journal.OpenStandby(t.Context(), path, quiet)
	if err != nil {
		t.Fatal(err)
	}
	return s
}
