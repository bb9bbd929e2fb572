package watch

import (
	"context"
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
	changes := t.observe(r)
	c.publish(ctx, t, r, changes, c.done(q, t.retry()))
	children := t.concerned()
	t.mu.Unlock()
	for _, child := range children {
		c.tell(child)
	}
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
		c.publish(ctx, t, r, t.observe(r), next)
	}
}

// publish passes on what follows from a result: what is believed first, then the
// changes, then what it means for us.
func (c *Checks) publish(ctx context.Context, t *target, r *health.Result, changes []health.Change, next instant) {
	now := time.Now()
	c.Sink.Check(t.state(now, c.time(next, now)))
	c.record(t, changes)
	if c.Rounds == 0 {
		c.alarms.see(t.spec, &t.blind, r)
	}
	c.log(ctx, t, r)
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
	now := time.Now()
	c.Sink.Check(t.state(now, c.time(next, now)))
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
