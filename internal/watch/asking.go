package watch

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A question is one asking of a target.
type question struct {
	target    *target
	spec      *health.Spec
	probe     health.Probe
	durations *histogram
	addr      netip.Addr
	epoch     uint32 // of the target when it became due
	pace      pace
	queued    bool          // it waits for a place
	due       instant       // by the timetable
	since     instant       // when that was noticed
	waited    time.Duration // in line
	pulse     pulse         // when it was asked

	ctx    context.Context // of the probe; nil before it has a place
	cancel context.CancelFunc
}

func (q *question) timeout() time.Duration { return time.Duration(q.spec.Timeout) }

// fire does what is to be done at a moment for which a target was put into the
// wheel.
func (c *Checks) fire(ctx context.Context, t *target, now instant) {
	switch c.table.slots[t.id].state {
	case pending:
		if skipped := c.table.skip(t.id, now); skipped > 0 {
			c.counts.skipped.Add(uint64(skipped))
			return
		}
		c.call(ctx, t, now)
	case waiting:
		c.putOff(ctx, t.question, now)
	case asking:
		c.goroutines.Go(func() { c.tell(t) }) // that its last result is old
	}
}

// call asks a target that is due, or has it wait for a place.
func (c *Checks) call(ctx context.Context, t *target, now instant) {
	q := &question{
		target: t, spec: t.spec, probe: t.probe, durations: t.durations, addr: t.addr, epoch: t.epoch, pace: t.pace,
		due: c.table.slots[t.id].due, since: now,
	}
	t.question = q
	if c.places.take(q.pace) {
		c.begin(ctx, q)
		return
	}
	c.counts.waited.Add(1)
	c.places.lineUp(q)
	if c.Rounds > 0 {
		c.table.wait(t.id)
	} else {
		c.table.waitUntil(t.id, now.add(q.timeout()))
	}
}

// begin asks a question that has a place. Its context has no parent: thousands
// would take turns at that one's lock. All that a context costs is a timer.
func (c *Checks) begin(ctx context.Context, q *question) {
	now := time.Now()
	q.ctx, q.cancel = context.WithDeadline(context.Background(), now.Add(q.timeout()))
	q.pulse, q.waited = c.heart.last(), c.instant(now).sub(q.since)
	c.table.begin(q.target.id)
	if c.Rounds == 0 {
		c.table.wake(q.target.id, c.instant(now).add(staleAfter(q.spec)))
	}
	select {
	case c.work <- q:
	default:
		c.goroutines.Go(func() { c.askOn(ctx, q) })
	}
}

// spare is how many goroutines stay when they have nothing to do. Stacks that
// have grown are worth keeping: to grow a new one for a handshake of TLS takes
// microseconds.
const spare = 64

// askOn asks one question after the other, until there are goroutines enough
// for those that come.
func (c *Checks) askOn(ctx context.Context, q *question) {
	for ok := true; ok; {
		c.ask(ctx, q)
		if c.idle.Add(1) > spare {
			ok = false
		} else {
			q, ok = <-c.work
		}
		c.idle.Add(-1)
	}
}

// putOff says of a target that has waited for longer than its timeout, and once
// in every interval from then on, that nobody can tell how it is. It goes on
// waiting: if it came back at its next slot instead, it could find all places
// taken for ever.
func (c *Checks) putOff(ctx context.Context, q *question, now instant) {
	c.table.waitUntil(q.target.id, now.add(time.Duration(q.spec.Interval)))
	c.goroutines.Go(func() {
		c.concludeNothing(ctx, q, &health.Result{
			Check: q.spec.Name, Observer: c.Host, At: time.Now(), Verdict: health.Indeterminate, Reason: health.LocalOverload,
			Text: foreign.Text(fmt.Sprintf("not asked for %v: %d others were being asked", time.Duration(now-q.since).Round(tick), c.InFlight)),
		})
	})
}

// ask asks, and judges the answer.
func (c *Checks) ask(ctx context.Context, q *question) {
	began := time.Now()
	r := q.probe(q.ctx)
	took := time.Since(began)
	q.cancel()
	c.release(ctx, q, took)
	c.lag.observe(c.instant(began).sub(q.due))
	q.durations.observe(took)
	r.Check, r.Observer, r.At, r.Took = q.spec.Name, c.Host, began, health.Duration(took)
	if r.Verdict == health.Fail {
		c.doubt(ctx, q, &r)
	}
	c.conclude(ctx, q, &r)
}

// release gives a question's place to the next.
func (c *Checks) release(ctx context.Context, q *question, took time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.places.release(q.pace)
	q.target.pace = quick
	if took >= q.timeout()/2 {
		q.target.pace = slow
	}
	if !c.running {
		return
	}
	if next := c.places.admit(); next != nil {
		c.begin(ctx, next)
	}
}
