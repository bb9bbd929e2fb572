package client

import (
	"errors"
	"testing"
	"time"
)

// TestRhythm: twice as long each time up to five minutes, up to half of it less,
// and not less than the server says.
func TestRhythm(t *testing.T) {
	away := errors.New("refused")
	for _, tt := range []struct {
		failures int
		err      error
		most     time.Duration
	}{
		{0, nil, time.Minute}, {1, away, time.Second}, {2, away, 2 * time.Second}, {5, away, 16 * time.Second},
		{9, away, 256 * time.Second}, {10, away, 5 * time.Minute}, {1000, away, 5 * time.Minute},
	} {
		seen := map[time.Duration]bool{}
		for range 100 {
			got := usualRhythm().after(tt.failures, tt.err)
			if got < tt.most/2 || got > tt.most {
				t.Fatalf("after %d failures: %s, want %s to %s", tt.failures, got, tt.most/2, tt.most)
			}
			seen[got] = true
		}
		if len(seen) < 50 {
			t.Errorf("after %d failures: %d different times of 100", tt.failures, len(seen))
		}
	}
	busy := &Error{Status: 429, RetryAfter: time.Hour}
	if got := usualRhythm().after(1, busy); got != time.Hour {
		t.Errorf("sent away for an hour: %s", got)
	}
}
