package watch

import (
	"fmt"
	"sync"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A heart beats in the goroutine that turns the wheel, and notes when it beats
// late: then this process did not run, because it was stopped (SIGSTOP) or
// starved of CPU time, and answers that it seems not to have got prove nothing.
// It notes as well how far the clocks have come apart. It is safe for
// concurrent use.
type heart struct {
	asleep func() time.Duration // how long the machine was suspended, since it was started
	origin time.Time

	slept time.Duration // by then

	mu      sync.Mutex
	planned time.Time // when it is to beat next
	read    time.Time // when the clocks were
	pulse   pulse     // as of the last beat
}

// A pulse is what has gone wrong with time so far. Only the difference of two
// of them means anything.
type pulse struct {
	starved time.Duration // by which the heart has beaten late
	slept   time.Duration // by which the machine was suspended
	skew    time.Duration // by which the wall clock runs ahead of the monotonic one
}

const (
	// beat is the time from one beat to the next while questions are asked.
	beat = 100 * time.Millisecond
	// noise is how late a beat may come on a machine that is merely busy.
	noise = 50 * time.Millisecond
	// jump is by how much clocks must come apart to say so.
	jump = time.Second
)

func newHeart() *heart {
	return &heart{asleep: suspended, origin: time.Now(), slept: suspended()}
}

// suspended returns how long the machine was suspended since it was started:
// what CLOCK_BOOTTIME counts and CLOCK_MONOTONIC does not (clock_gettime(2)).
func suspended() time.Duration {
	var awake, all unix.Timespec
	if unix.ClockGettime(unix.CLOCK_MONOTONIC, &awake) != nil || unix.ClockGettime(unix.CLOCK_BOOTTIME, &all) != nil {
		return 0
	}
	return time.Duration(all.Nano() - awake.Nano())
}

// beat notes that we run, and returns for how long we have not, since the beat
// before or the time that was planned. The clocks are read ten times a second at
// most, for that takes system calls.
func (h *heart) beat(now time.Time) (away time.Duration) {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.pulse
	h.pulse.starved += h.late(now)
	if now.Sub(h.read) >= beat {
		h.pulse, h.read = h.feel(now), now
	}
	h.planned = now
	return h.pulse.starved - before.starved + h.pulse.slept - before.slept
}

// plan says when the next beat is to come.
func (h *heart) plan(at time.Time) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.planned = at
}

// last returns the pulse as of the last beat.
func (h *heart) last() pulse {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.pulse
}

// now returns the pulse as of now, a beat that is overdue included.
func (h *heart) now(now time.Time) pulse {
	h.mu.Lock()
	defer h.mu.Unlock()
	p := h.feel(now)
	p.starved += h.late(now)
	return p
}

// late returns by how much the beat of now is late.
func (h *heart) late(now time.Time) time.Duration {
	if late := now.Sub(h.planned); late > noise && !h.planned.IsZero() {
		return late
	}
	return 0
}

// feel reads the clocks.
func (h *heart) feel(now time.Time) pulse {
	return pulse{
		starved: h.pulse.starved,
		slept:   h.asleep() - h.slept,
		skew:    now.Round(0).Sub(h.origin.Round(0)) - now.Sub(h.origin),
	}
}

// excuse returns why a failure proves nothing that was found between two
// pulses, "" when there is no such reason. A target that is well answers long
// before its timeout, so we must have been held up for a quarter of that, or
// for half a second: servers hang up on those who dawdle.
func (p pulse) excuse(after pulse, timeout, took time.Duration) (health.Reason, foreign.Text) {
	allowed := max(noise, min(timeout/4, 500*time.Millisecond))
	slept, starved := after.slept-p.slept, after.starved-p.starved
	step := after.skew - p.skew - slept
	switch {
	case slept >= jump:
		return health.LocalClock, foreign.Text(fmt.Sprintf("this machine was suspended for %v while it asked", slept.Round(time.Second)))
	case step >= jump || step <= -jump:
		return health.LocalClock, foreign.Text(fmt.Sprintf("the clock was set by %+.0f s while it was asked", step.Seconds()))
	case starved >= allowed:
		return health.LocalOverload, foreign.Text(fmt.Sprintf("portreeve was held up for %v while it asked", starved.Round(time.Millisecond)))
	case took >= timeout+allowed:
		return health.LocalOverload, foreign.Text(fmt.Sprintf("portreeve came to look after %v, with a timeout of %v", took.Round(time.Millisecond), timeout))
	}
	return "", ""
}
