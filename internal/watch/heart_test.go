package watch

import (
	"context"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestExcuse is the rule by which a failure proves nothing.
func TestExcuse(t *testing.T) {
	const s = time.Second
	tests := []struct {
		name          string
		meanwhile     pulse // what went wrong while it was asked
		timeout, took time.Duration
		want          health.Reason
		text          string
	}{
		{"nothing", pulse{}, 2 * s, 2 * s, "", ""},
		{"held up for a little", pulse{starved: 400 * time.Millisecond}, 2 * s, 2 * s, "", ""},
		{"held up for half a second", pulse{starved: s / 2}, 5 * s, 5 * s, health.LocalOverload, "held up for 500ms"},
		{"held up for a quarter of a short timeout", pulse{starved: s / 4}, s, s, health.LocalOverload, "held up"},
		{"held up by the noise of any machine", pulse{starved: noise - 1}, s / 10, s / 10, "", ""},
		{"looked late", pulse{}, 2 * s, 3 * s, health.LocalOverload, "after 3s, with a timeout of 2s"},
		{"looked a little late", pulse{}, 2 * s, 2*s + 100*time.Millisecond, "", ""},
		{"the machine slept", pulse{slept: 8 * time.Hour, skew: 8 * time.Hour}, 2 * s, 2 * s, health.LocalClock, "suspended for 8h0m0s"},
		{"the clock was set forward", pulse{skew: 24 * time.Hour}, 2 * s, 2 * s, health.LocalClock, "set by +86400 s"},
		{"the clock was set back", pulse{skew: -24 * time.Hour}, 2 * s, 2 * s, health.LocalClock, "set by -86400 s"},
		{"the clock was trimmed", pulse{skew: 100 * time.Millisecond}, 2 * s, 2 * s, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			before := pulse{starved: 3 * s, slept: 5 * s, skew: -7 * s}
			after := pulse{before.starved + tt.meanwhile.starved, before.slept + tt.meanwhile.slept, before.skew + tt.meanwhile.skew}
			got, text := before.excuse(after, tt.timeout, tt.took)
			if got != tt.want || !strings.Contains(string(text), tt.text) {
				t.Errorf("excused by %q %q, want %q %q", got, text, tt.want, tt.text)
			}
		})
	}
}

// TestHeart: what is late counts, also before the late beat has come, and once.
func TestHeart(t *testing.T) {
	start := time.Now()
	h := newHeart()
	h.asleep = func() time.Duration { return h.slept }
	at := func(ms int) time.Time { return start.Add(time.Duration(ms) * time.Millisecond) }
	h.beat(at(0))
	h.plan(at(100))
	h.beat(at(130)) // noise
	h.plan(at(200))
	if p := h.now(at(240)); p.starved != 0 {
		t.Errorf("starved for %v by noise", p.starved)
	}
	if p := h.now(at(1200)); p.starved != time.Second {
		t.Errorf("starved for %v, want the second that the beat is overdue", p.starved)
	}
	h.beat(at(2200))
	h.plan(at(2300))
	if p := h.now(at(2300)); p.starved != 2*time.Second {
		t.Errorf("starved for %v, want the two seconds", p.starved)
	}
	h.beat(at(2250)) // early, for somebody was in a hurry
	if p := h.last(); p.starved != 2*time.Second {
		t.Errorf("pulse = %+v", p)
	}
}

// TestClocksAreRead: the real ones do not come apart while a test runs.
func TestClocksAreRead(t *testing.T) {
	h := newHeart()
	if p := h.now(time.Now()); p.slept > jump || p.slept < -jump || p.skew > jump || p.skew < -jump {
		t.Errorf("pulse = %+v", p)
	}
}

// TestWhatIsAskedWhileTheMachineSleeps is void, and later questions are not.
func TestWhatIsAskedWhileTheMachineSleeps(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db"), silent})
		slept := c.heart.slept
		c.heart.asleep = func() time.Duration { return slept }
		stop := running(t, c)
		time.Sleep(time.Second) // the first question has been asked
		c.heart.mu.Lock()
		slept += time.Hour
		c.heart.mu.Unlock()
		time.Sleep(4 * time.Second)
		if st := l.last(t, "db"); st.Unknowns[health.LocalClock] != 1 || st.Last.Reason != health.LocalClock {
			t.Errorf("what was asked when the machine slept is told as %+v", st.Last)
		}
		time.Sleep(20 * time.Second)
		stop()
		st := l.last(t, "db")
		if st.Last.Reason != health.Timeout {
			t.Errorf("what was asked later is told as %+v", st.Last)
		}
		if n := c.Stats().Void; n != 1 {
			t.Errorf("%d answers void", n)
		}
	})
}

// TestASleepIsAGap: the first result after it carries the wall clock's time
// alone.
func TestASleepIsAGap(t *testing.T) {
	var target target
	for i, slept := range []time.Duration{0, 0, time.Hour, time.Hour, time.Hour + jump/2} {
		r := health.Result{At: time.Now()}
		target.date(pulse{slept: slept}, &r)
		if stripped := r.At == r.At.Round(0); stripped != (i == 2) {
			t.Errorf("result %d, with %v slept so far: without the monotonic clock %v", i, slept, stripped)
		}
	}
}

// TestAStarvedWheel holds up the goroutine that turns the wheel, as a lack of
// CPU time does: failures are void, passes stay what they are.
func TestAStarvedWheel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slowly := func(ctx context.Context) health.Result {
			time.Sleep(1900 * time.Millisecond)
			return passes(ctx)
		}
		c, l := watching(Check{spec("down"), silent}, Check{spec("up"), slowly})
		stop := running(t, c)
		time.Sleep(500 * time.Millisecond)                    // both are being asked
		c.heart.plan(time.Now().Add(-700 * time.Millisecond)) // the beat is overdue
		time.Sleep(4 * time.Second)
		if st := l.last(t, "down"); st.Last.Reason != health.LocalOverload || st.Fails != 0 {
			t.Errorf("a failure while we were held up is told as %+v", st.Last)
		}
		if st := l.last(t, "up"); st.Last.Verdict != health.Pass {
			t.Errorf("a pass while we were held up is told as %+v", st.Last)
		}
		time.Sleep(30 * time.Second)
		stop()
		if st := l.last(t, "down"); st.Status != health.Unhealthy {
			t.Errorf("later told as %s", st.Status)
		}
	})
}
