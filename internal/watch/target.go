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
	slept    time.Duration // of the pulse of the last question
	paused   bool
	gone     bool
	unknowns map[health.Reason]uint64 // shared with states, so never written to
	moves    health.Moves
	said     complaint
	blind    blindness
	parents  []*target
	children []*target

	down atomic.Bool // it is UNHEALTHY, for its children
}

// observe judges a result and counts what it moves.
func (t *target) observe(r *health.Result) []health.Change {
	t.last = r
	if r.Verdict == health.Indeterminate {
		t.unknowns = counted(t.unknowns, r.Reason)
	}
	return t.moved(t.tracker.Observe(*r))
}

// moved counts changes, and returns them.
func (t *target) moved(changes []health.Change) []health.Change {
	for i := range changes {
		if changes[i].Overlay == "" {
			t.moves = t.moves.And(changes[i].To)
		}
	}
	return changes
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

// restart begins a new epoch: what was believed is forgotten, what was counted
// is not. It returns the changes that close what was open.
func (t *target) restart(now time.Time) []health.Change {
	t.last, t.said = nil, complaint{}
	return t.moved(t.tracker.Restart(t.spec, now))
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
	return t.paused
}

// state returns what is believed at a moment. A next of zero means that the
// check is not due.
func (t *target) state(now, next time.Time) *health.State {
	st := &health.State{Spec: t.spec, Last: t.last, Next: next, Unknowns: t.unknowns, Moves: t.moves}
	t.tracker.Fill(st)
	st.Overlays = t.overlays(now)
	return st
}

// overlays returns the circumstances, in the order of [health.Overlays].
func (t *target) overlays(now time.Time) []health.Overlay {
	var all []health.Overlay
	if t.paused {
		all = append(all, health.Paused)
	}
	if slices.ContainsFunc(t.parents, func(p *target) bool { return p.down.Load() }) {
		all = append(all, health.Behind)
	}
	if t.tracker.Flapping() {
		all = append(all, health.Flapping)
	}
	if t.last != nil && now.Sub(t.last.At) > staleAfter(t.spec) {
		all = append(all, health.Stale)
	}
	return all
}

// staleAfter is how old the last result may become.
func staleAfter(s *health.Spec) time.Duration { return health.MaxGap * time.Duration(s.Interval) }

// concerned returns the children to whom it is news whether the target is down.
func (t *target) concerned() []*target {
	status, _ := t.tracker.Status()
	down := status == health.Unhealthy && !t.paused && !t.gone
	if t.down.Swap(down) == down {
		return nil
	}
	return t.children
}

// same reports whether two definitions are one.
func same(a, b *health.Spec) bool { return a == b || reflect.DeepEqual(a, b) }

// sameQuestion reports whether two definitions ask the same question in the
// same way: all that differs is what people call it, whom they tell, what
// stands before it, or whether it is asked now.
func sameQuestion(a, b health.Spec) bool {
	for _, s := range []*health.Spec{&a, &b} {
		s.Title, s.Parents, s.Alerts, s.Paused, s.Origin = "", nil, nil, false, ""
	}
	return reflect.DeepEqual(a, b)
}
