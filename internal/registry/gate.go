package registry

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/portreeve/portreeve/internal/registration"
)

const (
	// changeRate and changeBurst are how often whoever counts as one may ask for a
	// change of registrations: all apps of a machine may start at once, and none
	// need do so all the time.
	changeRate  = 5 // a second
	changeBurst = 100
	// maxLimiters bounds how many are remembered, twice: when a crowd has come since,
	// who comes back is let in as if for the first time.
	maxLimiters = 4096
)

// A gate lets everybody in so often. It remembers those who came last, in two
// halves of which the older is forgotten as a whole. It is safe for concurrent
// use.
type gate struct {
	mu         sync.Mutex
	young, old map[registration.Key]*rate.Limiter
}

// pass returns 0 when who counts by a key may come in now, else how long they
// must wait.
func (g *gate) pass(key registration.Key, now time.Time) time.Duration {
	g.mu.Lock()
	defer g.mu.Unlock()
	l := g.limiter(key)
	if l.AllowN(now, 1) {
		return 0
	}
	missing := 1 - l.TokensAt(now)
	return max(time.Duration(missing/changeRate*float64(time.Second)), time.Millisecond)
}

// limiter returns that of a key. g.mu is held.
func (g *gate) limiter(key registration.Key) *rate.Limiter {
	if l, ok := g.young[key]; ok {
		return l
	}
	l, ok := g.old[key]
	if !ok {
		l = rate.NewLimiter(changeRate, changeBurst)
	}
	if g.young == nil || len(g.young) >= maxLimiters {
		g.old, g.young = g.young, map[registration.Key]*rate.Limiter{}
	}
	g.young[key] = l
	return l
}
