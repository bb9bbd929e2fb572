package health

import (
	"slices"
	"time"
)

// Recall takes up what was believed when the process that judged before ended:
// head is the newest change of the check, alive when that process is last known
// to have observed anything. Since only changes are kept, the streak is taken up
// where the head tells it: that of a suspicion is one failure long, an outage has
// all it takes, and what had come of its recovery is forgotten, unless it was kept
// apart ([Tracker.TakeUp]). What comes more than [MaxGap] intervals after alive
// comes after a gap. A new tracker recalls once, before its first result; a head
// that makes no sense is ignored.
func (t *Tracker) Recall(head Change, alive time.Time) {
	if !slices.Contains(Statuses(), head.To) {
		return
	}
	t.status, t.since = head.To, head.At
	if head.Mark != "" || !head.Since.IsZero() { // a mark may be older than any status
		t.since = head.Since
	}
	if at := head.observed(); at.After(alive) {
		alive = at
	}
	if head.Has(Flapping) {
		t.flaps = flapping(alive)
	}
	if head.To != Unknown { // else there is nothing that a gap could interrupt
		t.seen, t.due = alive, t.patience(alive)
		t.recallStreak(head)
	}
}

// recallStreak takes up the streak behind a status.
func (t *Tracker) recallStreak(head Change) {
	moved := head.Moved()
	switch {
	case head.To == Unhealthy:
		t.run, t.down = -t.thresholds.Unhealthy, head.Down
		if t.down.IsZero() {
			t.down = head.Began
		}
		t.began = t.down
	case head.To == Healthy:
		t.run, t.began = t.thresholds.Healthy, t.since
	case moved && head.From == Healthy && !head.Reason.Warning() && !head.Reason.Local():
		t.run, t.began = -1, head.Began
	case moved:
		t.run, t.began, t.warning = 1, head.Began, true
	}
}
