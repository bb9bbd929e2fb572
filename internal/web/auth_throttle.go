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

// A throttle counts wrong tokens per address, so that a program with an old
// token, or one that guesses, fills neither the log nor our time. Right tokens
// pass whatever others from the same address do: with 256 random bits nobody
// guesses one, and a proxy or a NAT must not lock out all who are behind it
// because of one. Safe for concurrent use.
type throttle struct {
	mu     sync.Mutex
	struck map[netip.Prefix]*list.Element
	order  *list.List // of *strikes, the address that struck last in front

	log wrongLog
}

// strikes are those of one address.
type strikes struct {
	addr  netip.Prefix
	limit *rate.Limiter
}

func newThrottle() *throttle {
	return &throttle{struck: map[netip.Prefix]*list.Element{}, order: list.New()}
}

// strike counts a wrong token from addr, and reports whether it was one too
// many. Where too many addresses send them, those are forgotten that sent
// their last the longest ago.
func (t *throttle) strike(addr netip.Prefix, now time.Time) (tooMany bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	e, ok := t.struck[addr]
	if !ok {
		e = t.order.PushFront(&strikes{addr, rate.NewLimiter(rate.Every(wrongEvery), wrongBurst)})
		t.struck[addr] = e
	}
	t.order.MoveToFront(e)
	if t.order.Len() > wrongAddrs {
		oldest := t.order.Remove(t.order.Back()).(*strikes)
		delete(t.struck, oldest.addr)
	}
	return !e.Value.(*strikes).limit.AllowN(now, 1)
}
