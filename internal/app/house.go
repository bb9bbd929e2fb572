package app

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/metrics"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/probe"
	"github.com/portreeve/portreeve/internal/watch"
	"github.com/portreeve/portreeve/internal/web"
)

// A house is what Run has built: everything open, nothing running yet.
type house struct {
	config Config
	log    *slog.Logger

	journal journal.Journal
	writer  *journal.Writer
	board   *board.Board
	told    *notify.Cursor // tells the log

	observers []func(context.Context) error // watch the world and answer for it
	readers   []func(context.Context) error // tell what the journal has
	closers   []io.Closer                   // in the order of opening
}

// build opens everything that c asks for, or nothing. What a user can get wrong
// comes first: the address, the checks, the database.
func build(ctx context.Context, c Config, log *slog.Logger) (*house, error) {
	h := &house{config: c, log: log}
	if err := h.open(ctx); err != nil {
		h.close()
		return nil, err
	}
	return h, nil
}

func (h *house) open(ctx context.Context) error {
	checks, err := probes(h.config)
	if err != nil {
		return err
	}
	ln, err := listen(ctx, h.config.Listen)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, ln)
	if err := h.openJournal(ctx); err != nil {
		return err
	}
	if err := h.watchPorts(ctx); err != nil {
		return err
	}
	h.watchChecks(checks)
	if err := h.tell(ctx); err != nil {
		return err
	}
	h.answer(ln)
	return nil
}

// openJournal opens the database and its writer.
func (h *house) openJournal(ctx context.Context) error {
	j, err := journal.Open(ctx, h.config.Database, h.log)
	if errors.Is(err, journal.ErrDSN) {
		return UsageError{err}
	}
	if err != nil {
		return err
	}
	h.journal, h.writer = j, journal.NewWriter(j, h.log)
	h.closers = append(h.closers, j)
	return nil
}

// probes makes the probe of every check.
func probes(c Config) ([]watch.Check, error) {
	var checks []watch.Check
	for _, spec := range c.Checks {
		p, err := probe.New(spec)
		if err != nil {
			return nil, usage(err, "write a check as tcp://HOST:PORT")
		}
		checks = append(checks, watch.Check{Spec: spec, Probe: p})
	}
	return checks, nil
}

// watchPorts adds the watcher of this machine's ports, and the board. The first
// look comes now, so that the page has something to show when it first answers.
func (h *house) watchPorts(ctx context.Context) error {
	reader, ports, b, err := openPorts(h.config, true, h.log)
	if err != nil {
		return err
	}
	h.closers = append(h.closers, reader)
	h.board, ports.Recorder = b, recorder{h.writer}
	h.observers = append(h.observers, ports.Run)
	return ports.Look(ctx)
}

// watchChecks adds the watcher of the checks.
func (h *house) watchChecks(checks []watch.Check) {
	c := &watch.Checks{Checks: checks, Host: h.board.View().Machine.Host, Sink: h.board, Recorder: recorder{h.writer}, Log: h.log}
	h.observers = append(h.observers, c.Run)
}

// tell adds those who read the journal: the timeline and the log. They take
// their places before anything is written.
func (h *house) tell(ctx context.Context) error {
	at, err := recall(ctx, h.journal, h.board)
	if err != nil {
		return err
	}
	h.told = notify.NewCursor("log", h.journal, notify.NewLog(h.log), h.log)
	if err := h.told.Begin(ctx); err != nil {
		return err
	}
	h.readers = append(h.readers,
		func(ctx context.Context) error { return follow(ctx, h.journal, h.board, at, h.log) },
		func(ctx context.Context) error { return ignoreEnd(h.told.Run(ctx)) })
	return nil
}

// answer adds the server of page, API and metrics.
func (h *house) answer(ln net.Listener) {
	collector := metrics.NewCollector(h.board, metrics.Options{
		Clients: metricsClients(h.config.MetricsClients, h.config.Clients),
		Self:    metrics.Self{Version: h.config.Version, Revision: revision(), Journal: h.journalMetrics, Notifications: h.notifications},
	})
	server := web.New(h.board, h.journal, web.Options{
		Version: h.config.Version, Hosts: h.config.Hosts, Public: h.config.Insecure,
		Metrics: metrics.Handler(collector, h.log), Health: h.health, Notices: notices(h.config),
	}, h.log)
	h.observers = append(h.observers, func(ctx context.Context) error {
		if h.config.Ready != nil {
			h.config.Ready(pageURL(ln.Addr()))
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

// A recorder hands what watchers saw to the journal's writer.
type recorder struct{ writer *journal.Writer }

// Record queues an entry. One that is refused is counted and logged there.
func (r recorder) Record(e event.Entry) { r.writer.Put(e) }

// ignoreEnd makes the end that was asked for no error.
func ignoreEnd(err error) error {
	if errors.Is(err, context.Canceled) {
		return nil
	}
	return err
}
