package app

import (
	"context"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/canary"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/probe"
	"github.com/portreeve/portreeve/internal/probe/expect"
	"github.com/portreeve/portreeve/internal/probe/reach"
	"github.com/portreeve/portreeve/internal/watch"
)

// An asker is what it takes to ask others: how to get to them, a canary that
// knows whether it is us when nobody answers, and how many questions at once.
type asker struct {
	reach  *reach.Network
	canary *canary.Canary
	shares descriptors
	host   string           // the observer
	beats  probe.Heartbeats // of push checks; nil: nobody hears them
	log    *slog.Logger
}

var _ io.Closer = (*asker)(nil)

func newAsker(host string, heard func(time.Time) []netip.Addr, log *slog.Logger) *asker {
	shares := divide(ownLimit())
	return &asker{
		reach:  reach.New(reach.Options{Policy: reach.Configured(), Lookups: shares.lookups, Log: log}),
		canary: canary.New(canary.Options{Log: log, Heard: heard}),
		shares: shares, host: host, log: log,
	}
}

// newQuietAsker returns an asker for a command that tells what it finds itself.
func newQuietAsker() *asker { return newAsker(hostName(), nil, slog.New(slog.DiscardHandler)) }

// Close gives back what the asker holds.
func (a *asker) Close() error { return a.canary.Close() }

// world returns what checks may use that ask these networks only, or all that
// configured checks may ask if allow is nil. Those that are made together share
// one.
func (a *asker) world(allow []netip.Prefix) probe.Env {
	way := a.reach
	if allow != nil {
		way = a.reach.With(reach.Within(allow...))
	}
	return probe.Env{Net: way, Expectations: &expect.Shelf{}}
}

// lasting returns what checks may use that are asked again and again: those who
// wait for heartbeats are among them.
func (a *asker) lasting(allow []netip.Prefix) probe.Env {
	world := a.world(allow)
	world.Heartbeats = a.beats
	return world
}

// permits tells why an address must not be asked by who may reach these networks.
func (a *asker) permits(networks []netip.Prefix, addr netip.AddrPort) error {
	return reach.Within(networks...)(addr)
}

// newCheck makes the check of a spec, or tells which fields of it are wrong.
func newCheck(spec *health.Spec, world probe.Env) (watch.Check, []health.FieldError) {
	p, wrong := probe.New(spec, world)
	return watch.Check{Spec: spec, Probe: p}, wrong
}

// checks makes checks that were found valid. One that cannot be made all the
// same, since a file that it names has gone meanwhile, is an error.
func (a *asker) checks(specs []*health.Spec) ([]watch.Check, error) {
	checks, world := make([]watch.Check, len(specs)), a.lasting(nil)
	for i, spec := range specs {
		check, wrong := newCheck(spec, world)
		if wrong != nil {
			return nil, specError{spec.Name, wrong[0]}
		}
		checks[i] = check
	}
	return checks, nil
}

// A specError is what is wrong with a check.
type specError struct {
	name string
	health.FieldError
}

func (e specError) Error() string { return "check " + e.name + ": " + e.FieldError.Error() }

// Hint returns what to write instead.
func (e specError) Hint() string { return e.FieldError.Hint }

// fieldChecker returns a function that tells what only its kind knows to be
// wrong with a check.
func fieldChecker() func(*health.Spec) []health.FieldError {
	env := probe.Env{
		Net: reach.New(reach.Options{}), Expectations: &expect.Shelf{}, Heartbeats: heartbeat.New(nil, slog.New(slog.DiscardHandler)),
	}
	return func(spec *health.Spec) []health.FieldError {
		_, wrong := probe.New(spec, env)
		return wrong
	}
}

// ask asks each of the list so many times, the first time spread over a while,
// and tells sink until all were asked or ctx ends. Meanwhile the canary learns
// who answers here, so that silence means something.
func (a *asker) ask(ctx context.Context, list []watch.Check, sink watch.CheckSink, rounds int, spread time.Duration) error {
	learning, stop := context.WithCancel(ctx)
	var learner sync.WaitGroup
	if slices.ContainsFunc(list, elsewhere) {
		learner.Go(func() { _ = a.canary.Run(learning) }) // which ends as it was asked to
	}
	defer learner.Wait()
	defer stop()
	return a.rounds(ctx, list, sink, rounds, spread, a.shares.inFlight)
}

// rounds is ask with a canary that learns already, and so many questions at
// once.
func (a *asker) rounds(ctx context.Context, list []watch.Check, sink watch.CheckSink, rounds int, spread time.Duration, inFlight int) error {
	checks := &watch.Checks{
		Host: a.host, Sink: sink, Canary: a.canary, Log: slog.New(slog.DiscardHandler),
		InFlight: inFlight, Rounds: rounds, Spread: spread,
	}
	checks.Set(list)
	return ignoreEnd(checks.Run(ctx))
}

// elsewhere reports whether a check may leave this machine.
func elsewhere(c watch.Check) bool {
	target, err := health.ParseTarget(c.Spec.Target)
	addr, literal := target.Addr()
	return err != nil || !literal || !addr.Addr().Unmap().IsLoopback()
}

// hostName returns what this machine calls itself, "" when it cannot say.
func hostName() string {
	name, _ := os.Hostname()
	return name
}
