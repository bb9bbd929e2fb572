package watch

import "time"

// ahead is how far work that cannot wait may run ahead of what is paid for.
const ahead = 10 * time.Second

// A budget spaces out a repeated piece of work so that its CPU time stays
// within a share of one core on average.
type budget struct {
	share    float64       // CPU seconds per second
	shortest time.Duration // from one piece to the next, when the work is cheap
	longest  time.Duration // and however dear it is: old news are no news

	last time.Time // start of the last piece
	paid time.Time // when all that was spent is paid for
}

// spend records a piece that was started at now and took cost.
func (b *budget) spend(now time.Time, cost time.Duration) {
	if b.paid.Before(now) {
		b.paid = now
	}
	b.last, b.paid = now, b.paid.Add(time.Duration(float64(cost)/b.share))
}

// next returns when the next piece is due.
func (b *budget) next() time.Time {
	due, soonest, latest := b.paid, b.last.Add(b.shortest), b.last.Add(b.longest)
	if due.Before(soonest) {
		due = soonest
	}
	if due.After(latest) {
		return latest
	}
	return due
}

// urgent reports whether a piece that is not due may be done all the same.
func (b *budget) urgent(now time.Time) bool { return b.paid.Before(now.Add(ahead)) }
