package app

import (
	"context"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/rollup"
	"github.com/portreeve/portreeve/internal/watch"
)

// Sinks are told one after the other.
type sinks []watch.CheckSink

// Check implements [watch.CheckSink].
func (all sinks) Check(st *health.State) {
	for _, s := range all {
		s.Check(st)
	}
}

// Uncheck implements [watch.CheckSink].
func (all sinks) Uncheck(name string) {
	for _, s := range all {
		s.Uncheck(name)
	}
}

// Recorders are told one after the other.
type recorders []watch.Recorder

// Record implements [watch.Recorder].
func (all recorders) Record(e event.Entry) {
	for _, r := range all {
		r.Record(e)
	}
}

// A recorder hands what watchers saw to the journal's writer.
type recorder struct{ writer *journal.Writer }

// Record queues an entry. One that is refused is counted and logged there.
func (r recorder) Record(e event.Entry) { r.writer.Put(e) }

// A seer shows changes to the registry, which forgets who looked after what is
// over.
type seer struct{ *house }

// Record implements [watch.Recorder].
func (s seer) Record(e event.Entry) {
	if s.registry != nil && e.Change != nil {
		s.registry.See(e.Change)
	}
}

// A past is what has happened to checks, up to now: the newest response times
// are not in the journal yet.
type past struct {
	journal.Journal
	latency *rollup.Collector
}

// Latency implements [web.History].
func (p past) Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error) {
	return p.latency.Latency(ctx, check, from, until)
}
