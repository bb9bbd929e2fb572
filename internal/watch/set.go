package watch

import (
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// Set says which checks there are, by name; of two with one name, the last
// counts. One that is new, or asks another question than before, begins at
// UNKNOWN and is asked soon. One that is not named any more is forgotten, and
// so is the answer that it may be waiting for. An outage or restlessness of
// either is recorded as closed. All others keep what is believed of them, their
// streaks and outages included: also those that have another title, other parents
// or alerts, another interval or timeout, or other thresholds, by which the next
// answer is judged. They keep their slots, unless the interval is another, and
// their probes, which remember the target; only one that reads a file gets the
// probe that has read it anew, and one that sends another secret, in its body or
// a header, is asked anew with that at once. One that was paused by
// [Checks.Pause] stays so until its definition says something else about that.
// Safe for concurrent use.
func (c *Checks) Set(checks []Check) {
	c.once.Do(c.init)
	c.setting.Lock()
	defer c.setting.Unlock()
	named := make(map[string]Check, len(checks))
	for _, check := range checks {
		named[check.Spec.Name] = check
	}
	var d difference
	for name, t := range c.byName {
		if _, ok := named[name]; !ok {
			d.tell = append(d.tell, c.drop(t)...)
		}
	}
	for _, check := range checks {
		if check, ok := named[check.Spec.Name]; ok {
			delete(named, check.Spec.Name)
			c.define(check, &d)
		}
	}
	c.relate()
	c.settle(d)
	for _, t := range c.byName {
		c.maintain(t)
		if len(t.spec.Parents) > 0 {
			c.review([]*target{t})
		}
	}
}

// A difference is what has to be done about targets once all are known.
type difference struct {
	tell, ask []*target
	recalled  []*target // after the start
}

// define takes one check's definition.
func (c *Checks) define(check Check, d *difference) {
	t, known := c.byName[check.Spec.Name]
	switch {
	case !known:
		t, recalled := c.add(check)
		d.ask = append(d.ask, t)
		if recalled && c.isRunning() {
			d.recalled = append(d.recalled, t)
		}
	case same(t.spec, check.Spec):
		c.describe(t, Check{t.spec, check.Probe}) // a file may have changed
	case t.asks == epochOf(check.Spec):
		c.revise(t, check, d)
	default:
		d.tell = append(d.tell, c.redefine(t, check)...)
		d.ask = append(d.ask, t)
	}
}

// settle does what has to be done.
func (c *Checks) settle(d difference) {
	for _, t := range d.recalled {
		c.reconcile(t, time.Now())
	}
	for _, t := range d.tell {
		c.tell(t)
	}
	c.review(d.tell)
	c.invite(d.ask)
}

// add makes a target, which is not asked yet. What was believed before the start
// is taken up; it reports whether that was anything.
func (c *Checks) add(check Check) (t *target, recalled bool) {
	t = &target{tracker: *health.NewTracker(check.Spec), asks: epochOf(check.Spec), spec: check.Spec}
	t.heed(configuredTo(check.Spec))
	recalled = c.takeUp(t)
	c.byName[check.Spec.Name] = t
	c.mu.Lock()
	defer c.mu.Unlock()
	rounds := int32(c.Rounds)
	if rounds == 0 {
		rounds = forever
	}
	t.id = c.table.add(time.Duration(check.Spec.Interval), phaseHash(check.Spec.Name), rounds)
	if int(t.id) == len(c.targets) {
		c.targets = append(c.targets, nil)
	}
	c.targets[t.id] = t
	c.known++
	c.aim(t, check)
	return t, recalled
}

// redefine gives a target another question, and returns the children to whom
// that is news.
func (c *Checks) redefine(t *target, check Check) (children []*target) {
	return c.reset(t, func() []health.Change {
		if check.Spec.Paused != t.spec.Paused {
			t.heed(configuredTo(check.Spec))
		}
		c.aim(t, check)
		c.table.retime(t.id, time.Duration(check.Spec.Interval), phaseHash(check.Spec.Name))
		closed := t.restart(time.Now())
		t.asks, t.runs = epochOf(t.spec), nil
		return closed
	})
}

// aim takes what asking needs from a definition.
func (c *Checks) aim(t *target, check Check) {
	target, err := health.ParseTarget(check.Spec.Target)
	if err != nil {
		target.Kind = "other" // whoever made the probe knows better
	}
	t.spec, t.probe, t.addr = check.Spec, check.Probe, literal(target)
	if t.durations = c.durations[target.Kind]; t.durations == nil {
		t.durations = newHistogram()
		c.durations[target.Kind] = t.durations
	}
}

// reset takes a target off the timetable, drops the answer that it may be
// waiting for, and makes a change to it with both locks held. What that closes
// is recorded. It returns the children to whom that is news.
func (c *Checks) reset(t *target, change func() (closed []health.Change)) (children []*target) {
	t.mu.Lock()
	defer t.mu.Unlock()
	now := time.Now()
	c.alarms.forget(&t.blind, now)
	c.hear(t, now)
	c.mu.Lock()
	t.epoch++
	c.withdraw(t)
	c.table.stop(t.id)
	closed := change()
	c.hurry(0)
	if c.running {
		closed = append(closed, t.settle(now)...)
	}
	c.mu.Unlock()
	c.record(t, closed)
	return t.stand()
}

// drop forgets a target, and returns the children to whom that is news.
func (c *Checks) drop(t *target) (children []*target) {
	delete(c.byName, t.spec.Name)
	children = c.reset(t, func() []health.Change {
		t.gone = true
		c.known--
		if c.table.remove(t.id) {
			c.targets[t.id] = nil
		}
		return t.leave(time.Now())
	})
	c.Sink.Uncheck(t.spec.Name)
	return children
}

// withdraw ends the question of a target.
func (c *Checks) withdraw(t *target) {
	switch q := t.question; {
	case q == nil:
	case q.queued:
		c.places.giveUp(q)
		t.question = nil
	default:
		q.cancel()
	}
}

// invite has targets asked for the first time, spread over a while in their
// order.
func (c *Checks) invite(ts []*target) {
	running := c.isRunning()
	if !running {
		c.unasked = append(c.unasked, ts...)
	}
	now, n := c.instant(time.Now()), len(ts)
	for i, t := range ts {
		spread := c.Spread
		if spread <= 0 {
			spread = spreadLeast + time.Duration(n)*spreadEach
		}
		spread = min(spread, time.Duration(t.spec.Interval))
		c.start(t, now.add(time.Duration(float64(spread)*float64(i)/float64(n))), running)
	}
}

// start has a target asked for the first time at a moment, if we run and it is
// not paused, and tells what is believed of it.
func (c *Checks) start(t *target, at instant, running bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.gone {
		return
	}
	if running && !t.around[paused].holds {
		c.mu.Lock()
		c.table.start(t.id, at)
		c.hurry(at)
		c.mu.Unlock()
	} else {
		at = 0
	}
	c.show(t, at)
}
