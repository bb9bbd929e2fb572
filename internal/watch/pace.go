package watch

import "time"

// A pace spaces out a repeated piece of work so that its CPU time stays within
// a share of one core.
type pace struct {
	shortest time.Duration // the interval when the work is cheap
	longest  time.Duration // and however costly it is: old news are no news
	budget   float64       // CPU seconds per second
	cost     time.Duration // of one piece, smoothed
}

// next returns how long to wait from the start of one piece, which took cost
// of CPU time, to the start of the next. A costly piece counts at once; a
// cheap one is believed step by step, so a single quick answer between slow
// ones does not spoil the average.
func (p *pace) next(cost time.Duration) time.Duration {
	if cost < p.cost {
		cost = p.cost - (p.cost-cost)/4
	}
	p.cost = cost
	return min(max(p.shortest, time.Duration(float64(cost)/p.budget)), p.longest)
}
