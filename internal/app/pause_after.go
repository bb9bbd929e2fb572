package app

import (
	"context"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/watch"
)

// A pauser pauses checks at somebody's wish.
type pauser interface {
	Pause(ctx context.Context, check, by, why string) error
}

// A patience pauses the checks whose outage has lasted longer than they let it:
// nobody looks after them any more. It is a sink that only notes names; what it
// has noted its Run does. It is safe for concurrent use.
type patience struct {
	pauser pauser
	log    *slog.Logger
	wake   chan struct{}

	mu  sync.Mutex
	due map[string]time.Duration // by check: what it lets an outage last
}

var _ watch.CheckSink = (*patience)(nil)

func newPatience(log *slog.Logger) *patience {
	return &patience{log: log, wake: make(chan struct{}, 1), due: map[string]time.Duration{}}
}

// Check implements [watch.CheckSink].
func (p *patience) Check(st *health.State) {
	after := time.Duration(st.Spec.PauseAfter)
	if after <= 0 || st.Status != health.Unhealthy || st.Down.IsZero() || time.Since(st.Down) < after || st.Has(health.Paused) {
		return
	}
	p.mu.Lock()
	p.due[st.Spec.Name] = after
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
}

// Uncheck implements [watch.CheckSink].
func (p *patience) Uncheck(name string) {
	p.mu.Lock()
	defer p.mu.Unlock()
	delete(p.due, name)
}

// Run pauses what is due until ctx ends. What could not be kept comes again with
// the check's next result.
func (p *patience) Run(ctx context.Context) error {
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-p.wake:
		}
		for name, after := range p.take() {
			if err := p.pauser.Pause(ctx, name, string(health.AfterOutage), fmt.Sprintf("down for longer than %v", health.Duration(after))); err != nil && ctx.Err() == nil {
				p.log.Warn("cannot pause a check that has been down for too long", "check", name, "err", err)
			}
		}
	}
}

// take returns what is due, once.
func (p *patience) take() map[string]time.Duration {
	p.mu.Lock()
	defer p.mu.Unlock()
	due := p.due
	p.due = map[string]time.Duration{}
	return due
}
