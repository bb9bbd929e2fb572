package health

import "time"

// maxGap is how many intervals may pass without a result before streaks are
// forgotten: what happened in between was not observed.
const maxGap = 3

// A Tracker judges the results of one check, in order. It counts strictly
// consecutive results: the opposite one zeroes the count, an unknown one
// neither breaks nor extends it. It is not safe for concurrent use.
type Tracker struct {
	thresholds Thresholds
	interval   time.Duration
	status     Status
	since      time.Time
	run        int       // length of the current streak; negative for failures
	warning    bool      // the current streak's last pass was a warning
	began      time.Time // first result of the current streak
	trouble    time.Time // first failure of the streak that led to the outage
	last       time.Time
}

// NewTracker returns a judge that believes nothing yet.
func NewTracker(s Spec) *Tracker {
	return &Tracker{thresholds: s.Thresholds, interval: time.Duration(s.Interval), status: Unknown}
}

// Status returns the present belief and since when it is held.
func (t *Tracker) Status() (Status, time.Time) { return t.status, t.since }

// Fails returns the length of the current streak of failures.
func (t *Tracker) Fails() int { return max(-t.run, 0) }

// Observe takes one result and reports the change it causes, if any.
func (t *Tracker) Observe(r Result) (Change, bool) {
	if r.Verdict == Indeterminate {
		return Change{}, false
	}
	t.count(r)
	from, to := t.status, t.next()
	if from == to {
		return Change{}, false
	}
	c := Change{Check: r.Check, From: from, To: to, At: r.At, Reason: r.Reason, Text: r.Text, Began: t.began}
	if from == Unhealthy {
		c.Outage = Duration(t.began.Sub(t.trouble))
	}
	if to == Unhealthy {
		t.trouble = t.began
	}
	t.status, t.since = to, r.At
	return c, true
}

// count adds r to the current streak or starts a new one.
func (t *Tracker) count(r Result) {
	if t.interval > 0 && !t.last.IsZero() && r.At.Sub(t.last) > maxGap*t.interval {
		t.run = 0
	}
	t.last = r.At
	failed := r.Verdict == Fail
	if t.run == 0 || failed != (t.run < 0) {
		t.run, t.began = 0, r.At
	}
	if failed {
		t.run--
	} else {
		t.run++
	}
	t.warning = r.Verdict == Warn
}

// next returns the status that the current streak deserves.
func (t *Tracker) next() Status {
	up := Healthy
	if t.warning {
		up = Degrading
	}
	switch {
	case t.run <= -t.thresholds.Unhealthy:
		return Unhealthy
	case t.run < 0 && t.status == Healthy:
		return Degrading
	case t.run >= t.thresholds.Healthy, t.run > 0 && t.status != Unhealthy:
		return up
	}
	return t.status
}
