package procfs

import "time"

// A budget spaces work out so that it takes no more than a share of one core
// on average. A little may be spent ahead, so that the first work, and a few
// cheap pieces in a row, start at once.
type budget struct {
	share float64
	next  time.Time // when the last work has been paid for
}

// ahead is how far work may run ahead of what has been paid for.
const ahead = 10 * time.Second

// allows reports whether work may start.
func (b *budget) allows(now time.Time) bool { return !now.Add(ahead).Before(b.next) }

// spend records work that took cost of CPU time.
func (b *budget) spend(now time.Time, cost time.Duration) {
	if b.next.Before(now) {
		b.next = now
	}
	b.next = b.next.Add(b.wait(cost))
}

// charge does work and records what it took, which it returns.
func (b *budget) charge(now time.Time, work func()) time.Duration {
	began := threadTime()
	work()
	cost := threadTime() - began
	b.spend(now, cost)
	return cost
}

// wait returns how long it takes to pay for cost.
func (b *budget) wait(cost time.Duration) time.Duration {
	return time.Duration(float64(cost) / b.share)
}
