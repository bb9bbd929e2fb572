package watch

import (
	"slices"

	"github.com/portreeve/portreeve/internal/health"
)

// MaxRecoveries is how many recoveries are kept for a restart at most: one of each
// check, of as many as we promise to watch.
const MaxRecoveries = 10_000

// Recoveries returns what has come so far of the ends of outages: of each check
// that is down and has passed since, too few times yet to believe it. Whoever
// keeps them for a restart keeps with them what [Checks.Alive] returns, asked
// afterwards. What comes later is not known after a restart: a pass is counted
// once less then, and a failure in the last seconds before a kill does not break
// the streak. Safe for concurrent use.
func (c *Checks) Recoveries() []health.Recovery {
	c.once.Do(c.init)
	c.mu.Lock()
	targets := slices.Clone(c.targets)
	c.mu.Unlock()
	var all []health.Recovery
	for _, t := range targets {
		if t == nil || len(all) == MaxRecoveries {
			continue
		}
		t.mu.Lock()
		if r, ok := t.tracker.Recovery(); ok && !t.gone && !t.around[paused].holds {
			all = append(all, r)
		}
		t.mu.Unlock()
	}
	return all
}
