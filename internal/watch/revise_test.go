package watch

import (
	"context"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// secretly gives a check a header that holds a secret.
func secretly(value string) func(*health.Spec) {
	return func(s *health.Spec) { s.Headers = map[string]string{"authorization": value} }
}

// TestAnotherPaceIsTheSameQuestion: a reload that changes how often a check is
// asked, how long an answer may take, or how many it takes to believe them, in
// an outage, records nothing; the outage goes on and ends once, with its full
// length.
func TestAnotherPaceIsTheSameQuestion(t *testing.T) {
	tests := []struct {
		name   string
		change func(*health.Spec)
	}{
		{"nothing", func(*health.Spec) {}},
		{"a shorter interval", func(s *health.Spec) {
			s.Interval, s.Timeout = health.Duration(time.Second), health.Duration(500*time.Millisecond)
		}},
		{"a longer interval", func(s *health.Spec) { s.Interval = health.Duration(30 * time.Second) }},
		{"a timeout", func(s *health.Spec) { s.Timeout = health.Duration(5 * time.Second) }},
		{"a retry interval", func(s *health.Spec) { s.RetryInterval = health.Duration(time.Second) }},
		{"more failures", func(s *health.Spec) { s.Thresholds = health.Thresholds{Unhealthy: 20, Healthy: 2} }},
		{"fewer", func(s *health.Spec) { s.Thresholds = health.Thresholds{Unhealthy: 1, Healthy: 1} }},
		{"a profile", func(s *health.Spec) { s.Profile = "k8s" }},
		{"a header's value", secretly("Bearer 2")},
		{"the body", func(s *health.Spec) { s.Body = "password=hunter2" }},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var up atomic.Bool
				ask := func(ctx context.Context) health.Result {
					if up.Load() {
						return passes(ctx)
					}
					return refuses(ctx)
				}
				c, l := watching(Check{spec("db", secretly("Bearer 1")), ask})
				stop := running(t, c)
				time.Sleep(25 * time.Second)
				down := l.last(t, "db").Down
				c.Set([]Check{{spec("db", secretly("Bearer 1"), tt.change), ask}})
				time.Sleep(2 * time.Minute)
				up.Store(true)
				back := time.Now()
				time.Sleep(2 * time.Minute)
				stop()
				if got, want := l.told("db"), "UNKNOWN>UNHEALTHY, UNHEALTHY>HEALTHY"; got != want {
					t.Fatalf("recorded %s, want %s", got, want)
				}
				if got := l.changes[1].Change; time.Duration(got.Outage) != got.Began.Sub(down) || got.Began.Before(back) {
					t.Errorf("an outage of %v, from %v to the first pass after %v", got.Outage, down, back)
				}
			})
		})
	}
}

// TestTheStreakGoesOnAtAnotherPace, counted by the new thresholds, and a gap is
// one by the interval that held while nobody asked.
func TestTheStreakGoesOnAtAnotherPace(t *testing.T) {
	every := func(d time.Duration) func(*health.Spec) {
		return func(s *health.Spec) { s.Interval = health.Duration(d) }
	}
	it := func(unhealthy, healthy int) func(*health.Spec) {
		return func(s *health.Spec) { s.Thresholds = health.Thresholds{Unhealthy: unhealthy, Healthy: healthy} }
	}
	tests := []struct {
		name          string
		before, after func(*health.Spec)
		results       string
		set           time.Duration // after the first result
		want          string
	}{
		{"two failures count for three", it(5, 2), it(3, 2), "+---", 25 * time.Second, "UNKNOWN>HEALTHY, HEALTHY>DEGRADING, DEGRADING>UNHEALTHY"},
		{"one is not enough for three", it(2, 2), it(3, 2), "+--+", 15 * time.Second, "UNKNOWN>HEALTHY, HEALTHY>DEGRADING, DEGRADING>HEALTHY"},
		{"passes of a recovery count", it(1, 9), it(1, 3), "-+++", 25 * time.Second, "UNKNOWN>UNHEALTHY, UNHEALTHY>HEALTHY"},
		{"from an hour to seconds: no gap", every(time.Hour), every(10 * time.Second), "+--", 90 * time.Minute, "UNKNOWN>HEALTHY, HEALTHY>DEGRADING, DEGRADING>UNHEALTHY"},
		{"from seconds to an hour: no gap", every(10 * time.Second), every(time.Hour), "+--", 15 * time.Second, "UNKNOWN>HEALTHY, HEALTHY>DEGRADING, DEGRADING>UNHEALTHY"},
		{"flapping", it(2, 2), it(2, 3), "+-+-+-+", 65 * time.Second, "UNKNOWN>HEALTHY, HEALTHY>DEGRADING, DEGRADING>HEALTHY, HEALTHY>DEGRADING, DEGRADING>HEALTHY, HEALTHY>DEGRADING, DEGRADING>HEALTHY, +FLAPPING[FLAPPING]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				answers := recites(tt.results)
				c, l := watching(Check{spec("db", tt.before), answers})
				stop := running(t, c)
				time.Sleep(tt.set)
				c.Set([]Check{{spec("db", tt.after), answers}})
				time.Sleep(90 * time.Second)
				if tt.name == "from seconds to an hour: no gap" {
					time.Sleep(3 * time.Hour)
				}
				stop()
				if got := l.told("db"); got != tt.want {
					t.Errorf("recorded %s,\nwant %s", got, tt.want)
				}
			})
		})
	}
}

