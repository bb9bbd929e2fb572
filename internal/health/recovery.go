package health

import "time"

// A Recovery is what has come of the end of an outage: a streak of passes that
// is too short yet to believe it. No change tells of it, so it is kept apart for
// a restart: else the end would be late by as long as the streak was.
type Recovery struct {
	Check  string    `json:"check"`
	Began  time.Time `json:"began"`  // the first pass
	Passes int       `json:"passes"` // so far
}

// Recovery returns the recovery under way; ok is false when there is none.
func (t *Tracker) Recovery() (r Recovery, ok bool) {
	if t.status != Unhealthy || t.run <= 0 {
		return Recovery{}, false
	}
	return Recovery{Check: t.check, Began: t.began, Passes: t.run}, true
}

// TakeUp takes up the recovery that was under way when the process that judged
// before ended, after [Tracker.Recall] and before the first result. It goes on
// with the next pass, unless that comes after a gap. One that is not of the
// outage that goes on, or began when nobody is known to have observed anything,
// is ignored.
func (t *Tracker) TakeUp(r Recovery) {
	if t.status == Unhealthy && r.Passes > 0 && r.Began.After(t.since) && !r.Began.After(t.seen) {
		t.run, t.began = r.Passes, r.Began
	}
}
