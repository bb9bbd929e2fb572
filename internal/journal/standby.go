package journal

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// A Standby is a journal in a file that goes on while the file cannot be
// written: locked by another program, on a disk that is full, read-only or
// failing, or damaged. Nobody who checks or tells people notices.
//
//	Append, Advance, Keep              Read, Changes, Latency   Head, Position, Notes, Kept …
//	      │ judged in memory                 │                        │
//	      ▼                                  ▼                        ▼
//	┌── memory ──────────────────────────────────────────────────────────┐
//	│ newest: the last entries, saved │ unsaved      standing: what holds│
//	└─────┬──────────────────────▲───────────────┬───────────────────────┘
//	      │ batch                │ keeper        │ what is older
//	      ▼                      │ replays       ▼
//	┌── SQLite, one file ────────┴───────────────────────────────────────┐
//
// Memory decides and the file follows: what is appended is judged by the
// numbers in memory and gets the sequence number that it will have in the file.
// Then it is written, and can be read once it is on the disk. Where that fails,
// it can be read at once and waits in memory, with everything that comes after
// it; one goroutine, the keeper, tries again, at most five seconds apart, and
// writes what waits in order. So cursors that were given out stay good, and no
// entry is lost or doubled.
//
// Memory takes 16,384 entries or 16 MiB. Beyond, Append returns an error, and a
// [Writer] keeps what it has. All that waits is lost if the process is killed
// or the machine stops; people may have been told of it by then.
//
// # Damage
//
// A damaged file is moved aside with all that belongs to it, to
// NAME.corrupt-TIME, and a new one begun; that is logged with what is lost and
// how to salvage it. Nothing is ever deleted, and a database in which another
// program has tables stays where it is. A file that somebody has removed is
// begun anew as well. Found while running, the new file
// is the same journal with the same cursors, pruned to what memory holds: the
// newest entries of all streams and of all, positions, notes, and what people
// asked for. Found when it is opened, nothing is known, and it is another
// journal, to be filled by Adopt if there is a mirror.
//
// # A full disk
//
// A [ballast] of 1 MiB beside the file is dropped for the last entries and for
// opening it. Without it, a full or read-only disk is read as it is, where that
// can be done safely, and the journal begins with what waits in memory.
type Standby struct {
	file *file
	log  *slog.Logger
	tail *tail
	turn chan struct{} // taken by whoever changes the journal

	mu       sync.RWMutex // held for moments, never while the disk works
	engine   *SQLite      // nil while the file cannot even be read
	writable bool         // engine is
	standing *standing
	newest   newest
	debt     *debt // what the file is to have besides the unsaved entries
	trouble  error // why the file cannot be written; nil when it can
	damage   error // what is wrong with what is in it; nil when nothing is known to be
	since    time.Time
	aside    aside
	present  present
	opened   time.Time

	wake   chan struct{} // holds a token when the keeper has something to do
	stop   context.CancelFunc
	ended  chan struct{} // closed when the keeper has
	closed sync.Once
}

var _ Journal = (*Standby)(nil)

// OpenStandby opens the journal in the file at path as [OpenSQLite] does, and
// also when the file can only be read for the time being. It refuses, with an
// [*OpenError], when there is no file and none can be made, when it cannot be
// read, and when another portreeve has it ([ErrHeld]). A damaged journal is
// moved aside, another's file never.
func OpenStandby(ctx context.Context, path string, log *slog.Logger) (*Standby, error) {
	f, err := locate(path, log)
	if err != nil {
		return nil, err
	}
	s := &Standby{
		file: f, log: log, turn: make(chan struct{}, 1),
		standing: newStanding(), debt: newDebt(), wake: make(chan struct{}, 1), ended: make(chan struct{}),
	}
	if err := s.start(ctx); err != nil {
		return nil, problem(f.path, errors.Join(err, f.release()))
	}
	ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	go s.keep(ctx)
	return s, nil
}

// Identity implements [Journal].
func (s *Standby) Identity() string { return hex.EncodeToString(s.tail.id[:]) }

// Wait implements [Journal].
func (s *Standby) Wait(ctx context.Context, after event.Cursor) error { return s.tail.wait(ctx, after) }

// Close implements [Journal]. What waits in memory is tried once more; an error
// says how much is lost.
func (s *Standby) Close() error {
	var err error
	s.closed.Do(func() {
		s.tail.close()
		s.stop()
		<-s.ended
		s.turn <- struct{}{} // after whatever is under way: that may end up in memory
		s.end()
		err = s.last()
		s.turn <- struct{}{} // for good
		err = errors.Join(err, s.file.detach(s.engine), s.file.release())
	})
	return err
}

// last writes what waits in memory, if it can be. Nobody would remember
// anything after the end: a damaged file is moved aside now or never, and where
// it has to stay, it may still take this.
func (s *Standby) last() error {
	if s.Trouble() == nil { // then nothing waits
		return nil
	}
	ctx := context.Background()
	if err := s.exchange(ctx, 0); err != nil {
		s.log.Warn("damaged journal stays", "err", err)
	}
	if err := s.settle(ctx); err != nil {
		return fmt.Errorf("%d events are lost that were in memory: %w", s.Unsaved(), err)
	}
	return nil
}
