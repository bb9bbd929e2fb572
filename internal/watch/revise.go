package watch

import (
	"maps"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// revise gives a target another definition of the question that it is asked
// already. What is believed of it stays, with its streaks, its outage and its
// circumstances, and its probe, which may have learnt of the target what no
// other knows. Only who asks in other words, with another secret, takes the
// other probe: the answer to the old words is not waited for, and the new ones
// are asked soon.
//
// Other words could be another question. They are not taken for one, since the
// journal cannot tell either (see [epochOf]): a password that was changed must
// not close an outage, nor end it without a recovery, and a reload must not mean
// more than a restart. What was believed is corrected by the next answers.
func (c *Checks) revise(t *target, check Check, d *difference) {
	w, turned := configuredTo(check.Spec), t.spec.Paused != check.Spec.Paused
	if other := reworded(t.spec, check.Spec); other {
		c.reword(t, check.Probe)
		d.ask = append(d.ask, t)
	} else {
		d.tell = append(d.tell, t)
	}
	c.describe(t, check)
	if turned {
		c.turnTo(w, t, d)
	}
}

// reworded reports whether two definitions of one question ask it in different
// words.
func reworded(a, b *health.Spec) bool { return a.Body != b.Body || !maps.Equal(a.Headers, b.Headers) }

// reword gives a target another probe, takes it off the timetable and drops the
// answer that it may be waiting for.
func (c *Checks) reword(t *target, probe health.Probe) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	t.probe = probe
	t.epoch++
	c.withdraw(t)
	c.table.stop(t.id)
}

// describe gives a target another definition of the same question, and slots by
// it. It keeps its probe, unless that depends on more than the question: on what
// was in a file, or on how long a heartbeat may take.
func (c *Checks) describe(t *target, check Check) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c.mu.Lock()
	defer c.mu.Unlock()
	now := time.Now()
	t.tracker.Retune(check.Spec, now)
	if check.Spec.Interval != t.spec.Interval {
		t.paced = now
		c.hurry(c.table.shift(t.id, c.instant(now), time.Duration(check.Spec.Interval), phaseHash(check.Spec.Name)))
	}
	t.spec = check.Spec
	if check.Spec.CAFile != "" || check.Spec.Period != 0 { // who waits for heartbeats learns nothing of the target
		t.probe = check.Probe
	}
}
