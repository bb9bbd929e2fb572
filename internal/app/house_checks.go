package app

import (
	"context"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/config"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/registration"
	"github.com/portreeve/portreeve/internal/registry"
	"github.com/portreeve/portreeve/internal/rollup"
	"github.com/portreeve/portreeve/internal/watch"
)

// watchNothing makes the board of who looks at no ports.
func (h *house) watchNothing(context.Context) error {
	h.board = board.New(port.Machine{Host: hostName()}, time.Now())
	return nil
}

// watchChecks adds the watcher of the checks, which takes up what was believed
// of them when the process before this one ended, and who changes them while it
// runs.
func (h *house) watchChecks(ctx context.Context) error {
	host := h.board.View().Machine.Host
	h.asker = newAsker(host, h.heard, h.log)
	h.closers = append(h.closers, h.asker)
	h.beats = heartbeat.New(h.journal, h.log)
	h.asker.beats = h.beats
	if err := h.beats.Load(ctx); err != nil {
		h.log.Error("what was heard of heartbeats is not known yet", "err", err) // Run tries again
	}
	checks, err := h.asker.checks(h.config.Checks)
	if err != nil {
		return err
	}
	h.latency, h.patience, h.mailboxes = rollup.NewCollector(h.journal, h.log), newPatience(h.log), newMailboxes()
	h.checks = &watch.Checks{
		Host: host, Sink: h.sinks(), Recorder: h.recorders(), Canary: h.asker.canary, Log: h.complaints(), InFlight: h.asker.shares.inFlight, Away: h.beats.Away,
	}
	h.acquaintances = &acquaintances{journal: h.journal, canary: h.asker.canary, log: h.log}
	h.acquaintances.recall(ctx)
	heads, err := h.recallChecks(ctx)
	if err != nil {
		return err
	}
	h.roster = &roster{
		asker: h.asker, checks: h.checks, beats: h.beats, mailboxes: h.mailboxes, entered: map[string]watch.Check{}, log: h.log,
		state: func(name string) *health.State { return h.board.View().FindCheck(name) },
	}
	h.roster.set(h.config.Config, checks)
	h.registry = registry.New(h.journal, h.checks, h.log)
	h.patience.pauser = h.registry
	if h.config.Registration.Enabled {
		h.registry.Admit(h.roster, terms(h.config.Config))
	}
	h.registry.Configure(h.config.Maintenance)
	if err := h.registry.Load(ctx); err != nil {
		h.log.Error("what was asked for is not known yet: registrations, pauses, maintenance, acknowledgements", "err", err) // Run tries again
		h.checks.Belated = belated
	}
	for i := range heads {
		h.registry.See(heads[i].Change)
	}
	for _, c := range h.selfChecks(heads, h.checks.Alive()) {
		h.observers = append(h.observers, func(ctx context.Context) error { return c.run(ctx, h.board, recorder{h.writer}, host) })
	}
	h.observers = append(h.observers, h.checks.Run, h.asker.canary.Run, h.registry.Run, h.heartbeat, h.patience.Run, h.beats.Run)
	h.readers = append(h.readers, h.latency.Run)
	if h.standby != nil {
		h.readers = append(h.readers, h.tend)
	}
	return nil
}

// belated is how long the checks of apps are waited for whose registrations could
// not be read: until then what was believed of them is kept for them.
const belated = 2 * time.Minute

// terms are what the configuration grants to apps that sign up.
func terms(c *config.Config) registration.Terms {
	return registration.Terms{DefaultAlerts: c.Registration.DefaultAlerts, PauseAfter: c.Registration.PauseAfter}
}

// recallChecks hands on what the journal says of each check.
func (h *house) recallChecks(ctx context.Context) ([]event.Entry, error) {
	heads, err := h.journal.Heads(ctx, event.CheckStream(""))
	if err != nil {
		return nil, err
	}
	last, revision, err := lastLife(ctx, h.journal)
	if err != nil {
		h.log.Error("it is not known when checks were last observed", "err", err)
	}
	h.alive = revision
	if !last.At.IsZero() {
		h.beats.Away(last.At, time.Now())
	}
	h.checks.Recall(heads, last.At, last.Recoveries)
	return heads, nil
}

// sinks are all who take what is believed of checks.
func (h *house) sinks() watch.CheckSink {
	all := sinks{h.board, h.latency, h.patience}
	if h.config.Teller != nil {
		all = append(all, h.config.Teller)
	}
	return all
}

// complaints is the log of checks that do not pass. A monitor tells each of them
// itself.
func (h *house) complaints() *slog.Logger {
	if h.config.Teller != nil {
		return slog.New(slog.DiscardHandler)
	}
	return h.log
}

// recorders are all who take changes.
func (h *house) recorders() watch.Recorder {
	all := recorders{recorder{h.writer}, seer{h}}
	if h.config.Teller != nil {
		all = append(all, h.config.Teller)
	}
	return all
}

// heard returns the addresses of targets elsewhere that answered when they were
// asked after a time, each once.
func (h *house) heard(after time.Time) []netip.Addr {
	all := map[netip.Addr]bool{}
	for _, st := range h.board.View().Checks {
		r := st.Last
		if r == nil || !r.Verdict.Up() || !r.At.After(after) {
			continue
		}
		if addr := answered(st); addr.IsValid() && !addr.IsLoopback() {
			all[addr] = true
		}
	}
	return slices.Collect(maps.Keys(all))
}

// answered returns who answered last: an answer without an address is that of
// the address that the target names.
func answered(st *health.State) netip.Addr {
	if a := st.Last.Answer; a != nil && a.Address.IsValid() {
		return a.Address.Addr().Unmap()
	}
	t, err := health.ParseTarget(st.Spec.Target)
	if err != nil {
		return netip.Addr{}
	}
	addr, _ := t.Addr()
	return addr.Addr().Unmap()
}
