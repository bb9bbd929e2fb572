package app

import (
	"context"
	"fmt"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/watch"
	"github.com/portreeve/portreeve/internal/web"
)

// Ears hear heartbeats, and have the check that waits for one asked at once.
type ears struct {
	book    *heartbeat.Book
	checks  *watch.Checks
	trouble func() error // why what is kept is in memory alone; nil: it is meant to be
}

var _ web.Heartbeats = ears{}

// ears returns who hears heartbeats for the page.
func (h *house) ears() ears {
	e := ears{book: h.beats, checks: h.checks}
	if h.standby != nil {
		e.trouble = h.standby.Trouble
	}
	return e
}

// Beat implements [web.Heartbeats]. Without an error the heartbeat outlives this
// process: a journal whose file cannot be written takes it into memory, and says
// nothing.
func (e ears) Beat(ctx context.Context, name string, b health.Beat) (health.Beat, error) {
	beat, err := e.book.Beat(ctx, name, b)
	e.checks.Hurry(name)
	if err != nil || e.trouble == nil {
		return beat, err
	}
	if why := e.trouble(); why != nil {
		return beat, fmt.Errorf("heartbeat %s is in memory alone: %w", name, why)
	}
	return beat, nil
}
