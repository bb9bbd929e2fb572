package health

import "time"

// MaxGap is how many intervals may pass without a result before streaks are
// forgotten: what happened in between was not observed.
const MaxGap = 3

// A Tracker judges the results of one check, in order. It counts strictly
// consecutive results: the opposite one zeroes the count, an unknown one
// neither breaks nor extends it. It is not safe for concurrent use.
type Tracker struct {
	check      string
	thresholds Thresholds
	interval   time.Duration
	status     Status
	since      time.Time
	run        int       // length of the current streak; negative for failures
	warning    bool      // the current streak's last pass was a warning
	began      time.Time // first result of the current streak
	down       time.Time // first failure of the outage that is not over
	seen       time.Time // of the last result that counted
	last       time.Time // the same, and later by what was waited since
	flaps      Flaps
}

// NewTracker returns a judge that believes nothing yet.
func NewTracker(s *Spec) *Tracker {
	return &Tracker{check: s.Name, thresholds: s.Thresholds, interval: time.Duration(s.Interval), status: Unknown}
}

// Restart begins a new epoch at [Unknown]: after a pause, or when the target is
// another than before. What was counted is forgotten. It returns the changes
// that close what was believed, of the status first. An outage ends without a
// recovery, for nobody saw one.
func (t *Tracker) Restart(s *Spec, at time.Time) []Change {
	was := *t
	*t = *NewTracker(s)
	t.since, t.flaps = at, was.flaps
	var changes []Change
	if was.status != Unknown {
		changes = append(changes, t.stamp(Change{From: was.status, To: Unknown, At: at, Began: at}))
	}
	t.flaps = Flaps{}
	if was.Flapping() {
		changes = append(changes, t.Turn(Flapping, true, at))
	}
	return changes
}

// Turn returns the change that says that an overlay begins at a moment, or ends.
// The tracker is not concerned by it, unless it is its own.
func (t *Tracker) Turn(o Overlay, ended bool, at time.Time) Change {
	return t.stamp(Change{From: t.status, To: t.status, At: at, Began: at, Overlay: o, Ended: ended})
}

// stamp has a change say what holds after it.
func (t *Tracker) stamp(c Change) Change {
	c.Check, c.Down = t.check, t.down
	if t.Flapping() {
		c.Overlays = []Overlay{Flapping}
	}
	if c.From == c.To {
		c.Since = t.since
	}
	return c
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

// Counted returns when the last result that counted began, the time up to which
// the process before this one observed included; zero when there is none.
func (t *Tracker) Counted() time.Time { return t.seen }

// Flapping reports whether the results are too restless to believe any.
func (t *Tracker) Flapping() bool { return t.flaps.Flapping() }

// Observe takes one result and returns the changes it causes; mostly none. First
// comes a gap that ends by it, then the move of the status, then what its
// restlessness says. A verdict that is neither up nor [Fail] is unknown.
func (t *Tracker) Observe(r Result) []Change {
	if !r.Verdict.Up() && r.Verdict != Fail {
		return nil
	}
	var changes []Change
	if c, ok := t.gap(r); ok {
		changes = append(changes, c)
	}
	t.count(r)
	if c, moved := t.move(r); moved {
		changes = append(changes, c)
	}
	if t.flaps.Observe(r.Verdict.Up(), r.At) {
		c := t.Turn(Flapping, !t.Flapping(), r.At)
		c.Reason, c.Text, c.Began = r.Reason, r.Text, t.began
		changes = append(changes, c)
	}
	return changes
}

// gap returns the end of the time in which nobody observed the target, when r is
// the first result after one. Where the wall clock was set forward, what it left
// out was not observed either, though no streak breaks over it; where it was set
// back, the gap is told by its true length.
func (t *Tracker) gap(r Result) (Change, bool) {
	passed, shown := r.At.Sub(t.last), r.At.Round(0).Sub(t.last.Round(0))
	if t.isGap(passed) || t.isGap(shown) {
		c := t.Turn(Stale, true, r.At)
		if c.Began = t.seen; r.At.Round(0).Before(t.seen.Round(0)) {
			c.Began = r.At.Add(-passed)
		}
		return c, true
	}
	return Change{}, false
}

// isGap reports whether this is too long between two results for the second to
// continue what the first began.
func (t *Tracker) isGap(passed time.Duration) bool {
	return t.interval > 0 && !t.last.IsZero() && passed > MaxGap*t.interval
}

// move takes the status to where the current streak leads.
func (t *Tracker) move(r Result) (Change, bool) {
	from, to := t.status, t.next()
	if from == to {
		return Change{}, false
	}
	c := Change{From: from, To: to, At: r.At, Reason: r.Reason, Text: r.Text, Began: t.began}
	if to == Unhealthy {
		t.down = t.began
	} else if from == Unhealthy {
		c.Outage = Duration(max(t.began.Sub(t.down), 0)) // a clock that was set back makes no negative outage
		t.down = time.Time{}
	}
	t.status, t.since = to, r.At
	return t.stamp(c), true
}

// count adds r to the current streak or starts a new one.
func (t *Tracker) count(r Result) {
	if t.isGap(r.At.Sub(t.last)) {
		t.run = 0
	}
	t.seen, t.last = r.At, r.At
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
