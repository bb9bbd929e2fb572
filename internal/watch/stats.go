package watch

import (
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// Stats say how the asking goes, since the start.
type Stats struct {
	Targets  int // checks that are known, paused ones included
	InFlight int // probes that run
	Waiting  int // questions that are due and wait for others to end, as InFlight allows no more

	Lag       health.Histogram            // from when a question was due to when it was asked
	Durations map[string]health.Histogram // of probes, by kind of check

	Skipped uint64 // slots in which nobody asked, since the target was still being asked or we were late
	Waited  uint64 // questions that had to wait for others to end
	Void    uint64 // questions that waited too long, and failures that prove nothing since we were held up
	Excused uint64 // failures that the canary explained
}

// bounds are the upper bounds of all histograms here, in seconds.
func bounds() []float64 {
	return []float64{.001, .002, .005, .01, .02, .05, .1, .2, .5, 1, 2, 5, 10, 30, 60}
}

// A histogram is a [health.Histogram] that is safe for concurrent use.
type histogram struct {
	bounds []float64
	counts []atomic.Uint64
	sum    atomic.Int64 // nanoseconds
}

func newHistogram() *histogram {
	b := bounds()
	return &histogram{bounds: b, counts: make([]atomic.Uint64, len(b)+1)}
}

func (h *histogram) observe(d time.Duration) {
	d = max(d, 0)
	i := 0
	for i < len(h.bounds) && d.Seconds() > h.bounds[i] {
		i++
	}
	h.counts[i].Add(1)
	h.sum.Add(int64(d))
}

// snapshot returns the counts of about now.
func (h *histogram) snapshot() health.Histogram {
	s := health.NewHistogram(h.bounds)
	for i := range h.counts {
		s.Counts[i] = h.counts[i].Load()
	}
	s.Sum = time.Duration(h.sum.Load()).Seconds()
	return s
}

// counters are the numbers of [Stats] that grow.
type counters struct{ skipped, waited, void, excused atomic.Uint64 }

// Stats returns how the asking goes. Safe for concurrent use.
func (c *Checks) Stats() Stats {
	c.once.Do(c.init)
	s := Stats{
		Lag: c.lag.snapshot(), Durations: map[string]health.Histogram{},
		Skipped: c.counts.skipped.Load(), Waited: c.counts.waited.Load(),
		Void: c.counts.void.Load(), Excused: c.counts.excused.Load(),
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	for kind, h := range c.durations {
		s.Durations[kind] = h.snapshot()
	}
	s.Targets, s.InFlight, s.Waiting = c.known, c.places.all(), c.places.waiting()
	return s
}
