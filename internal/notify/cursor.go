package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

const (
	batchSize  = 100 // entries told between two commits
	firstDelay = 100 * time.Millisecond
	maxDelay   = 30 * time.Second
	lastCommit = 2 * time.Second // for the commit when Run ends
)

// A Cursor drives a channel over the journal. It is one reader: two cursors
// of one name would tell everything twice.
type Cursor struct {
	reader  string
	journal Journal
	channel Channel
	log     *slog.Logger

	begun     bool
	at        event.Cursor // behind what was told
	committed event.Cursor // behind what a restart will not tell again

	told, failed atomic.Uint64
}

// Counts returns how many entries have been told, and how many tries failed,
// since the start. It is safe for concurrent use.
func (c *Cursor) Counts() (told, failed uint64) { return c.told.Load(), c.failed.Load() }

// NewCursor returns the cursor of the named reader. The name must stay the
// same over restarts: it is what the place is committed under.
func NewCursor(reader string, j Journal, c Channel, log *slog.Logger) *Cursor {
	return &Cursor{reader: reader, journal: j, channel: c, log: log}
}

// Begin finds the reader's place: where it was, or, for a reader that is new
// to the journal, the end. An old journal is history that nobody wants told
// today; in an empty one the end is the beginning.
//
// Run does this by itself. Call Begin first where the journal is about to be
// written, so that nothing gets in before a new reader's place is committed.
func (c *Cursor) Begin(ctx context.Context) error {
	if c.begun {
		return nil
	}
	at, err := c.journal.Position(ctx, c.reader)
	if err != nil {
		return fmt.Errorf("find place of %s: %w", c.reader, err)
	}
	if at != "" {
		c.begun, c.at, c.committed = true, at, at
		return nil
	}
	return c.toEnd(ctx)
}

// toEnd puts the reader to the journal's end and commits that.
func (c *Cursor) toEnd(ctx context.Context) error {
	newest, err := c.journal.Recent(ctx, 1)
	if err != nil {
		return fmt.Errorf("find end of journal for %s: %w", c.reader, err)
	}
	var end event.Cursor
	for _, e := range newest {
		end = e.Cursor
	}
	if err := c.journal.Advance(ctx, c.reader, end); err != nil {
		return fmt.Errorf("begin %s: %w", c.reader, err)
	}
	c.begun, c.at, c.committed = true, end, end
	return nil
}

// Run tells what happens until ctx ends, and returns ctx's error. What fails
// is logged and tried again, with delays from 0.1 s to 30 s.
func (c *Cursor) Run(ctx context.Context) error {
	defer c.commitLast(ctx)
	for try := 0; ctx.Err() == nil; {
		before := c.at
		err := c.step(ctx)
		if err == nil || ctx.Err() != nil {
			try = 0
			continue
		}
		if c.at != before {
			try = 0 // something was told: the trouble is a new one
		}
		try++
		c.log.Warn("cannot notify, trying again", "channel", c.reader, "err", err, "try", try)
		sleep(ctx, min(firstDelay<<min(try-1, 10), maxDelay))
	}
	return ctx.Err()
}

// step tells the next entries, commits the place, and waits at the end of the
// journal for more.
func (c *Cursor) step(ctx context.Context) error {
	if err := c.Begin(ctx); err != nil {
		return err
	}
	n, err := c.tell(ctx)
	if errors.Is(err, event.ErrCursor) {
		c.log.Error("place in the journal is lost, going on from its end", "channel", c.reader, "err", err)
		return c.toEnd(ctx)
	}
	// A place that cannot be committed keeps nobody from being told: the commit
	// is tried again with the next step.
	err = errors.Join(err, c.commit(ctx))
	if err == nil && n == 0 {
		err = c.journal.Wait(ctx, c.at)
	}
	return err
}

// tell reads the next entries and tells them in order, up to the first that
// fails. It returns how many it read.
func (c *Cursor) tell(ctx context.Context) (int, error) {
	entries, err := c.journal.Read(ctx, c.at, batchSize)
	if err != nil {
		return 0, err
	}
	for _, e := range entries {
		err := c.channel.Notify(ctx, e)
		if err == nil {
			c.told.Add(1)
		} else {
			c.failed.Add(1)
		}
		if errors.Is(err, ErrPermanent) {
			c.log.Error("notification given up", "channel", c.reader, "key", e.Key(), "err", err)
		} else if err != nil {
			return len(entries), fmt.Errorf("tell %s: %w", e.Key(), err)
		}
		c.at = e.Cursor
	}
	return len(entries), nil
}

// commit makes the place known to the next run.
func (c *Cursor) commit(ctx context.Context) error {
	if c.at == c.committed {
		return nil
	}
	if err := c.journal.Advance(ctx, c.reader, c.at); err != nil {
		return err
	}
	c.committed = c.at
	return nil
}

// commitLast commits what was told just before ctx ended.
func (c *Cursor) commitLast(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastCommit)
	defer cancel()
	if err := c.commit(ctx); err != nil {
		c.log.Warn("place in the journal not committed: the newest notifications will be repeated", "channel", c.reader, "err", err)
	}
}

func sleep(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}
