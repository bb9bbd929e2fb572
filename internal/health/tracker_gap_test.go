package health

import (
	"fmt"
	"strings"
	"testing"
	"time"
	"unsafe"
)

// gaps words the gaps among changes, in ticks: from the last result that counted
// to the next.
func gaps(changes []Change) string {
	var told []string
	for _, c := range changes {
		if c.Overlay == Stale {
			told = append(told, fmt.Sprintf("%d-%d", c.Began.Unix()/5, c.At.Unix()/5))
		}
	}
	return strings.Join(told, " ")
}

// TestWhatNobodyObservedIsTold: a gap ends with the first result after it that
// counts, and began with the last that did before.
func TestWhatNobodyObservedIsTold(t *testing.T) {
	tests := []struct{ name, results, want string }{
		{"no gap", "+++---", ""},
		{"before the first result", " +", ""},
		{"among passes", "++ ++", "2-8"},
		{"in an outage", "-- -", "2-8"},
		{"three intervals are none", "+??+", ""},
		{"a fourth is one, though we tried: our own fault", "+???+", "1-5"},
		{"it goes on while no result counts", "+ ??+", "1-9"},
		{"each is told", "+ + +", "1-7 7-13"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, changes := play(tracker(2, 2), tt.results)
			if got := gaps(changes); got != tt.want {
				t.Errorf("%q: gaps %q, want %q", tt.results, got, tt.want)
			}
		})
	}
}

// TestAGapIsToldBeforeWhatFollows by the same result, with the status that held
// through it.
func TestAGapIsToldBeforeWhatFollows(t *testing.T) {
	_, changes := play(tracker(1, 1), "+ -")
	if len(changes) != 3 || changes[1].Overlay != Stale || !changes[1].Ended || changes[1].From != Healthy || changes[1].To != Healthy || changes[2].To != Unhealthy {
		t.Errorf("changes = %+v", changes)
	}
}

// TestGapsAreOfTheEpoch: who begins anew has none behind it.
func TestGapsAreOfTheEpoch(t *testing.T) {
	tr := tracker(2, 2)
	play(tr, "++")
	tr.Restart(&Spec{Name: "api", Interval: Duration(tick), Thresholds: Thresholds{2, 2}}, time.Unix(1000, 0))
	if changes := tr.Observe(Result{At: time.Unix(2000, 0), Verdict: Pass}); gaps(changes) != "" {
		t.Errorf("after a pause: %+v", changes)
	}
}

// set returns a time as it is read when the wall clock was set by d: later by d,
// with the same monotonic reading, which is the second word of a time.Time.
func set(t time.Time, d time.Duration) time.Time {
	t = t.Add(d)
	(*[2]int64)(unsafe.Pointer(&t))[1] -= int64(d)
	return t
}

// TestGapsThroughClocks: what the monotonic clock says breaks a streak; what
// either clock says was not observed. A length is never negative; it is zero
// where the wall clock was set back alone, which is told so that whoever writes
// on its time knows where it begins again.
func TestGapsThroughClocks(t *testing.T) {
	const day, none = 24 * time.Hour, time.Duration(-1)
	tests := []struct {
		name   string
		passed time.Duration // truly
		set    time.Duration // by which the wall clock was set meanwhile
		want   time.Duration // of the gap told; none: none is
		streak bool          // goes on
	}{
		{"on time", tick, 0, none, true},
		{"late", time.Minute, 0, time.Minute, false},
		{"the clock was set forward", tick, day, day + tick, true},
		{"and back: it shows again what it has shown, and that was observed twice", tick, -day, 0, true},
		{"and back, by less than from one result to the next", tick, -tick / 2, none, true},
		{"forward while we were away", time.Minute, day, day + time.Minute, false},
		{"back while we were away", time.Minute, -day, time.Minute, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := tracker(2, 2)
			first := time.Now()
			tr.Observe(Result{At: first, Verdict: Fail})
			changes := tr.Observe(Result{At: set(first.Add(tt.passed), tt.set), Verdict: Fail})
			got := none
			for _, c := range changes {
				if c.Overlay == Stale {
					got = c.At.Round(0).Sub(c.Began.Round(0))
				}
			}
			if status, _ := tr.Status(); got != tt.want || (status == Unhealthy) != tt.streak {
				t.Errorf("a gap of %v and %s, want %v", got, status, tt.want)
			}
		})
	}
}
