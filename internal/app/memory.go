package app

import (
	"context"
	"os"
	"runtime/debug"
	"runtime/metrics"
	"time"
)

// garbage is how much may gather before it is collected, in bytes. Go's own way
// is as much again as is alive: with 10,000 checks a third of all that we take.
// Collecting more often costs a percent of a core.
const garbage = 16 << 20

// thrift makes the runtime keep little memory. What it took to load a large
// configuration goes back to the system at once. GOGC has the last word.
func thrift() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent(alive()))
	}
	debug.FreeOSMemory()
}

// gcPercent is how much garbage may gather, in percent of what is alive, in
// bytes: never more than 40, and never so little that nothing else gets done.
func gcPercent(alive uint64) int {
	return int(min(max(garbage*100/max(alive, 1), 12), 40))
}

// alive returns how many bytes the last collection left.
func alive() uint64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	if sample[0].Value.Kind() != metrics.KindUint64 {
		return 0
	}
	return sample[0].Value.Uint64()
}

// settle keeps the garbage in bounds while what is alive grows and shrinks, and
// gives back to the system what the first rounds took: the first judgement of
// every check is a change, and ten thousand of them at once take more than
// everything afterwards. The runtime would keep most of it for hours.
func settle(ctx context.Context) error {
	free := []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute}
	began, percent := time.Now(), 0
	tick := time.NewTicker(5 * time.Second)
	defer tick.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		if next := gcPercent(alive()); next != percent && os.Getenv("GOGC") == "" {
			debug.SetGCPercent(next)
			percent = next
		}
		if len(free) > 0 && time.Since(began) >= free[0] {
			free = free[1:]
			debug.FreeOSMemory()
		}
	}
}
