package heartbeat

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

const (
	// again is how soon what could not be kept is tried again.
	again = 5 * time.Second
	// last is how long is tried at the end.
	last = 2 * time.Second
	// tidying is how often senders are forgotten that nobody asks for any more.
	tidying = time.Hour
	// unasked is for how long nobody must have asked for such a one, and idle for
	// how long it must not have been heard.
	unasked = 7 * 24 * time.Hour
	idle    = 2 * health.MaxPeriod
)

// Run keeps what could not be kept at once, until ctx ends, and returns nil. What
// could not be read or kept is tried again every few seconds, and what nobody
// asks for any more is forgotten in the end.
func (b *Book) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	tidy := time.NewTicker(tidying)
	defer tidy.Stop()
	for ill := false; ; {
		wake := b.wake
		if ill {
			wake = nil // it waits for the timer
		}
		select {
		case <-ctx.Done():
			b.settle(ctx)
			return nil
		case <-timer.C:
		case <-wake:
		case <-tidy.C:
			b.tidy(time.Now())
		}
		err := b.flush(ctx)
		if err != nil && !ill && ctx.Err() == nil {
			b.log.Warn("cannot keep what was heard, trying again", "err", err, "every", again)
		}
		if ill = err != nil; ill {
			timer.Reset(again)
		}
	}
}

// settle keeps at the end what it can.
func (b *Book) settle(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), last)
	defer cancel()
	if err := b.flush(ctx); err != nil {
		b.log.Warn("what was heard last is not kept", "err", err)
	}
}

// flush keeps all that is not kept yet. It returns the first error.
func (b *Book) flush(ctx context.Context) error {
	b.mu.Lock()
	loaded := b.loaded
	b.mu.Unlock()
	if !loaded {
		if err := b.Load(ctx); err != nil {
			return err
		}
	}
	for name, p := range b.unkept() {
		if err := b.keep(ctx, name, p.page, p.version); err != nil {
			return err
		}
	}
	return nil
}

// A draft is a version of a page that is to be kept.
type draft struct {
	page    *page
	version uint64
}

// unkept returns what is to be kept, by name.
func (b *Book) unkept() map[string]draft {
	b.mu.Lock()
	defer b.mu.Unlock()
	drafts := map[string]draft{}
	for name, p := range b.pages {
		if p.unkept() {
			drafts[name] = draft{p, p.version}
		}
	}
	return drafts
}

// tidy forgets who was neither heard nor asked for in a long time.
func (b *Book) tidy(now time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, name := range slices.Collect(maps.Keys(b.pages)) {
		if p := b.pages[name]; now.Sub(p.asked) >= unasked && now.Sub(p.From) >= idle {
			p.gone = true
			p.changed()
		}
	}
}
