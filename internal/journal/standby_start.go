package journal

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// start opens the file as well as it can be, and takes up what it says.
func (s *Standby) start(ctx context.Context) error {
	if orphaned(s.file.path) && s.file.take() == nil {
		if err := s.setAside(fmt.Errorf("%w: its write-ahead log is left alone", ErrCorrupt)); err != nil {
			return err
		}
	}
	err := s.open(ctx)
	if !errors.Is(err, ErrCorrupt) {
		return err
	}
	if reason := stays(ctx, s.file.path); reason != nil {
		return fmt.Errorf("%w, and %w", err, reason)
	}
	if err := s.setAside(err); err != nil {
		return err
	}
	return s.open(ctx)
}

// open opens the file, for reading only if need be.
func (s *Standby) open(ctx context.Context) error {
	there := s.file.exists()
	engine, err := s.file.attach(ctx)
	if err != nil {
		if !there || !curable(err) {
			return err
		}
		var failed error
		if engine, failed = s.file.attachReadOnly(ctx); failed != nil {
			s.log.Debug("journal cannot be read either", "err", failed)
			return err
		}
		s.fail(nil, err)
	}
	if err := s.load(ctx, engine); err != nil {
		return errors.Join(err, s.file.detach(engine))
	}
	s.file.ballast.keep()
	return nil
}

// curable reports whether a journal that exists may be opened for writing
// later, without anybody doing something about portreeve: not when a user may
// not write it, and not while another portreeve does.
func curable(err error) bool {
	return Storage(err) && !errors.Is(err, ErrHeld) && !errors.Is(err, fs.ErrPermission)
}

// load takes up what a file says.
func (s *Standby) load(ctx context.Context, engine *SQLite) error {
	standing, err := engine.readStanding(ctx)
	if err != nil {
		return err
	}
	n, err := engine.newest(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.opened = time.Now()
	if len(n.rows) > 0 {
		s.present.wall, _ = time.Parse(timeFormat, n.rows[len(n.rows)-1].at) // of a damaged one, nothing is believed
	}
	s.engine, s.writable, s.standing, s.newest = engine, s.trouble == nil, standing, n
	s.tail = newTail(engine.tail.id, engine.lastSeq())
	return nil
}

// newest reads the end of the journal.
func (s *SQLite) newest(ctx context.Context) (newest, error) {
	rows, err := scanAll(s.q.recent.QueryContext(ctx, keepNewest+1))
	if err != nil {
		return newest{}, failed("read journal", err)
	}
	n := newest{}
	if len(rows) > keepNewest {
		n.from, rows = rows[0].seq, rows[1:]
	}
	n.add(rows, true)
	return n, nil
}

// Adopt implements [Journal]. It needs the disk.
func (s *Standby) Adopt(ctx context.Context, entries []event.Entry) error {
	if err := s.begin(ctx); err != nil {
		return err
	}
	defer s.end()
	if s.tail.end() > 0 {
		return ErrNotEmpty
	}
	engine, err := s.care(ctx)
	if err != nil {
		return fmt.Errorf("adopt entries: %w", err)
	}
	// Whatever it answers, the file knows whether it has them.
	err = engine.Adopt(ctx, entries)
	if failed := s.read(engine, s.takeUp(ctx, engine)); err == nil {
		err = failed
	}
	return err
}

// takeUp takes up entries that were written past memory.
func (s *Standby) takeUp(ctx context.Context, engine *SQLite) error {
	standing, err := engine.readStanding(ctx)
	if err != nil {
		return err
	}
	n, err := engine.newest(ctx)
	if err != nil {
		return err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.standing.heads, s.newest = standing.heads, n
	s.tail.advance(n.savedTo())
	return nil
}
