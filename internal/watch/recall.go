package watch

import (
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// Recall takes up what was believed when the process before this one ended:
// heads are the newest entries of the streams of checks, alive is when that
// process is last known to have observed anything ([Checks.Alive]); recoveries
// are what had come by then of the ends of outages ([Checks.Recoveries]), of at
// most [MaxRecoveries] checks. If alive is not known, the newest of the heads says
// at least that somebody observed until then. It is called once, before Set. Then
// come, in any order, Set, Add, Maintain and Pause, for whatever was asked for and
// is remembered; and then Run, which records where things are not as the journal
// left them: a pause or a maintenance that is over, and checks that are no more,
// whatever was believed of them. (For those, it waits as Belated says.) One that
// asks another question now begins at UNKNOWN. All others go on, with the outages
// and the circumstances they were in; faults of our own, too.
func (c *Checks) Recall(heads []event.Entry, alive time.Time, recoveries []health.Recovery) {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	if alive.IsZero() {
		alive = newest(heads, time.Now())
	}
	if !alive.IsZero() {
		c.alive.Store(alive.UnixNano())
	}
	for i := range heads {
		switch head := heads[i].Change; {
		case head == nil:
		case head.Self():
			c.alarms.recall(*head, alive)
		default:
			c.recalled[head.Check] = head
		}
	}
	for _, r := range recoveries[:min(len(recoveries), MaxRecoveries)] {
		c.recovering[r.Check] = r
	}
}

// newest returns when the newest of some entries was written, zero for none. One
// that lies ahead of the clock is of another clock, and says nothing.
func newest(entries []event.Entry, now time.Time) (at time.Time) {
	for i := range entries {
		if e := &entries[i]; e.Change != nil && e.At.After(at) && !e.At.After(now) {
			at = e.At
		}
	}
	return at
}

// Alive returns when the newest result that counted began, of all checks, those
// of the process before included if it is known; zero if not. What happened
// until then was observed. It is cheap and safe for concurrent use.
func (c *Checks) Alive() time.Time {
	if at := c.alive.Load(); at != 0 {
		return time.Unix(0, at)
	}
	return time.Time{}
}

// takeUp takes up what was believed of a target before the start, or closes it
// where it was believed of another question. It reports whether that was
// anything.
func (c *Checks) takeUp(t *target) bool {
	head := c.recalled[t.spec.Name]
	if head == nil {
		return false
	}
	delete(c.recalled, t.spec.Name)
	t.recall(head, c.Alive())
	t.tracker.TakeUp(c.recovering[t.spec.Name])
	if head.Epoch == "" || head.Epoch == t.asks {
		return true
	}
	asks, now := t.asks, time.Now()
	t.asks = head.Epoch
	c.record(t, append(t.unobserved(now), t.restart(now)...))
	t.asks = asks
	return true
}

// takeOver has the journal say what is, where that is not what it said last.
func (c *Checks) takeOver() {
	now := time.Now()
	asked := 0
	for _, t := range c.byName {
		c.reconcile(t, now)
		t.mu.Lock()
		if t.unheard = !t.around[paused].holds; t.unheard {
			asked++
		}
		t.mu.Unlock()
	}
	c.alarms.await(asked, now)
}

// reconcile has the journal say what is of a target whose state was taken up.
func (c *Checks) reconcile(t *target, now time.Time) {
	t.mu.Lock()
	defer t.mu.Unlock()
	pause := &t.around[paused]
	var changes []health.Change
	if pause.told && !pause.holds {
		pause.by, pause.why = configured, ""
		changes = t.restart(now)
	}
	c.look(t, false)
	c.record(t, append(changes, t.settle(now)...))
}

// await closes what was believed of checks that are no more, once it is known
// that they are.
func (c *Checks) await() {
	if c.Belated <= 0 {
		c.disown()
		return
	}
	c.belated = time.AfterFunc(c.Belated, func() {
		c.setting.Lock()
		defer c.setting.Unlock()
		if c.isRunning() {
			c.disown()
		}
	})
}

// disown closes what was believed of checks that nobody has defined.
func (c *Checks) disown() {
	now := time.Now()
	for name, head := range c.recalled {
		spec := &health.Spec{Name: name}
		t := &target{spec: spec, asks: head.Epoch, tracker: *health.NewTracker(spec)}
		t.recall(head, c.Alive())
		c.record(t, append(t.unobserved(now), t.leave(now)...))
	}
	clear(c.recalled)
	clear(c.recovering)
}

// recall takes up what a target's newest change says.
func (t *target) recall(head *health.Change, alive time.Time) {
	t.tracker.Recall(*head, alive)
	for i := range t.around {
		t.around[i].told = head.Has(overlayOf(i))
	}
	t.around[behind].holds = t.around[behind].told // until the parents are looked at
	if head.From == health.Unhealthy && head.To.Up() {
		t.back = head.At
	}
}

// unobserved returns the change that says that nobody has observed a target
// since the process before this one ended, if anything was believed of it.
func (t *target) unobserved(now time.Time) []health.Change {
	status, _ := t.tracker.Status()
	if status == health.Unknown || t.around[paused].told || t.tracker.Counted().Equal(now) {
		return nil
	}
	gap := t.tracker.Turn(health.Stale, true, now)
	if seen := t.tracker.Counted(); seen.Before(now) {
		gap.Began = seen // else the clock is behind, and shows the same time again
	}
	return []health.Change{t.mark(gap)}
}
