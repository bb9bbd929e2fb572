package app

import (
	"runtime"
	"testing"
)

// TestGarbageIsBounded: little of a little, and of much no more than it takes to
// get anything done.
func TestGarbageIsBounded(t *testing.T) {
	const mega = 1 << 20
	for alive, want := range map[uint64]int{0: 40, 5 * mega: 40, 25 * mega: 40, 40 * mega: 40, 64 * mega: 25, 1000 * mega: 12} {
		if got := gcPercent(alive); got != want {
			t.Errorf("%d MiB alive: %d %%, want %d", alive/mega, got, want)
		}
	}
	runtime.GC()
	if alive() == 0 {
		t.Error("it is not known what is alive")
	}
}
