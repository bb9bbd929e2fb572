package rollup

import (
	"context"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/history"
)

const (
	// fineFor is how long five minutes are told apart.
	fineFor = 24 * time.Hour
	// lookBack is how far back the first fold after a start looks for what an
	// earlier process has left.
	lookBack = 8 * 24 * time.Hour
	// Checks are folded so many at a time, so long after one another: nobody waits
	// for it, and others use the store too.
	foldsAtOnce = 50
	foldPause   = time.Second
)

// folds is how far the checks have come; it belongs to Run.
type folds struct {
	upTo map[string]time.Time // by check: all before is folded
	now  time.Time            // what is being folded up to
	todo []string
}

// fold makes hours of what is older than a day, of some checks. It returns how
// long to rest: soon there are more, or as long as was planned.
func (c *Collector) fold(ctx context.Context, now time.Time, planned time.Duration) (time.Duration, error) {
	f := &c.folds
	if upTo := now.UTC().Truncate(coarse).Add(-fineFor); len(f.todo) == 0 && !upTo.Equal(f.now) {
		f.now, f.todo = upTo, c.names()
		f.forget(f.todo)
	}
	some := f.todo[:min(len(f.todo), foldsAtOnce)]
	if err := c.foldChecks(ctx, some); err != nil {
		return planned, err
	}
	f.todo = f.todo[len(some):]
	if len(f.todo) > 0 {
		return min(planned, foldPause), nil
	}
	return planned, nil
}

// forget drops checks that are no more.
func (f *folds) forget(names []string) {
	upTo := make(map[string]time.Time, len(names))
	for _, name := range names {
		if at, ok := f.upTo[name]; ok {
			upTo[name] = at
		}
	}
	f.upTo = upTo
}

// foldChecks makes hours of the shorter buckets of some checks.
func (c *Collector) foldChecks(ctx context.Context, checks []string) error {
	var hours []history.Latency
	for _, check := range checks {
		from, ok := c.folds.upTo[check]
		if !ok {
			from = c.folds.now.Add(-lookBack)
		}
		found, err := c.store.Latency(ctx, check, from, c.folds.now)
		if err != nil {
			return err
		}
		hours = append(hours, hoursOf(found)...)
	}
	for some := range slices.Chunk(hours, batch) {
		if err := c.store.AddLatency(ctx, some); err != nil {
			return err
		}
	}
	for _, check := range checks {
		c.folds.upTo[check] = c.folds.now
	}
	return nil
}

// hoursOf adds the buckets up that are shorter than an hour. The buckets are in
// the order of time.
func hoursOf(buckets []history.Latency) (hours []history.Latency) {
	for i := range buckets {
		b := &buckets[i]
		if b.Span >= coarse {
			continue
		}
		at := b.At.UTC().Truncate(coarse)
		if n := len(hours); n == 0 || !hours[n-1].At.Equal(at) {
			hours = append(hours, history.Latency{Check: b.Check, At: at, Span: coarse})
		}
		hours[len(hours)-1].Merge(&b.Sketch)
	}
	return hours
}
