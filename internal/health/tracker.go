package health

import "time"

// MaxGap is how many intervals may pass without a result before streaks are
// forgotten: what happened in between was not observed. Of heartbeats, a whole
// period with its grace may pass.
const MaxGap = 3

// A Tracker judges the results of one check, in order. It counts strictly
// consecutive results: the opposite one zeroes the count, an unknown one
// neither breaks nor extends it. It is not safe for concurrent use.
type Tracker struct {
	check      string
	thresholds Thresholds
	reach      time.Duration // how long a result speaks for what follows; zero: for ever
	status     Status
	since      time.Time
	run        int       // length of the current streak; negative for failures
	warning    bool      // the current streak's last pass was a warning
	began      time.Time // first result of the current streak
	down       time.Time // first failure of the outage that is not over
	seen       time.Time // of the last result that counted
	due        time.Time // until then the next one continues it; zero: whenever it comes
	flaps      Flaps
}

// NewTracker returns a judge that believes nothing yet.
func NewTracker(s *Spec) *Tracker {
	return &Tracker{check: s.Name, thresholds: s.Thresholds, reach: reachOf(s), status: Unknown}
}

// reachOf returns how long a result of a check speaks for the time that follows.
// That of a heartbeat speaks for as long as the next one may take: whoever did not
// look meanwhile has missed nothing.
func reachOf(s *Spec) time.Duration {
	return max(MaxGap*time.Duration(s.Interval), time.Duration(s.Period+s.Grace))
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

// Mark returns the change that says that something happened to the check. The
// tracker is not concerned by it.
func (t *Tracker) Mark(m Mark, at time.Time) Change {
	return t.stamp(Change{From: t.status, To: t.status, At: at, Began: at, Mark: m})
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
	if !t.due.IsZero() {
		t.due = t.due.Add(d)
	}
}

// Retune takes the thresholds and the interval of another definition of the same
// question from a moment on. What is believed, and what was counted, stays: the
// next result is judged by the new ones. So no status moves by it, and an outage
// goes on. A gap is one by the interval that held while nobody observed.
func (t *Tracker) Retune(s *Spec, at time.Time) {
	t.thresholds = s.Thresholds
	if reach := reachOf(s); reach != t.reach {
		t.reach = reach
		if !t.due.IsZero() && !t.isGap(at) {
			t.due = t.patience(at)
		}
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
// out was not observed either, though no streak breaks over it. Where it was set
// back to before the last result, the gap is told by its true length, and when
// there was none, as one without length: whoever keeps a ledger by that clock has
// to know that it shows the same hours again.
func (t *Tracker) gap(r Result) (Change, bool) {
	if t.due.IsZero() {
		return Change{}, false
	}
	missed, back := t.isGap(r.At), r.At.Round(0).Before(t.seen.Round(0))
	if !missed && !back {
		return Change{}, false
	}
	c := t.Turn(Stale, true, r.At)
	switch {
	case back && missed:
		c.Began = r.At.Add(-max(r.At.Sub(t.seen), 0))
	case missed:
		c.Began = t.seen
	}
	if back {
		c.Reason, c.Text = LocalClock, "the clock was set back"
	}
	return c, true
}

// isGap reports whether a moment is too long after the last result, by either
// clock, for all in between to count as observed.
func (t *Tracker) isGap(at time.Time) bool { return t.isBreak(at) || t.isBreak(at.Round(0)) }

// isBreak reports whether a result at a moment comes too late to continue the
// streak: by the monotonic clock, if the moment is one of it.
func (t *Tracker) isBreak(at time.Time) bool { return !t.due.IsZero() && at.After(t.due) }

// patience returns until when a result continues what was observed at a moment.
func (t *Tracker) patience(at time.Time) time.Time {
	if t.reach <= 0 {
		return time.Time{}
	}
	return at.Add(t.reach)
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
	if t.isBreak(r.At) {
		t.run = 0
	}
	t.seen, t.due = r.At, t.patience(r.At)
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
