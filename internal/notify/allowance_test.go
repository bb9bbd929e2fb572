package notify

import (
	"testing"
	"time"
)

func TestAllowance(t *testing.T) {
	now := time.Date(2026, 5, 1, 12, 0, 0, 0, time.UTC)
	a := NewAllowance(3, time.Minute)
	for i, wait := range []time.Duration{0, 0, time.Minute, 2 * time.Minute} {
		a.spend(now)
		if got := max(0, a.next().Sub(now)); got != wait {
			t.Errorf("after %d notices one must wait %v, want %v", i+1, got, wait)
		}
	}
	if later := now.Add(time.Hour); a.next().After(later) {
		t.Error("an hour later there is nothing left")
	}
	a.spend(now.Add(time.Hour))
	if a.next().After(now.Add(time.Hour)) {
		t.Error("an hour gives back no more than one")
	}
}
