package procfs

import (
	"testing"
	"time"
)

func TestBudget(t *testing.T) {
	b, now := budget{share: 0.01}, time.Unix(1000, 0)
	steps := []struct {
		after   time.Duration
		allowed bool
		cost    time.Duration
	}{
		{0, true, 40 * time.Millisecond}, // the first is free to start
		{0, true, 60 * time.Millisecond}, // and so is what costs little: now ten seconds ahead
		{0, true, 10 * time.Millisecond},
		{999 * time.Millisecond, false, 0},
		{time.Millisecond, true, 0},    // a second later that second has been paid for
		{time.Hour, true, time.Second}, // credit does not pile up
		{89 * time.Second, false, 0},
		{time.Second, true, 0},
	}
	for i, s := range steps {
		now = now.Add(s.after)
		if got := b.allows(now); got != s.allowed {
			t.Errorf("step %d: allowed %v", i, got)
		}
		if s.cost > 0 {
			b.spend(now, s.cost)
		}
	}
}
