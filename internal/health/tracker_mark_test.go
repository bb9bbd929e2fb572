package health

import (
	"testing"
	"time"
)

// TestAMarkSaysWhatHolds: as the newest change of a check it has a restart go on
// as the change before it would have. Only a suspicion is counted anew.
func TestAMarkSaysWhatHolds(t *testing.T) {
	for _, results := range []string{"+", "++", "+-", "+--", "--", "--+", "+w", "w", "+-+-+-+-+", "+-+-+-+-"} {
		before := tracker(2, 2)
		_, changes := play(before, results)
		end := time.Unix(0, 0).Add(time.Duration(len(results)) * tick)
		mark := before.Mark(Restarted, end)
		if mark.Moved() || mark.From != mark.To {
			t.Fatalf("%s: %+v", results, mark)
		}
		byChange, byMark := tracker(2, 2), tracker(2, 2)
		byChange.Recall(stored(t, changes[len(changes)-1]), end)
		byMark.Recall(stored(t, mark), end)
		var want, got State
		byChange.Fill(&want)
		byMark.Fill(&got)
		if want.Status == Degrading {
			want.Fails, want.Passes = 0, 0
		}
		if got.Status != want.Status || !got.Since.Equal(want.Since) || !got.Down.Equal(want.Down) || got.Fails != want.Fails || got.Passes != want.Passes ||
			byMark.Flapping() != byChange.Flapping() {
			t.Errorf("%s: by a mark %+v, by the change before it %+v", results, got, want)
		}
	}
}

// TestAMarkIsNoObservation: who marks a check that nobody has asked yet does not
// make the time before observed.
func TestAMarkIsNoObservation(t *testing.T) {
	before := tracker(2, 2)
	play(before, "++")
	alive := time.Unix(0, 0).Add(tick)
	tr := tracker(2, 2)
	tr.Recall(before.Mark(Restarted, alive.Add(time.Hour)), alive)
	if !tr.Counted().Equal(alive) {
		t.Errorf("observed until %v, want %v", tr.Counted(), alive)
	}
	changes := tr.Observe(Result{At: alive.Add(time.Hour + tick), Verdict: Pass})
	if len(changes) != 1 || changes[0].Overlay != Stale || !changes[0].Began.Equal(alive) {
		t.Errorf("then told %+v, want the gap of an hour", changes)
	}
}

// TestAMarkBeforeAnything: of a status that never began there is no beginning.
func TestAMarkBeforeAnything(t *testing.T) {
	tr := tracker(2, 2)
	tr.Recall(stored(t, tracker(2, 2).Mark(Registered, time.Unix(100, 0))), time.Unix(200, 0))
	if status, since := tr.Status(); status != Unknown || !since.IsZero() || !tr.Counted().IsZero() {
		t.Errorf("%s since %v, observed until %v", status, since, tr.Counted())
	}
}

// TestAHeartbeatSpeaksForItsPeriod: that nobody looked is a gap only when one may
// have been missed.
func TestAHeartbeatSpeaksForItsPeriod(t *testing.T) {
	spec := &Spec{Name: "backup", Interval: Duration(30 * time.Second), Period: Duration(24 * time.Hour), Grace: Duration(time.Hour), Thresholds: Thresholds{1, 1}}
	for _, tt := range []struct {
		away time.Duration
		gap  bool
	}{{time.Minute, false}, {25 * time.Hour, false}, {25*time.Hour + time.Second, true}} {
		tr, at := NewTracker(spec), time.Unix(1e9, 0)
		tr.Observe(Result{At: at, Verdict: Pass})
		changes := tr.Observe(Result{At: at.Add(tt.away), Verdict: Pass})
		if gap := len(changes) == 1 && changes[0].Overlay == Stale; gap != tt.gap {
			t.Errorf("after %v told %+v, want a gap: %v", tt.away, changes, tt.gap)
		}
	}
	tr, at := NewTracker(spec), time.Unix(1e9, 0)
	tr.Observe(Result{At: at, Verdict: Pass})
	hourly := *spec
	hourly.Period, hourly.Grace = Duration(time.Hour), Duration(time.Minute)
	tr.Retune(&hourly, at)
	if changes := tr.Observe(Result{At: at.Add(8 * time.Hour), Verdict: Pass}); len(changes) != 1 {
		t.Errorf("after another period told %+v, want a gap", changes)
	}
}
