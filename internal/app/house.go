package app

import (
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log/slog"
	"net"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/mirror"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/registry"
	"github.com/portreeve/portreeve/internal/rollup"
	"github.com/portreeve/portreeve/internal/watch"
)

// A house is what Run has built: everything open, nothing running yet.
type house struct {
	config Config
	log    *slog.Logger

	journal       journal.Journal
	standby       *journal.Standby // the journal, when it is in a file; else nil
	writer        *journal.Writer
	mirror        *mirror.Mirror // nil: there is none
	inherited     []event.Entry  // what a new journal took up from it
	alive         uint64         // revision of what is kept under aliveKey
	acquaintances *acquaintances
	board         *board.Board
	asker         *asker
	checks        *watch.Checks
	latency       *rollup.Collector
	roster        *roster
	mailboxes     *mailboxes
	beats         *heartbeat.Book // of push checks
	patience      *patience
	registry      *registry.Registry
	reloads       *reloader
	tokens        *Tokens        // nil: nobody has one
	told          *notify.Cursor // tells the log
	desks         *desks         // tell people
	page          string         // URL of the page, with a slash at its end; empty: there is none

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
	if err := h.desks.set(ctx, h.mailboxes.with(h.config.Config)); err != nil {
		return err
	}
	h.reloads = &reloader{
		running: h.config, roster: h.roster, asker: h.asker, registry: h.registry, desks: h.desks, mailboxes: h.mailboxes,
		log: h.log, current: h.config.Config, at: time.Now(),
	}
	h.observers = append(h.observers, h.reloads.Run)
	h.readers = append(h.readers,
		func(ctx context.Context) error { return follow(ctx, h.journal, h.board, at, h.log) },
		func(ctx context.Context) error { return ignoreEnd(h.told.Run(ctx)) },
		h.desks.run)
	return nil
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
