package registry

import (
	"context"
	"maps"
	"slices"
	"time"
)

const (
	// longest is how long Run rests at most: a clock that was set is noticed by
	// then.
	longest = time.Minute
	// tidying is how often what is over is forgotten.
	tidying = time.Hour
)

// Run begins and ends maintenance as windows do, until ctx ends, and returns
// nil. It notices within a minute that the clock was set. What could not be read
// or kept is tried again each minute, and what nobody needs any more is forgotten.
func (r *Registry) Run(ctx context.Context) error {
	timer := time.NewTimer(0)
	defer timer.Stop()
	var tidied time.Time
	ill := false
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-timer.C:
		case <-r.wake:
		}
		err := r.turn(ctx, time.Since(tidied) >= tidying)
		if err == nil && time.Since(tidied) >= tidying {
			tidied = time.Now()
		}
		if err != nil && !ill && ctx.Err() == nil {
			r.log.Warn("cannot keep what was asked for, trying again each minute", "err", err)
		}
		ill = err != nil
		timer.Reset(r.rest(time.Now()))
	}
}

// turn does what is due now.
func (r *Registry) turn(ctx context.Context, tidy bool) error {
	r.changing.Lock()
	defer r.changing.Unlock()
	if r.loaded {
		r.apply()
	} else if err := r.read(ctx); err != nil {
		r.maintain()
		return err
	} else {
		r.loaded = true
		r.apply()
	}
	if err := r.shelf.settle(ctx); err != nil || !tidy {
		return err
	}
	return r.tidy(ctx, time.Now())
}

// rest returns how long nothing is to be done: until the next window begins or
// ends.
func (r *Registry) rest(now time.Time) time.Duration {
	edge, ok := r.nextEdge(now)
	if !ok {
		return longest
	}
	return min(max(edge.Sub(now), time.Millisecond), longest)
}

// tidy forgets what is over, and keeps which incidents are.
func (r *Registry) tidy(ctx context.Context, now time.Time) error {
	r.mu.RLock()
	windows, acks := maps.Clone(r.windows), maps.Clone(r.acks)
	r.mu.RUnlock()
	for _, id := range slices.Sorted(maps.Keys(windows)) {
		if w := windows[id]; over(&w, now.Add(-endedAfter)) {
			if err := r.forgetWindow(ctx, id); err != nil {
				return err
			}
		}
	}
	for _, incident := range slices.Sorted(maps.Keys(acks)) {
		if err := r.tidyAck(ctx, acks[incident], now); err != nil {
			return err
		}
	}
	return nil
}

// tidyAck forgets an acknowledgement of an incident that is long over, and
// keeps when one ended.
func (r *Registry) tidyAck(ctx context.Context, a acknowledgement, now time.Time) error {
	if !a.Closed.IsZero() && now.Sub(a.Closed) > closedFor {
		return r.forgetAck(ctx, a.Incident)
	}
	return r.shelf.put(ctx, ackPrefix+a.Incident, a)
}
