package app

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registry"
	"github.com/portreeve/portreeve/internal/watch"
	"github.com/portreeve/portreeve/internal/web"
)

// A pauser pauses checks at somebody's wish.
type pauser interface {
	PauseAfterOutage(ctx context.Context, check, why string) error
}

// A patience pauses the checks whose outage has lasted longer than they let it:
// nobody looks after them any more. It is a sink that only notes names; what it
// has noted its Run does. It is safe for concurrent use.
type patience struct {
	pauser pauser
	log    *slog.Logger
	wake   chan struct{}

	mu  sync.Mutex
	due map[string]time.Duration // by check: what it lets an outage last that has lasted longer
}

var _ watch.CheckSink = (*patience)(nil)

func newPatience(log *slog.Logger) *patience {
	return &patience{log: log, wake: make(chan struct{}, 1), due: map[string]time.Duration{}}
}

// Check implements [watch.CheckSink].
func (p *patience) Check(st *health.State) {
	after := time.Duration(st.Spec.PauseAfter)
	if after <= 0 {
		return
	}
	if st.Status != health.Unhealthy || st.Down.IsZero() || time.Since(st.Down) < after || st.Has(health.Paused) {
		p.Uncheck(st.Spec.Name) // it has recovered meanwhile
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
		for name, after, ok := p.take(); ok && ctx.Err() == nil; name, after, ok = p.take() {
			if err := p.pauser.PauseAfterOutage(ctx, name, "down for longer than "+brief(after)); err != nil && ctx.Err() == nil {
				p.log.Warn("cannot pause a check that has been down for too long", "check", name, "err", err)
			}
		}
	}
}

// take returns a check that is due, if there is one, once. Each is taken when its
// turn comes: what is kept may take a while, and one that recovers before is not
// to be paused.
func (p *patience) take() (name string, after time.Duration, ok bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for name, after = range p.due {
		delete(p.due, name)
		return name, after, true
	}
	return "", 0, false
}

// A nurse resumes the checks that a patience has paused, when it is heard that they
// are well: jobs send heartbeats, and do not sign up again.
type nurse struct {
	web.Heartbeats
	registry *registry.Registry
	log      *slog.Logger
}

// Beat implements [web.Heartbeats].
func (n nurse) Beat(ctx context.Context, name string, b health.Beat) (health.Beat, error) {
	beat, err := n.Heartbeats.Beat(ctx, name, b)
	if p, paused := n.registry.Paused(name); !paused || p.By != string(health.AfterOutage) || beat.Signal != health.Finish {
		return beat, err
	}
	if err := n.registry.Resume(ctx, name, heartbeatBy); err != nil {
		n.log.Warn("cannot resume a check that is well again", "check", name, "err", err) // the next heartbeat tries again
	}
	return beat, err
}

// heartbeatBy is who resumes a check that was heard to be well.
const heartbeatBy = "heartbeat"
