package app

import (
	"context"
	"os"
	"runtime/debug"
	"time"
)

// gcPercent is how much garbage may gather before it is collected, in percent
// of what is alive. Half of Go's default halves what 10,000 checks cost in
// memory and costs a fraction of a percent of a core. GOGC has the last word.
const gcPercent = 40

// thrift makes the runtime keep little memory. What it took to load a large
// configuration goes back to the system at once.
func thrift() {
	if os.Getenv("GOGC") == "" {
		debug.SetGCPercent(gcPercent)
	}
	debug.FreeOSMemory()
}

// settle gives back to the system what the first rounds took: the first
// judgement of every check is a change, and ten thousand of them at once take
// more than everything afterwards. The runtime would keep most of it for hours.
func settle(ctx context.Context) error {
	for _, after := range []time.Duration{15 * time.Second, time.Minute, 5 * time.Minute} {
		select {
		case <-ctx.Done():
			return nil
		case <-time.After(after):
			debug.FreeOSMemory()
		}
	}
	<-ctx.Done()
	return nil
}
