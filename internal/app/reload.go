package app

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/metrics"
	"github.com/portreeve/portreeve/internal/registry"
	"github.com/portreeve/portreeve/internal/watch"
)

// A reloader takes in what the user asks for anew: on SIGHUP, and when the
// file has changed. What is wrong is told and changes nothing.
type reloader struct {
	running   Config
	roster    *roster
	asker     *asker
	registry  *registry.Registry
	desks     *desks
	mailboxes *mailboxes
	log       *slog.Logger
	current   *config.Config // as it was taken in last

	mu  sync.Mutex
	err error     // of the last try
	at  time.Time // of the last that went well
}

// Run reloads until ctx ends.
func (r *reloader) Run(ctx context.Context) error {
	changed, hangups := make(chan struct{}, 1), r.running.Hangups
	if r.running.Reload == nil {
		hangups = nil
	} else {
		go r.running.Watch(ctx, func() {
			select {
			case changed <- struct{}{}:
			default:
			}
		})
	}
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-r.mailboxes.changed:
			r.deliver()
		case <-hangups:
			r.reload()
		case <-changed:
			r.reload()
		}
	}
}

// deliver has those told whom apps want to have mailed.
func (r *reloader) deliver() {
	if err := r.desks.set(context.Background(), r.mailboxes.with(r.current)); err != nil {
		r.log.Error("those whom apps want to have mailed cannot be mailed", "err", err)
	}
}

// reload takes in what is asked for now, whole or not at all.
func (r *reloader) reload() {
	next, err := r.running.Reload()
	if err == nil && next.Blank {
		err = withHint(fmt.Errorf("%s says nothing at all", next.File), "was it written to its end? `checks: []` runs none")
	}
	var checks []watch.Check
	if err == nil {
		checks, err = r.asker.checks(next.Checks)
	}
	if err == nil {
		err = r.desks.set(context.Background(), r.mailboxes.with(next))
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err = err; err != nil {
		r.complain(err)
		return
	}
	r.at = time.Now()
	r.current = next
	r.roster.set(r.reaching(next), checks)
	if r.running.Registration.Enabled {
		r.registry.Admit(r.roster, terms(next))
	}
	r.registry.Configure(next.Maintenance)
	r.desks.nudge()
	for _, o := range r.running.Restart(next) {
		r.log.Warn("a changed option takes effect at the next start only", "option", o.Name)
	}
	r.log.Info("reloaded the configuration", "checks", len(checks))
}

// reaching returns a configuration with the networks of this process instead of its
// own: they take effect at the next start only, those that apps may have asked with
// those that they may come from.
func (r *reloader) reaching(next *config.Config) *config.Config {
	c := *next
	c.Registration.Allow = r.running.Registration.Allow
	return &c
}

// complain tells every mistake.
func (r *reloader) complain(err error) {
	var wrong *config.Error
	if !errors.As(err, &wrong) {
		var h interface{ Hint() string }
		if errors.As(err, &h) {
			r.log.Error("the configuration cannot be reloaded; what ran goes on", "err", err, "hint", h.Hint())
		} else {
			r.log.Error("the configuration cannot be reloaded; what ran goes on", "err", err)
		}
		return
	}
	for _, m := range wrong.Mistakes {
		r.log.Error("the configuration cannot be reloaded; what ran goes on", "err", &config.Error{Mistakes: []config.Mistake{m}}, "line", m.Line, "hint", m.Hint)
	}
}

// state tells how the last try went, for /metrics.
func (r *reloader) state() metrics.Reload {
	r.mu.Lock()
	defer r.mu.Unlock()
	return metrics.Reload{Successful: r.err == nil, At: r.at}
}

// Err returns what is wrong with the configuration as it is now.
func (r *reloader) Err() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.err
}
