package app

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"maps"
	"net"
	"net/netip"
	"os"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/metrics"
	"github.com/portreeve/portreeve/internal/mirror"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/registry"
	"github.com/portreeve/portreeve/internal/rollup"
	"github.com/portreeve/portreeve/internal/watch"
	"github.com/portreeve/portreeve/internal/web"
)

// A house is what Run has built: everything open, nothing running yet.
type house struct {
	config Config
	log    *slog.Logger

	journal  journal.Journal
	standby  *journal.Standby // the journal, when it is in a file; else nil
	writer   *journal.Writer
	mirror   *mirror.Mirror // nil: there is none
	alive    uint64         // revision of what is kept under aliveKey
	board    *board.Board
	asker    *asker
	checks   *watch.Checks
	latency  *rollup.Collector
	registry *registry.Registry
	reloads  *reloader
	tokens   *Tokens        // nil: nobody has one
	told     *notify.Cursor // tells the log
	desks    *desks         // tell people
	page     string         // URL of the page, with a slash at its end; empty: there is none

	observers []func(context.Context) error // watch the world and answer for it
	readers   []func(context.Context) error // tell what the journal has
	closers   []io.Closer                   // in the order of opening
}

// build opens everything that c asks for, or nothing. What a user can get wrong
// comes first: the address, the tokens, the database.
func build(ctx context.Context, c Config, log *slog.Logger) (*house, error) {
	h := &house{config: c, log: log}
	if err := h.open(ctx); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) open(ctx context.Context) error {
	if h.config.Teller != nil { // a monitor has neither ports nor page
		return inTurn(ctx, h.openJournal, h.openMirror, h.watchNothing, h.watchChecks, h.tell)
	}
	secure, err := h.lock()
	if err != nil {
		return err
	}
	ln, err := listen(ctx, h.config.Listen)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, ln)
	h.page = pageURL(ln.Addr(), secure != nil)
	if err := inTurn(ctx, h.openJournal, h.openTokens, h.openMirror, h.watchPorts, h.watchChecks, h.tell); err != nil {
		return err
	}
	h.answer(ln, secure)
	return nil
}

// inTurn takes one step after the other, up to the first that fails.
func inTurn(ctx context.Context, steps ...func(context.Context) error) error {
	for _, step := range steps {
		if err := step(ctx); err != nil {
			return err
		}
	}
	return nil
}

// openTokens reads who may come in from other machines.
func (h *house) openTokens(context.Context) error {
	file := h.config.tokensFile()
	if file == "" {
		return nil
	}
	tokens, err := OpenTokens(file, h.log)
	h.tokens = tokens
	return err
}

// lock returns how the server speaks TLS; nil when it does not.
func (h *house) lock() (*tls.Config, error) {
	if h.config.Auth.TLSCert == "" {
		return nil, nil
	}
	c, err := openCertificate(h.config.Auth.TLSCert, h.config.Auth.TLSKey, h.log)
	if err != nil {
		return nil, err
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, GetCertificate: c.current}, nil
}

// watchPorts adds the watcher of this machine's ports, and the board. The first
// look comes now, so that the page has something to show when it first answers.
func (h *house) watchPorts(ctx context.Context) error {
	reader, ports, b, err := openPorts(LookConfig{
		WatchPorts: h.config.Ports.Watch, Interval: time.Duration(h.config.Ports.Interval), Budget: lookBudget,
	}, true, h.log)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, reader)
	memory, err := openPortMemory(ctx, h.journal, recorder{h.writer}, ports.Machine.Host)
	if err != nil {
		return err
	}
	h.board, ports.Recorder, ports.Memory = b, memory, memory
	h.observers = append(h.observers, ports.Run)
	return ports.Look(ctx)
}

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
	checks, err := h.asker.checks(h.config.Checks)
	if err != nil {
		return err
	}
	h.latency = rollup.NewCollector(h.journal, h.log)
	h.checks = &watch.Checks{
		Host: host, Sink: h.sinks(), Recorder: h.recorders(), Canary: h.asker.canary, Log: h.complaints(), InFlight: h.asker.shares.inFlight,
	}
	heads, err := h.recallChecks(ctx)
	if err != nil {
		return err
	}
	h.checks.Set(checks)
	h.registry = registry.New(h.journal, h.checks, h.log)
	h.registry.Configure(h.config.Maintenance)
	if err := h.registry.Load(ctx); err != nil {
		h.log.Error("what was asked for is not known yet: pauses, maintenance, acknowledgements", "err", err) // Run tries again
	}
	for i := range heads {
		h.registry.See(heads[i].Change)
	}
	h.observers = append(h.observers, h.checks.Run, h.asker.canary.Run, h.registry.Run, h.heartbeat)
	h.readers = append(h.readers, h.latency.Run)
	if h.standby != nil {
		h.readers = append(h.readers, h.tend)
	}
	return nil
}

