package rollup

import (
	"context"
	"errors"
	"time"
)

const (
	// slack is how long after its end a bucket is finished: answers to questions
	// of its last moment may still be on their way.
	slack     = 10 * time.Second
	again     = 30 * time.Second // until what failed is tried again
	lastWrite = 5 * time.Second  // for what is written when Run ends
)

// Run writes finished buckets to the store until ctx ends, and then what is
// left, which takes five seconds at most. It returns nil. While the store fails,
// it tries again every half minute.
func (c *Collector) Run(ctx context.Context) error {
	timer := time.NewTimer(untilNext(time.Now()))
	defer timer.Stop()
	ill := false
	for {
		select {
		case <-ctx.Done():
			return c.end(ctx)
		case <-timer.C:
		}
		c.sweep(time.Now(), false)
		rest, err := untilNext(time.Now()), c.write(ctx)
		if err == nil {
			rest, err = c.fold(ctx, time.Now(), rest)
		}
		if err != nil && ctx.Err() == nil {
			c.warn("cannot write response times, trying again", err, ill)
			rest = min(rest, again)
		} else if ill {
			c.log.Info("response times are written again", "dropped", c.Dropped())
		}
		ill = err != nil
		timer.Reset(rest)
	}
}

func (c *Collector) warn(what string, err error, known bool) {
	if !known {
		c.log.Warn(what, "err", err)
	}
}

// untilNext returns how long it is until the present buckets are finished, and a
// minute at most: the clock may be set.
func untilNext(now time.Time) time.Duration {
	return min(now.Add(-slack).Truncate(fine).Add(fine+slack).Sub(now), time.Minute)
}

// write writes what waits. The buckets of a batch that may have been written
// though the store said that it failed are written again: then they count twice,
// which moves no quantile by more than theirs.
func (c *Collector) write(ctx context.Context) error {
	for {
		some, mark := c.queue.next()
		if len(some) == 0 {
			return nil
		}
		if err := c.store.AddLatency(ctx, some); err != nil {
			return err
		}
		c.queue.written(mark)
	}
}

// end writes all that there is.
func (c *Collector) end(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), lastWrite)
	defer cancel()
	c.sweep(time.Now(), true)
	if err := c.write(ctx); err != nil && !errors.Is(err, context.Canceled) {
		c.log.Warn("the last response times are not written", "err", err)
	}
	return nil
}
