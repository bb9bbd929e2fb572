package app

import (
	"context"
	"errors"
	"time"

	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/mirror"
)

// openJournal opens the database and its writer.
func (h *house) openJournal(ctx context.Context) error {
	j, err := journal.Open(ctx, h.config.Journal(), h.log)
	if errors.Is(err, journal.ErrDSN) {
		return UsageError{err}
	}
	if err != nil {
		return err
	}
	h.journal, h.writer = j, journal.NewWriter(j, h.log)
	h.standby, _ = j.(*journal.Standby)
	h.closers = append(h.closers, j)
	return nil
}

// succession is how long a new journal waits for the mirror that has the last
// state of the one before.
const succession = 30 * time.Second

// openMirror adds the mirror. A journal that has never had an entry takes up
// the last state from it, before anything is written.
func (h *house) openMirror(ctx context.Context) error {
	c := h.config.Mirror
	if c.DSN == "" {
		return nil
	}
	m, err := mirror.Open(ctx, c.DSN.Reveal(), c.Password.Reveal(), h.log)
	if err != nil {
		return err
	}
	h.mirror = m
	h.closers = append(h.closers, m)
	h.readers = append(h.readers, func(ctx context.Context) error { return ignoreEnd(m.Run(ctx, h.journal)) })
	return h.succeed(ctx)
}

// succeed takes up the last state from the mirror. One that cannot be reached
// keeps nobody from checking.
func (h *house) succeed(ctx context.Context) error {
	newest, err := h.journal.Recent(ctx, 1)
	if err != nil || len(newest) > 0 {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, succession)
	defer cancel()
	last, err := h.mirror.Latest(ctx)
	if err != nil {
		h.log.Error("the last state is not known: the journal is new, and its mirror cannot be read", "mirror", h.mirror.String(), "err", err)
		return nil
	}
	if len(last) == 0 {
		return nil
	}
	if err := h.journal.Adopt(ctx, last); err != nil {
		h.log.Error("the last state cannot be taken up from the mirror", "mirror", h.mirror.String(), "err", err)
		return nil
	}
	h.inherited = last
	h.log.Info("took up the last state from the mirror", "checks", len(last), "mirror", h.mirror.String())
	return nil
}

// How often the journal is pruned and read through.
const (
	pruneEvery = time.Hour
	scrubEvery = 24 * time.Hour
)

// tend prunes the journal and looks for damage in it, now and then.
func (h *house) tend(ctx context.Context) error {
	prune, scrub := time.NewTimer(time.Minute), time.NewTimer(pruneEvery)
	defer prune.Stop()
	defer scrub.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-prune.C:
			h.prune(ctx)
			prune.Reset(pruneEvery)
		case <-scrub.C:
			h.scrub(ctx)
			scrub.Reset(scrubEvery)
		}
	}
}

func (h *house) prune(ctx context.Context) {
	c := h.config.Retention
	n, err := h.standby.Prune(ctx, journal.Retention{Age: time.Duration(c.Age), Entries: c.Entries, Latency: c.Latency})
	switch {
	case err != nil && ctx.Err() == nil:
		h.log.Warn("journal cannot be pruned", "err", err)
	case n > 0:
		h.log.Info("pruned the journal", "entries", n)
	}
}

func (h *house) scrub(ctx context.Context) {
	if err := h.standby.Scrub(ctx); err != nil && ctx.Err() == nil {
		h.log.Error("journal is damaged", "err", err)
	}
}
