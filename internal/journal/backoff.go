package journal

import (
	"context"
	"time"
)

// Delays between tries. The last one still lets several tries fit into the
// time that is left after a shutdown began.
const (
	firstDelay = 100 * time.Millisecond
	maxDelay   = 30 * time.Second
	hasteDelay = 500 * time.Millisecond
)

// delay returns how long to wait after the try of that number, from 1: twice
// as long each time.
func delay(try int) time.Duration {
	return min(firstDelay<<min(try-1, 10), maxDelay)
}

// pause waits for d and reports whether to go on: not when hard has ended.
// The end of soft cuts the wait short, and later waits are brief.
func pause(soft, hard context.Context, d time.Duration) bool {
	done := soft.Done()
	if soft.Err() != nil {
		d, done = min(d, hasteDelay), nil
	}
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-done:
	case <-hard.Done():
	}
	return hard.Err() == nil
}

// outlive returns a context that ends some time after ctx does.
func outlive(ctx context.Context, by time.Duration) (context.Context, context.CancelFunc) {
	longer, cancel := context.WithCancel(context.WithoutCancel(ctx))
	stop := context.AfterFunc(ctx, func() {
		timer := time.AfterFunc(by, cancel)
		context.AfterFunc(longer, func() { timer.Stop() })
	})
	return longer, func() { stop(); cancel() }
}