// recallChecks hands on what the journal says of each check.
func (h *house) recallChecks(ctx context.Context) ([]event.Entry, error) {
	heads, err := h.journal.Heads(ctx, event.CheckStream(""))
	if err != nil {
		return nil, err
	}
	alive, revision, err := lastAlive(ctx, h.journal)
	if err != nil {
		h.log.Error("it is not known when checks were last observed", "err", err)
	}
	h.alive = revision
	h.checks.Recall(heads, alive)
	return heads, nil
}

// sinks are all who take what is believed of checks.
func (h *house) sinks() watch.CheckSink {
	all := sinks{h.board, h.latency}
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

// tell adds those who read the journal: the timeline, the log, and those who
// tell people. They take their places before anything is written.
func (h *house) tell(ctx context.Context) error {
	at, err := recall(ctx, h.journal, h.board)
	if err != nil {
		return err
	}
	h.told = notify.NewCursor("log", h.journal, notify.NewLog(h.log), h.log)
	if err := h.told.Begin(ctx); err != nil {
		return err
	}
	h.desks = newDesks(h)
	if err := h.desks.set(ctx, h.config.Alerts); err != nil {
		return err
	}
	h.reloads = &reloader{running: h.config, checks: h.checks, asker: h.asker, registry: h.registry, desks: h.desks, log: h.log, at: time.Now()}
	h.observers = append(h.observers, h.reloads.Run)
	h.readers = append(h.readers,
		func(ctx context.Context) error { return follow(ctx, h.journal, h.board, at, h.log) },
		func(ctx context.Context) error { return ignoreEnd(h.told.Run(ctx)) },
		h.desks.run)
	return nil
}

// answer adds the server of page, API and metrics.
func (h *house) answer(ln net.Listener, secure *tls.Config) {
	c := h.config
	collector := metrics.NewCollector(h.board, metrics.Options{
		Clients: metricsClients(c.Metrics.Clients, usualClients),
		Self: metrics.Self{
			Version: c.Version, Revision: revision(), Journal: h.journalMetrics, Mirror: h.mirrorMetrics(), Channels: h.channels,
			Schedule: h.schedule, Reload: h.reloads.state,
		},
	})
	options := web.Options{
		Version: c.Version, Hosts: c.Hosts, PublicRead: c.publicRead(), TLS: secure,
		Metrics: metrics.Handler(collector, h.log), Health: h.health, Notices: notices(c),
		History: past{h.journal, h.latency}, Registry: h.registry, Alerts: h.alerts,
		Asker: newLive(h.asker), Flappy: c.Flappy.Enabled, FlappyAllow: c.Flappy.Allow,
		MaxConns: h.asker.shares.conns, MaxStreams: h.asker.shares.streams, MaxLive: h.asker.shares.callers,
	}
	if h.tokens != nil {
		options.Tokens = h.tokens
	}
	server := web.New(h.board, h.journal, options, h.log)
	h.observers = append(h.observers, func(ctx context.Context) error {
		h.log.Info("started", "version", c.Version, "pid", os.Getpid(), "page", h.page, "config", c.File, "checks", len(c.Checks))
		if c.publicRead() && !c.Loopback() {
			h.log.Warn("anybody who can reach this address can read everything", "listen", c.Listen)
		}
		if c.Ready != nil {
			c.Ready(h.page)
		}
		return server.Serve(ctx, ln)
	})
}

func (h *house) close() {
	for i := len(h.closers) - 1; i >= 0; i-- {
		if err := h.closers[i].Close(); err != nil && !errors.Is(err, net.ErrClosed) {
			h.log.Error("cannot close cleanly", "err", err)
		}
	}
}

// ignoreEnd makes the end that was asked for no error.
func ignoreEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
