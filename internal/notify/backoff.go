package notify

import (
	"math/rand/v2"
	"time"
)

const (
	retryFirst = time.Second
	retryMost  = 4 * time.Minute
	// waitMost bounds what a receiver may ask for: it is not to be trusted with
	// more.
	waitMost = time.Hour
)

// retryDelay returns how long to wait after so many failures in a row: a second,
// doubling to four minutes, and a fifth more or less, so that what failed
// together does not come again together.
func retryDelay(tries int) time.Duration {
	d := min(retryFirst<<min(max(tries-1, 0), 20), retryMost)
	return d*4/5 + rand.N(d*2/5)
}

// A backoff is how a whole channel is spared while it takes nothing: one notice
// at a time, after longer and longer. The zero backoff spares nothing.
type backoff struct {
	tries int
	until time.Time
	asked time.Time // until when the receiver wants nothing
}

// fail takes it that a try failed, and that the receiver wants so much time.
// Tries that were side by side with one that has failed already count for
// nothing.
func (b *backoff) fail(now time.Time, after time.Duration) {
	if !now.Before(b.until) {
		b.tries++
		b.until = now.Add(retryDelay(b.tries))
	}
	if after > 0 {
		b.asked = later(b.asked, now.Add(min(after, waitMost)))
		b.until = later(b.until, b.asked)
	}
}

// succeed takes it that a notice was taken: the channel works. What the receiver
// asked for meanwhile it gets all the same.
func (b *backoff) succeed() { *b = backoff{until: b.asked, asked: b.asked} }

// rest leaves the channel alone until a time.
func (b *backoff) rest(until time.Time) {
	b.asked = later(b.asked, until)
	b.until = later(b.until, b.asked)
}