// TestAGapBeforeAReloadIsToldAfterIt, also when the new interval would allow for
// it.
func TestAGapBeforeAReloadIsToldAfterIt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := recites("+????+")
		c, l := watching(Check{spec("db"), answers})
		stop := running(t, c)
		time.Sleep(45 * time.Second)
		c.Set([]Check{{spec("db", func(s *health.Spec) { s.Interval = health.Duration(time.Minute) }), answers}})
		time.Sleep(2 * time.Minute)
		stop()
		if got, want := l.told("db"), "UNKNOWN>HEALTHY, -STALE"; got != want {
			t.Errorf("recorded %s, want %s", got, want)
		}
	})
}

// TestAnotherIntervalHoldsAtOnce: the next question comes within the shorter of
// the two, then the slots are the new ones; nobody looks old meanwhile.
func TestAnotherIntervalHoldsAtOnce(t *testing.T) {
	for _, tt := range []struct{ before, after time.Duration }{{time.Hour, 10 * time.Second}, {10 * time.Second, time.Hour}} {
		synctest.Test(t, func(t *testing.T) {
			every := func(d time.Duration) func(*health.Spec) {
				return func(s *health.Spec) { s.Interval = health.Duration(d) }
			}
			c, l := watching(Check{spec("db", every(tt.before)), passes})
			start := time.Now()
			stop := running(t, c)
			time.Sleep(3*tt.before + tt.before/2)
			set := time.Since(start)
			n := len(l.askedAt("db", start))
			c.Set([]Check{{spec("db", every(tt.after)), passes}})
			if st := l.last(t, "db"); st.Next.Sub(start) <= set || st.Next.Sub(start) > set+min(tt.before, tt.after) {
				t.Errorf("from %v to %v: next in %v", tt.before, tt.after, st.Next.Sub(start)-set)
			}
			time.Sleep(4 * tt.after)
			stop()
			at := l.askedAt("db", start)[n:]
			if len(at) < 4 || at[0]-set > min(tt.before, tt.after) {
				t.Fatalf("from %v to %v at %v: asked at %v", tt.before, tt.after, set, at)
			}
			for i := 2; i < len(at); i++ {
				if d := at[i] - at[i-1]; d < tt.after-tick || d > tt.after+tick {
					t.Errorf("from %v to %v: asked at %v", tt.before, tt.after, at)
				}
			}
			if got := l.statuses("db"); got != "UNKNOWN HEALTHY" {
				t.Errorf("from %v to %v: told %s", tt.before, tt.after, got)
			}
		})
	}
}

// TestAnotherSecretAsksAgain: the probe is the one that knows the new secret, an
// answer to the old one is not judged, and what is believed stays until the
// answers say something else.
func TestAnotherSecretAsksAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var old atomic.Int64
		hangs := func(ctx context.Context) health.Result {
			if old.Add(1) > 3 {
				<-ctx.Done()
			}
			return refuses(ctx)
		}
		c, l := watching(Check{spec("db", secretly("Bearer 1")), hangs})
		stop := running(t, c)
		for old.Load() < 4 {
			time.Sleep(100 * time.Millisecond)
		}
		before := l.last(t, "db")
		set := time.Now()
		c.Set([]Check{{spec("db", secretly("Bearer 2")), passes}})
		if st := l.last(t, "db"); st.Status != health.Unhealthy || !st.Down.Equal(before.Down) || st.Fails != before.Fails || st.Last != before.Last {
			t.Errorf("told %+v, before %+v", st, before)
		}
		time.Sleep(2 * time.Second)
		if st := l.last(t, "db"); st.Passes != 1 || st.Last.At.Before(set) || old.Load() != 4 {
			t.Errorf("then %+v; the old probe was asked %d times", st, old.Load())
		}
		time.Sleep(20 * time.Second)
		stop()
		if got, want := l.told("db"), "UNKNOWN>UNHEALTHY, UNHEALTHY>HEALTHY"; got != want {
			t.Errorf("recorded %s, want %s", got, want)
		}
		if epochs := l.changes; epochs[0].Change.Epoch != epochs[1].Change.Epoch {
			t.Errorf("%s and %s are two questions", epochs[0].Change.Epoch, epochs[1].Change.Epoch)
		}
	})
}

// TestAnotherSecretOfWhoIsPaused asks nobody.
func TestAnotherSecretOfWhoIsPaused(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db", secretly("Bearer 1")), refuses})
		stop := running(t, c)
		time.Sleep(25 * time.Second)
		c.Pause("db", "ada", "")
		c.Set([]Check{{spec("db", secretly("Bearer 2")), passes}})
		time.Sleep(time.Minute)
		if st := l.last(t, "db"); st.Status != health.Unhealthy || !st.Has(health.Paused) || !st.Next.IsZero() {
			t.Errorf("told %+v", st)
		}
		c.Resume("db", "ada")
		time.Sleep(time.Second)
		stop()
		if got, want := l.told("db"), "UNKNOWN>UNHEALTHY, +PAUSED[PAUSED] by ada, UNHEALTHY>UNKNOWN[PAUSED], -PAUSED by ada, UNKNOWN>HEALTHY"; got != want {
			t.Errorf("recorded %s, want %s", got, want)
		}
	})
}
