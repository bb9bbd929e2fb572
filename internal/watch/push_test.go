package watch

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A deaf canary hears nothing: every silence is our own fault.
type deaf struct{}

func (deaf) Excuse(context.Context, netip.Addr) (health.Reason, foreign.Text) {
	return health.LocalNetwork, "no carrier"
}

// job returns the definition of a heartbeat that is due every day.
func job(s *health.Spec) {
	s.Target, s.Period, s.Grace = "push://"+s.Name, health.Duration(24*time.Hour), health.Duration(time.Hour)
	s.Thresholds = health.Thresholds{Unhealthy: 1, Healthy: 1}
}

// TestNoCanaryExcusesAMissingHeartbeat: that nobody called is no silence of the
// network's.
func TestNoCanaryExcusesAMissingHeartbeat(t *testing.T) {
	for _, reason := range []health.Reason{health.NoHeartbeat, health.JobFailed} {
		synctest.Test(t, func(t *testing.T) {
			c, l := watching(Check{spec("backup", job), says(health.Fail, reason)})
			c.Canary = deaf{}
			play(t, c, 20*time.Second)
			if got := l.told("backup"); got != "UNKNOWN>UNHEALTHY" || c.Stats().Excused != 0 {
				t.Errorf("%s: recorded %s", reason, got)
			}
		})
	}
}

// TestWhatAJobSaysIsNotDoubted: that we were held up explains that nothing was
// heard, but not that a job said that it failed.
func TestWhatAJobSaysIsNotDoubted(t *testing.T) {
	for reason, want := range map[health.Reason]health.Verdict{health.NoHeartbeat: health.Indeterminate, health.JobFailed: health.Fail} {
		synctest.Test(t, func(t *testing.T) {
			var c *Checks
			c, l := watching(Check{spec("backup", job), func(ctx context.Context) health.Result {
				c.heart.plan(time.Now().Add(-time.Second)) // the beat is overdue
				return says(health.Fail, reason)(ctx)
			}})
			play(t, c, time.Second)
			if st := l.last(t, "backup"); st.Last.Verdict != want {
				t.Errorf("%s while we were held up is judged %s, want %s", reason, st.Last.Verdict, want)
			}
		})
	}
}

// TestAwayIsNoGapOfAHeartbeat that is due long after: what was missed meanwhile
// is the question of who hears them. It is one when we were away for longer than
// the heartbeat may take.
func TestAwayIsNoGapOfAHeartbeat(t *testing.T) {
	for _, tt := range []struct {
		away time.Duration
		want string
	}{{8 * time.Hour, ""}, {26 * time.Hour, "-STALE"}} {
		synctest.Test(t, func(t *testing.T) {
			c, l := watching(Check{spec("backup", job), passes})
			play(t, c, time.Minute)
			time.Sleep(tt.away)
			c, l = again(t, l, c.Alive(), Check{spec("backup", job), passes})
			play(t, c, time.Minute)
			if got := l.told("backup"); got != tt.want {
				t.Errorf("away for %v: recorded %q, want %q", tt.away, got, tt.want)
			}
		})
	}
}

// TestAwayIsTold before the next question: of a SIGSTOP and of a suspension, and
// not of a planned rest.
func TestAwayIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var away []time.Duration
		asked := 0
		c, _ := watching(Check{spec("backup", job), func(ctx context.Context) health.Result {
			asked++
			return passes(ctx)
		}})
		c.Away = func(from, until time.Time) {
			if now := time.Now(); !until.Equal(now) {
				t.Errorf("until %v, and it is %v", until, now)
			}
			away = append(away, until.Sub(from))
		}
		slept := c.heart.slept
		c.heart.asleep = func() time.Duration { return slept }
		stop := running(t, c)
		time.Sleep(5 * time.Minute) // it rests between questions
		if len(away) != 0 {
			t.Errorf("told of %v", away)
		}
		c.heart.plan(time.Now().Add(-40 * time.Second))
		c.Hurry("backup")
		time.Sleep(time.Second)
		c.heart.mu.Lock()
		slept += time.Hour
		c.heart.mu.Unlock()
		c.Hurry("backup")
		time.Sleep(time.Second)
		stop()
		if len(away) != 2 || away[0] != 40*time.Second || away[1] != time.Hour {
			t.Errorf("told of %v, want 40 seconds and an hour", away)
		}
	})
}

// TestAnotherPeriodIsHeeded at once: the probe of a heartbeat is made with its
// definition.
func TestAnotherPeriodIsHeeded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("backup", job), passes})
		stop := running(t, c)
		time.Sleep(time.Minute)
		c.Set([]Check{{spec("backup", job, func(s *health.Spec) { s.Period = health.Duration(time.Hour) }), says(health.Fail, health.NoHeartbeat)}})
		c.Hurry("backup")
		time.Sleep(time.Minute)
		stop()
		if got := l.told("backup"); got != "UNKNOWN>HEALTHY, HEALTHY>UNHEALTHY" {
			t.Errorf("recorded %s", got)
		}
	})
}
