package health

import "time"

// MaxGap is how many intervals may pass without a result before streaks are
// forgotten: what happened in between was not observed.
const MaxGap = 3

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
	down       time.Time // first failure of the outage that is not over
	last       time.Time // of the last result, and later by what was waited since
	flaps      Flaps
}

// NewTracker returns a judge that believes nothing yet.
func NewTracker(s *Spec) *Tracker {
	return &Tracker{thresholds: s.Thresholds, interval: time.Duration(s.Interval), status: Unknown}
}

// Restart begins a new epoch at [Unknown]: after a pause, or when the target is
// another than before. What was counted is forgotten. It returns the changes
// that close what was open, of the status first; mostly none. An outage ends
// without a recovery, for nobody saw one.
func (t *Tracker) Restart(s *Spec, at time.Time) []Change {
	var changes []Change
	if t.status == Unhealthy {
		changes = append(changes, Change{Check: s.Name, From: Unhealthy, To: Unknown, At: at, Began: at})
	}
	if t.Flapping() {
		changes = append(changes, Change{Check: s.Name, From: Unknown, To: Unknown, At: at, Began: at, Overlay: Flapping, Ended: true})
	}
	*t = *NewTracker(s)
	t.since = at
	return changes
}

// Delay takes that the next result comes this much later than it could have,
// because the question had to wait for its turn: that is no gap, however many
// intervals it took.
func (t *Tracker) Delay(d time.Duration) {
	if !t.last.IsZero() {
		t.last = t.last.Add(d)
	}
}

// Fill writes what is believed into st.
func (t *Tracker) Fill(st *State) {
	st.Status, st.Since, st.Down = t.status, t.since, t.down
	st.Fails, st.Passes = max(-t.run, 0), max(t.run, 0)
	st.Flap = t.flaps.Percent()
}

// Status returns the present belief and since when it is held.
func (t *Tracker) Status() (Status, time.Time) { return t.status, t.since }

// Flapping reports whether the results are too restless to believe any.
func (t *Tracker) Flapping() bool { return t.flaps.Flapping() }

// Observe takes one result and returns the changes it causes, of the status
// first; mostly none. A verdict that is neither up nor [Fail] is unknown.
func (t *Tracker) Observe(r Result) []Change {
	if !r.Verdict.Up() && r.Verdict != Fail {
		return nil
	}
	t.count(r)
	var changes []Change
	if c, moved := t.move(r); moved {
		changes = append(changes, c)
	}
	if t.flaps.Observe(r.Verdict.Up(), r.At) {
		changes = append(changes, Change{
			Check: r.Check, From: t.status, To: t.status, At: r.At, Reason: r.Reason, Text: r.Text, Began: t.began,
			Overlay: Flapping, Ended: !t.flaps.Flapping(),
		})
	}
	return changes
}

// move takes the status to where the current streak leads.
func (t *Tracker) move(r Result) (Change, bool) {
	from, to := t.status, t.next()
	if from == to {
		return Change{}, false
	}
	c := Change{Check: r.Check, From: from, To: to, At: r.At, Reason: r.Reason, Text: r.Text, Began: t.began}
	if to == Unhealthy {
		t.down = t.began
	} else if from == Unhealthy {
		c.Outage = Duration(max(t.began.Sub(t.down), 0)) // a clock that was set back makes no negative outage
		t.down = time.Time{}
	}
	t.status, t.since = to, r.At
	return c, true
}

// count adds r to the current streak or starts a new one.
func (t *Tracker) count(r Result) {
	if t.interval > 0 && !t.last.IsZero() && r.At.Sub(t.last) > MaxGap*t.interval {
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
