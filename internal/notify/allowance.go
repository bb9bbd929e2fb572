package notify

import (
	"sync"
	"time"
)

// An Allowance bounds how often somebody is told who did not ask for it: so many
// notices at once, then one in so long. What waits meanwhile is told together, as
// while a channel takes nothing. Desks may share it, one after the other. It is
// safe for concurrent use.
type Allowance struct {
	burst int
	every time.Duration

	mu    sync.Mutex
	spent time.Time // when all of it will be there again
}

// NewAllowance returns one of which nothing is spent.
func NewAllowance(burst int, every time.Duration) *Allowance {
	return &Allowance{burst: burst, every: every}
}

// next returns from when on there is something left; a time that is over when
// there is.
func (a *Allowance) next() time.Time {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.spent.Add(-time.Duration(a.burst-1) * a.every)
}

// spend takes it that somebody is told.
func (a *Allowance) spend(now time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.spent = later(a.spent, now).Add(a.every)
}
