package client

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"time"
)

// An App is an app that is signed up, or is to be as soon as there is a server. In
// the background it looks after its registration about once a minute: it signs up
// again when the server has forgotten it, and with the server at its new address,
// or another one, when that has moved or is gone for longer than a minute. It
// tries again after one second, then two, four … up to five minutes, each less up
// to half of it by chance, and no sooner than the server says. A name that somebody
// else holds is asked for again in the same way.
//
// A registration that a person removes at the server comes back while the app
// runs; one that a person pauses stays paused.
//
// [Register] makes one; the zero App is of no use. Its methods are safe for
// concurrent use.
type App struct {
	check   Check
	options options
	found   *announced

	ctx    context.Context // ends when the upkeep is to end
	cancel context.CancelFunc
	hard   context.Context // ends when its requests are to end, too
	abort  context.CancelFunc
	done   chan struct{} // closed when the upkeep has ended
	kick   chan struct{} // gets a value when something seems wrong
	told   string        // the server of which the log was told last; run's own
	part   sync.Once
	parted error // what came of parting

	settled chan struct{} // closed when the server has said yes or no for the first time
	settle  sync.Once

	mu      sync.Mutex
	session session
	err     error   // why it is not signed up; nil: it is
	paused  *string // why the app wants to be paused; nil: it does not
	due     bool    // the server has still to be told of it
}

// Register signs the check up and keeps it signed up until ctx ends or the App is
// closed. It returns at once, and signs up in the background: an app must start
// whether it is watched or not. The error is a mistake in c that no server is
// needed to see, or with [Wait] why it is not signed up.
//
// The server is the one of [At], else one as [Find] finds it. When ctx ends only the
// upkeep does; what [OnClose] says is done by [App.Close].
func Register(ctx context.Context, c Check, opts ...Option) (*App, error) {
	if err := c.mistake(); err != nil {
		return nil, err
	}
	o := optionsOf(opts)
	if err := o.finder.mistake(); err != nil {
		return nil, err
	}
	a := &App{
		check: c, options: o, found: newAnnounced(), err: ErrNoServer,
		done: make(chan struct{}), kick: make(chan struct{}, 1), settled: make(chan struct{}),
	}
	a.session = a.recall()
	a.ctx, a.cancel = context.WithCancel(ctx)
	a.hard, a.abort = context.WithCancel(context.WithoutCancel(ctx))
	go a.run()
	if o.wait <= 0 {
		return a, nil
	}
	if err := a.await(o.wait); err != nil {
		a.end(Leave)
		return nil, err
	}
	return a, nil
}

// mistake returns what is wrong with a check for every server.
func (c Check) mistake() error {
	if c.Name == "" {
		return errors.New("a check needs a name")
	}
	if u, err := url.Parse(c.URL); err != nil {
		return fmt.Errorf("the check's URL: %w", err)
	} else if u.Scheme == "" {
		return fmt.Errorf("the check's URL %q has no scheme: tcp, tls, http, https or push", c.URL)
	}
	return nil
}

// push reports whether the check waits for heartbeats.
func (c Check) push() bool { return strings.HasPrefix(strings.ToLower(c.URL), "push:") }

// await waits until the app is signed up, and returns why it is not.
func (a *App) await(d time.Duration) error {
	ctx, cancel := context.WithTimeout(a.ctx, d)
	defer cancel()
	select {
	case <-a.settled:
	case <-ctx.Done():
	}
	if err := a.Err(); err != nil {
		return fmt.Errorf("register %s: %w", a.check.Name, err)
	}
	return nil
}

// Err returns why the app is not signed up at the moment, nil when it is. An
// [*Error] is the server's refusal, [ErrNoServer] means that there is none.
func (a *App) Err() error {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.err
}

// Receipt returns what the server said to the last registration; nil: there was
// none yet. Its Token is the one that is used now.
func (a *App) Receipt() *Receipt {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.session.receipt == nil {
		return nil
	}
	r := *a.session.receipt
	r.Token = a.session.secret
	return &r
}

// Server returns the server that the app is signed up with, with the token that
// is its owner's; nil: there is none. It serves for requests that App has no
// method for.
func (a *App) Server() *Server {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.session.signed {
		return nil
	}
	s := a.session.shown()
	return &s
}

// use calls ask with the server that the app is signed up with, and has the
// registration looked after when the answer says that it is not what it was.
func (a *App) use(ask func(*Server) error) error {
	s := a.Server()
	if s == nil {
		return fmt.Errorf("%w: %w", ErrNotRegistered, a.Err())
	}
	err := ask(s)
	if refused(err, http.StatusUnauthorized, http.StatusForbidden, http.StatusNotFound) {
		wake(a.kick)
	}
	return err
}

// Pause ends the questions until Resume. Why is for people. With an error that is
// no refusal, and where the server forgets the check, it is paused as soon as it is
// signed up again; but not for an app that starts anew.
func (a *App) Pause(ctx context.Context, why string) error {
	a.want(&why, false)
	err := a.use(func(s *Server) error { return s.Pause(ctx, a.check.Name, why) })
	switch {
	case refused(err, http.StatusUnprocessableEntity):
		a.want(nil, false)
	case err != nil:
		a.want(&why, true)
		wake(a.kick)
	}
	return err
}

// Resume begins the questions again.
func (a *App) Resume(ctx context.Context) error {
	a.want(nil, false)
	return a.use(func(s *Server) error { return s.Resume(ctx, a.check.Name) })
}

// want keeps whether the app is to be paused, and why, and whether that is still to
// be told.
func (a *App) want(why *string, due bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.paused, a.due = why, due
}

// Info tells how the check is.
func (a *App) Info(ctx context.Context) (info *Info, err error) {
	err = a.use(func(s *Server) (err error) { info, err = s.Info(ctx, a.check.Name); return err })
	return info, err
}

// Beat says that the app is alive, for a check whose URL is push://NAME.
func (a *App) Beat(ctx context.Context) error { return a.Signal(ctx, Beat{}) }

// Signal sends a heartbeat that says more.
func (a *App) Signal(ctx context.Context, b Beat) error {
	return a.use(func(s *Server) error { return s.Beat(ctx, a.check.Name, b) })
}

// Job runs f and tells of it by heartbeats, as the function [Job] does.
func (a *App) Job(ctx context.Context, f func(context.Context) error) error {
	return runJob(ctx, a.Signal, a.check.Name, a.options.log, f)
}

// wake leaves a value in a channel that holds one.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
