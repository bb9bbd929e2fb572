package app

import (
	"os"
	"runtime/debug"
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
