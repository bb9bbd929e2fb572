package rollup

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// A Store keeps buckets. AddLatency adds up those of the same check, time and
// span, and replaces those of shorter spans within one of a longer span; it does
// all of them or none. Latency returns a check's buckets that begin from a moment
// until before another.
type Store interface {
	AddLatency(ctx context.Context, buckets []history.Latency) error
	Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error)
}

// A Collector sums up how long checks' answers take. It is a sink of what is
// believed of checks, and safe for concurrent use. Call [Collector.Run] once.
type Collector struct {
	store Store
	log   *slog.Logger

	mu      sync.RWMutex // of the map; each bucket has its own
	buckets map[string]*bucket

	queue queue
	folds folds
}

// NewCollector returns a collector that writes to a store.
func NewCollector(store Store, log *slog.Logger) *Collector {
	return &Collector{store: store, log: log, buckets: map[string]*bucket{}, folds: folds{upTo: map[string]time.Time{}}}
}

// Check takes what is believed of a check, and counts its last result if that
// is new and tells how long an answer took. It returns at once.
func (c *Collector) Check(st *health.State) {
	if st.Last == nil {
		return
	}
	c.mu.RLock()
	b := c.buckets[st.Spec.Name]
	c.mu.RUnlock()
	if b == nil {
		b = c.begin(st.Spec.Name)
	}
	if b.add(st.Last) {
		c.finish(st.Spec.Name, b)
		b.add(st.Last)
	}
}

// begin makes a check's bucket.
func (c *Collector) begin(check string) *bucket {
	c.mu.Lock()
	defer c.mu.Unlock()
	b := c.buckets[check]
	if b == nil {
		b = &bucket{}
		c.buckets[check] = b
	}
	return b
}

// finish has a bucket written.
func (c *Collector) finish(check string, b *bucket) {
	if l, ok := b.take(check); ok {
		c.queue.add(l)
	}
}

// Uncheck takes that a check is no more. What was counted of it is written.
func (c *Collector) Uncheck(name string) {
	c.mu.Lock()
	b := c.buckets[name]
	delete(c.buckets, name)
	c.mu.Unlock()
	if b != nil {
		c.finish(name, b)
	}
}

// Dropped returns how many buckets were dropped since the start because the
// store failed for too long.
func (c *Collector) Dropped() uint64 {
	c.queue.mu.Lock()
	defer c.queue.mu.Unlock()
	return c.queue.dropped
}

// Latency returns a check's buckets that begin from a moment until before
// another, in the order of time, as the store does, and with those that are not
// written yet: there may be two of the same time. A zero time is no bound.
func (c *Collector) Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error) {
	waiting := c.queue.of(check) // first, for they may be written meanwhile
	c.mu.RLock()
	b := c.buckets[check]
	c.mu.RUnlock()
	if b != nil {
		if l, ok := b.peek(check); ok {
			waiting = append(waiting, l)
		}
	}
	found, err := c.store.Latency(ctx, check, from, until)
	if err != nil {
		return nil, err
	}
	for _, l := range waiting {
		if !l.At.Before(from) && (until.IsZero() || l.At.Before(until)) {
			found = append(found, l)
		}
	}
	slices.SortStableFunc(found, func(a, b history.Latency) int { return a.At.Compare(b.At) })
	return found, nil
}

// sweep has all buckets written that are not of the present time, or all there
// are.
func (c *Collector) sweep(now time.Time, all bool) {
	c.mu.RLock()
	defer c.mu.RUnlock()
	for check, b := range c.buckets {
		if all || b.over(now) {
			c.finish(check, b)
		}
	}
}

// names returns the checks that are counted now, sorted.
func (c *Collector) names() []string {
	c.mu.RLock()
	defer c.mu.RUnlock()
	names := make([]string, 0, len(c.buckets))
	for name := range c.buckets {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}
