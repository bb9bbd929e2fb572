package web

import (
	"container/list"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/time/rate"
)

// Wrong tokens: so many at once from one address, then one in so long; of so
// many addresses.
const (
	wrongBurst = 10
	wrongEvery = 6 * time.Second
	wrongRetry = "6" // seconds, as wrongEvery
	wrongAddrs = 4096
)

// newWrongThrottle returns what counts wrong tokens per address, so that a
// program with an old token, or one that guesses, fills neither the log nor our
// time. Right tokens pass whatever others from the same address do: with 256
// random bits nobody guesses one, and a proxy or a NAT must not lock out all who
// are behind it because of one.
func newWrongThrottle() *throttle[netip.Prefix] {
	return newThrottle[netip.Prefix](wrongEvery, wrongBurst, wrongAddrs)
}

// A throttle counts what somebody does too often: so many times at once, then
// once in so long. It is safe for concurrent use.
type throttle[K comparable] struct {
	every time.Duration
	burst int
	most  int // keys that are known at once

	mu     sync.Mutex
	struck map[K]*list.Element
	order  *list.List // of *strikes[K], the one that struck last in front
}

// strikes are those of one key.
type strikes[K comparable] struct {
	key   K
	limit *rate.Limiter
}

func newThrottle[K comparable](every time.Duration, burst, most int) *throttle[K] {
	return &throttle[K]{every: every, burst: burst, most: most, struck: map[K]*list.Element{}, order: list.New()}
}

// strike counts one of key's, and reports whether it was one too many. Where
// there are too many keys, those are forgotten that struck last the longest ago.
func (t *throttle[K]) strike(key K, now time.Time) (tooMany bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.struck[key]
	if !ok {
		e = t.order.PushFront(&strikes[K]{key, rate.NewLimiter(rate.Every(t.every), t.burst)})
		t.struck[key] = e
	}
	t.order.MoveToFront(e)
	if t.order.Len() > t.most {
		oldest := t.order.Remove(t.order.Back()).(*strikes[K])
		delete(t.struck, oldest.key)
	}
	return !e.Value.(*strikes[K]).limit.AllowN(now, 1)
}
