package kernel

import (
	"testing"
	"time"
)

func TestAllowance(t *testing.T) {
	const second, ms = time.Second, time.Millisecond
	tests := []struct {
		name   string
		passed time.Duration // since the step before
		spent  time.Duration
		want   time.Duration
	}{
		{"there is one to begin with", 0, 0, mostAllowance},
		{"it can be spent", 0, 4 * ms, 1 * ms},
		{"it grows with time", second, 0, 1*ms + second/allowanceShare},
		{"it is not saved up", time.Hour, 0, mostAllowance},
		{"one visit may cost more than there is", 0, 9 * ms, -4 * ms},
		{"debt is paid back", second, 0, -4*ms + second/allowanceShare},
		{"debt has an end", 0, time.Minute, -mostDebt},
		{"and is over after ten seconds", 10 * second, 0, 0},
	}
	var a allowance
	now := time.Now()
	for _, tt := range tests {
		now = now.Add(tt.passed)
		a.grow(now)
		if a.spend(tt.spent); a.left != tt.want {
			t.Errorf("%s: %v left, want %v", tt.name, a.left, tt.want)
		}
	}
}
