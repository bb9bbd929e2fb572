package kernel

import (
	"runtime"
	"time"

	"golang.org/x/sys/unix"
)

// A clock measures the CPU time of one pass, the kernel's included, by the
// clock of the thread that the pass is locked to.
type clock struct{ started time.Duration }

// startClock locks the calling goroutine to its thread until stop.
func startClock() clock {
	runtime.LockOSThread()
	return clock{threadTime()}
}

// spent returns the CPU time since the start.
func (c clock) spent() time.Duration { return threadTime() - c.started }

func (c clock) stop() { runtime.UnlockOSThread() }

// threadTime returns the CPU time of the calling thread. The kernel has no
// reason to refuse it.
func threadTime() time.Duration {
	var t unix.Timespec
	_ = unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &t)
	return time.Duration(t.Nano())
}
