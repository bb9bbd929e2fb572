package watch

import (
	"context"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// conclude judges the answer to a question and puts its target back into the
// timetable. An answer to a question that is not the target's any more, since
// it was paused, changed or removed meanwhile, is dropped.
func (c *Checks) conclude(ctx context.Context, q *question, r *health.Result) {
	t := q.target
	t.mu.Lock()
	if t.epoch != q.epoch || ctx.Err() != nil {
		c.done(q, 0)
		t.mu.Unlock()
		return
	}
	t.date(q.pulse, r)
	t.tracker.Delay(q.waited)
	changes := c.observe(t, r)
	c.publish(ctx, t, r, changes, c.done(q, t.retry()))
	children := t.stand()
	t.mu.Unlock()
	c.review(children)
}

// concludeNothing judges that a question has not been asked yet, if that is
// still so.
func (c *Checks) concludeNothing(ctx context.Context, q *question, r *health.Result) {
	t := q.target
	t.mu.Lock()
	defer t.mu.Unlock()
	c.mu.Lock()
	waits, next := q.queued, c.table.due(t.id)
	c.mu.Unlock()
	if waits && ctx.Err() == nil {
		c.counts.void.Add(1)
		c.publish(ctx, t, r, c.observe(t, r), next)
	}
}

// observe judges a result and counts what it moves.
func (c *Checks) observe(t *target, r *health.Result) []health.Change {
	t.last = r
	switch r.Verdict {
	case health.Indeterminate:
		t.unknowns = counted(t.unknowns, r.Reason)
		return nil
	case health.Fail:
		t.failed = r.At
	}
	changes := t.tracker.Observe(*r)
	fell := slices.ContainsFunc(changes, fall)
	if fell || t.around[behind].holds {
		c.look(t, fell)
	}
	if len(changes) > 0 {
		changes = t.moved(changes)
	}
	changes = append(changes, t.settle(r.At)...)
	return append(changes, t.released(r)...)
}

// fall reports whether a change says that the target is down now.
func fall(c health.Change) bool { return c.Moved() && c.To == health.Unhealthy }

// publish passes on what follows from a result: what is believed first, then the
// changes, then what it means for us.
func (c *Checks) publish(ctx context.Context, t *target, r *health.Result, changes []health.Change, next instant) {
	c.show(t, next)
	c.record(t, changes)
	if r.Verdict.Up() || r.Verdict == health.Fail {
		c.alive.Store(r.At.UnixNano())
	}
	if c.Rounds == 0 {
		c.alarms.see(t.spec, &t.blind, r)
		c.hear(t, r.At)
	}
	c.log(ctx, t, r)
}

// show passes on what is believed of a target.
func (c *Checks) show(t *target, next instant) {
	now := time.Now()
	st := t.state(now, c.time(next, now))
	t.shown = st.Overlays
	c.Sink.Check(st)
}

// hear notes that a target has had its first result since the start, or will
// have none.
func (c *Checks) hear(t *target, at time.Time) {
	if t.unheard {
		t.unheard = false
		c.alarms.hear(at)
	}
}

// done puts a target whose question is over back into the timetable, and
// returns when it is due again.
func (c *Checks) done(q *question, retry time.Duration) (next instant) {
	c.mu.Lock()
	defer c.mu.Unlock()
	id := q.target.id
	q.target.question = nil
	next, skipped := c.table.done(id, c.instant(time.Now()), retry)
	c.counts.skipped.Add(uint64(skipped))
	if c.table.slots[id].state == vacant {
		c.targets[id] = nil
	}
	c.hurry(next)
	return next
}

// tell passes on what is believed of a target now.
func (c *Checks) tell(t *target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return
	}
	c.mu.Lock()
	next := c.table.due(t.id)
	c.mu.Unlock()
	c.show(t, next)
}

// record keeps a target's changes.
func (c *Checks) record(t *target, changes []health.Change) {
	if c.Recorder == nil {
		return
	}
	for i := range changes {
		c.Recorder.Record(event.Entry{Stream: event.CheckStream(t.spec.Name), At: changes[i].At, Observer: c.Host, Change: &changes[i]})
	}
}

// log writes a failure down when it is news, and a pass for those who debug.
func (c *Checks) log(ctx context.Context, t *target, r *health.Result) {
	if t.said.news(r) {
		c.complaints.add(t.spec, r)
	}
	if r.Verdict == health.Pass && c.debug {
		c.Log.DebugContext(ctx, "check passed", "check", t.spec.Name, "target", t.spec.Target, "took", r.Took)
	}
}
