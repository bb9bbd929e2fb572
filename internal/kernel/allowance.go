package kernel

import "time"

// An allowance is CPU time that grows with the time that passes, so that what
// is done with it takes a small share of one core on average.
type allowance struct {
	left time.Duration // negative when more was spent than there was
	at   time.Time     // when it last grew
}

// Visits to other namespaces take a 400th of a core: some forty can be entered
// in a second, while reading one from /proc can take ten milliseconds. What is
// not spent is not saved up, and no debt is carried beyond ten seconds, so that
// the first look at many does not blind us to all that comes after.
const (
	allowanceShare = 400
	mostAllowance  = 5 * time.Millisecond
	mostDebt       = 10 * time.Second / allowanceShare
)

// grow adds what the time until now is worth.
func (a *allowance) grow(now time.Time) {
	if a.at.IsZero() {
		a.left = mostAllowance
	} else {
		a.left = min(a.left+now.Sub(a.at)/allowanceShare, mostAllowance)
	}
	a.at = now
}

// spend takes cost off.
func (a *allowance) spend(cost time.Duration) { a.left = max(a.left-cost, -mostDebt) }
