package notify

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"github.com/portreeve/portreeve/internal/event"
)

// A page is what was read of the journal at once.
type page struct {
	entries []event.Recorded
	at      event.Cursor // behind them
	lost    bool         // entries before them may be missing
}

// A reader goes through the journal in a goroutine of its own.
type reader struct {
	pages chan page
	stop  func() // and wait until it has
}

// follow reads a journal from a place on. What fails is logged and tried again;
// if the journal does not know the place, reading goes on from its end.
func follow(ctx context.Context, j Journal, at event.Cursor, log *slog.Logger) reader {
	ctx, cancel := context.WithCancel(ctx)
	r := reader{pages: make(chan page)}
	done := make(chan struct{})
	r.stop = func() {
		cancel()
		<-done
	}
	go func() {
		defer close(done)
		r.read(ctx, j, page{at: at}, log)
	}()
	return r
}

func (r reader) read(ctx context.Context, j Journal, p page, log *slog.Logger) {
	for try := 0; ctx.Err() == nil; {
		next, err := turn(ctx, j, p)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			try++
			log.Warn("cannot read the journal, trying again", "err", err, "try", try)
			sleep(ctx, min(firstDelay<<min(try-1, 10), maxDelay))
		default:
			p, try = next, 0
			r.hand(ctx, p)
		}
	}
}

// hand gives a page to the desk, if there is anything on it.
func (r reader) hand(ctx context.Context, p page) {
	if len(p.entries) == 0 && !p.lost {
		return
	}
	select {
	case r.pages <- p:
	case <-ctx.Done():
	}
}

// turn returns the page after p. At the end of the journal it waits for more.
func turn(ctx context.Context, j Journal, p page) (page, error) {
	entries, err := j.Read(ctx, p.at, batchSize)
	if err == nil && len(entries) == 0 {
		err = j.Wait(ctx, p.at)
	}
	if errors.Is(err, event.ErrCursor) {
		at, err := end(ctx, j)
		return page{at: at, lost: true}, err
	}
	if err != nil || len(entries) == 0 {
		return page{at: p.at}, err
	}
	return page{entries: entries, at: entries[len(entries)-1].Cursor}, nil
}

// take takes a page.
func (d *Desk) take(p page) {
	if p.lost {
		d.log.Error("place in the journal is lost, going on from its end, and from what is so now")
		d.relearn(time.Now())
	}
	d.ledger.at = p.at
	for _, e := range p.entries {
		if e.Change != nil {
			d.observe(e, time.Now())
		}
	}
}
