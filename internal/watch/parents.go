package watch

import (
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A standing is what the children of a target know of it. It is immutable.
type standing struct {
	asked   bool          // neither paused nor gone
	down    bool          // UNHEALTHY
	suspect bool          // failing, but too few times to be down
	counted time.Time     // its last result that counted
	back    time.Time     // when it was last found up that had been down
	takes   time.Duration // to find out that it is down, at most
}

// stand has the children know how the target is, and returns those that have to
// look at it: all when it went down or is down no more, and when one of them
// waits for what has come.
func (t *target) stand() []*target {
	if len(t.children) == 0 {
		return nil
	}
	var st health.State
	t.tracker.Fill(&st)
	was, is := t.standing.Load(), &standing{
		asked: !t.around[paused].holds && !t.gone, counted: t.tracker.Counted(), back: t.back,
		takes: time.Duration(t.spec.Thresholds.Unhealthy)*time.Duration(t.spec.Interval) + time.Duration(t.spec.Timeout),
	}
	is.down = is.asked && st.Status == health.Unhealthy
	is.suspect = is.asked && st.Fails > 0 && !is.down
	t.standing.Store(is)
	if t.awaited.Swap(false) || was != nil && (was.down != is.down || was.asked != is.asked) {
		return t.children
	}
	return nil
}

// isDown reports whether the target is known to be down, for its children.
func (t *target) isDown() bool {
	s := t.standing.Load()
	return s != nil && s.down
}

// look finds out whether the target is down behind a parent that is down, or
// that may be: a child often is asked before its parent. Then it must not be
// taken for an outage of its own before the parent is judged. One that has come
// down just now, or that is behind a parent already, waits for that; but not for
// ever.
func (c *Checks) look(t *target, fell bool) {
	var st health.State
	t.tracker.Fill(&st)
	held := &t.around[behind]
	hidden, wait := false, time.Duration(0)
	if st.Status == health.Unhealthy {
		for _, p := range t.parents {
			if fell || held.holds {
				p.awaited.Store(true) // first: what it does next must not be missed
			}
			switch s := p.standing.Load(); {
			case s == nil || !s.asked:
			case s.down:
				hidden = true
			case fell || held.holds:
				wait = max(wait, t.awaits(s, st.Down))
			}
		}
	}
	held.holds = hidden || wait > 0
	if hidden || wait == 0 {
		t.release()
	} else if t.patience == nil {
		t.patience = time.AfterFunc(wait, func() { c.giveUp(t) })
	}
}

// awaits returns how long to wait for what makes clear whether a parent explains
// an outage that began at a time: the parent's next results, or, when the parent
// has come back, one of the target's own since then. It is 0 when all is clear.
func (t *target) awaits(s *standing, down time.Time) time.Duration {
	switch {
	case s.suspect || s.counted.Before(down):
		return s.takes
	case t.failed.IsZero() || t.failed.Before(s.back):
		return 2*time.Duration(t.spec.Interval) + time.Duration(t.spec.Timeout)
	}
	return 0
}

// release ends the wait for a parent.
func (t *target) release() {
	if t.patience != nil {
		t.patience.Stop()
		t.patience = nil
	}
}

// lose takes it that nobody will tell any more how the parents are, unless one
// is known to be down, or the target is recovering.
func (t *target) lose() {
	var st health.State
	t.tracker.Fill(&st)
	t.patience = nil
	if st.Passes == 0 && !slices.ContainsFunc(t.parents, (*target).isDown) {
		t.around[behind].holds = false
	}
}

// review has targets look at their parents, and tells of those to whom that
// makes a difference. Before the start nothing is known that could.
func (c *Checks) review(ts []*target) {
	if len(ts) == 0 || !c.isRunning() {
		return
	}
	for _, t := range ts {
		c.change(t, func() { c.look(t, false) })
	}
}

// giveUp ends the wait of a target.
func (c *Checks) giveUp(t *target) {
	if c.isRunning() {
		c.change(t, t.lose)
	}
}

// change changes circumstances of a target, records what that changed, and
// passes on what is believed then, if that looks different.
func (c *Checks) change(t *target, f func()) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return
	}
	f()
	c.mu.Lock()
	next, running := c.table.due(t.id), c.running
	c.mu.Unlock()
	now := time.Now()
	st := t.state(now, c.time(next, now))
	if !slices.Equal(st.Overlays, t.shown) {
		c.Sink.Check(st)
		t.shown = st.Overlays
	}
	if running {
		c.record(t, t.settle(now))
	}
}
