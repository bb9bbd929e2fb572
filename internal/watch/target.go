package watch

import (
	"maps"
	"net/netip"
	"reflect"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A target is what is known of a check. Its two locks are its own and that of
// the timetable, [Checks.mu], taken in this order.
type target struct {
	id int32 // in the timetable

	// Written with both locks held, read with either.
	spec  *health.Spec
	probe health.Probe
	epoch uint32     // grows whenever results that are still to come are void
	asks  string     // a code of the question
	addr  netip.Addr // when the target names one; else invalid
	// durations are those of its kind.
	durations *histogram

	// Under the lock of the timetable.
	question *question // being asked, or waiting for a place
	pace     pace

	// Under its own.
	mu       sync.Mutex
	tracker  health.Tracker
	last     *health.Result
	failed   time.Time     // the last one that failed
	back     time.Time     // when it was last found up after an outage
	slept    time.Duration // of the pulse of the last question
	paced    time.Time     // when it was last given another interval
	around   [circumstances]circumstance
	patience *time.Timer // waits for parents; nil: there is nothing to wait for
	shown    []health.Overlay
	gone     bool
	unheard  bool                     // it was set before the start, and has had no result yet
	unknowns map[health.Reason]uint64 // shared with states, so never written to
	moves    health.Moves
	said     complaint
	blind    blindness
	runs     *release // nil: its answers do not say
	parents  []*target
	children []*target

	// For its children, who do not take its lock.
	standing atomic.Pointer[standing]
	awaited  atomic.Bool // one of them waits for its next result
}

// date leaves a result that is the first after the machine slept with the wall
// clock's time alone. The monotonic clock stood still meanwhile, and the
// Tracker would not see the gap.
func (t *target) date(p pulse, r *health.Result) {
	if p.slept-t.slept >= jump {
		r.At = r.At.Round(0)
	}
	t.slept = p.slept
}

// counted returns a copy of counts in which one is one more.
func counted(counts map[health.Reason]uint64, reason health.Reason) map[health.Reason]uint64 {
	counts = maps.Clone(counts)
	if counts == nil {
		counts = make(map[health.Reason]uint64, 1)
	}
	counts[reason]++
	return counts
}

// retry returns how soon to ask again while the last results were failures, but
// too few to believe that the target is down; 0 at any other time.
func (t *target) retry() time.Duration {
	if t.spec.RetryInterval == 0 {
		return 0
	}
	var st health.State
	if t.tracker.Fill(&st); st.Fails == 0 || st.Status == health.Unhealthy {
		return 0
	}
	return time.Duration(t.spec.RetryInterval)
}

// isPaused reports whether nobody asks.
func (t *target) isPaused() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.around[paused].holds
}

// state returns what is believed at a moment. A next of zero means that the
// check is not due.
func (t *target) state(now, next time.Time) *health.State {
	st := &health.State{Spec: t.spec, Last: t.last, Next: next, Unknowns: t.unknowns, Moves: t.moves}
	t.tracker.Fill(st)
	st.Overlays = t.overlays(now)
	return st
}

// overlays returns the circumstances, in the order of [health.Overlays]. Whoever
// has a parent that is down is behind it, also while nothing is wrong with it.
func (t *target) overlays(now time.Time) []health.Overlay {
	var all []health.Overlay
	for i := range t.around {
		if t.around[i].holds || i == behind && slices.ContainsFunc(t.parents, (*target).isDown) {
			all = append(all, overlayOf(i))
		}
	}
	if t.tracker.Flapping() {
		all = append(all, health.Flapping)
	}
	if after := staleAfter(t.spec); t.last != nil && now.Sub(t.last.At) > after && now.Sub(t.paced) > after {
		all = append(all, health.Stale)
	}
	return all
}

// staleAfter is how old the last result may become.
func staleAfter(s *health.Spec) time.Duration { return health.MaxGap * time.Duration(s.Interval) }

// same reports whether two definitions are one.
func same(a, b *health.Spec) bool { return a == b || reflect.DeepEqual(a, b) }
