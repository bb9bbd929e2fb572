package client

import (
	"context"
	"math/rand/v2"
	"time"
)

// A rhythm says when an app turns to its server again.
type rhythm struct {
	first  time.Duration // after the first failure; then twice as long each time
	most   time.Duration // after many
	verify time.Duration // while all is well
	settle time.Duration // how long a silent server is waited for before another is asked
}

func usualRhythm() rhythm {
	return rhythm{first: time.Second, most: 5 * time.Minute, verify: time.Minute, settle: time.Minute}
}

// after returns how long to wait after so many failures in a row, the last of
// them err. It is up to half of it less by chance, so that apps that lost their
// server together do not come back together; but not less than the server said.
func (r rhythm) after(failures int, err error) time.Duration {
	if failures == 0 {
		return jittered(r.verify)
	}
	d := r.most
	if shift := failures - 1; shift < 30 {
		d = min(r.first<<shift, r.most)
	}
	return max(jittered(d), retryAfterOf(err))
}

func jittered(d time.Duration) time.Duration { return d - rand.N(d/2+1) }

// pause waits for d, or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
