package watch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func TestHurry(t *testing.T) {
	hourly := func(s *health.Spec) { s.Interval = health.Duration(time.Hour) }
	for _, tt := range []struct {
		name  string
		takes time.Duration // to answer
		hurry []time.Duration
		pause bool
		want  []time.Duration // when it is asked
	}{
		{"not at all", 0, nil, false, []time.Duration{0}},
		{"at rest", 0, []time.Duration{time.Minute}, false, []time.Duration{0, time.Minute}},
		{"again and again", 0, []time.Duration{time.Minute, 2 * time.Minute}, false, []time.Duration{0, time.Minute, 2 * time.Minute}},
		{"while it is asked, once more", time.Second, []time.Duration{200 * time.Millisecond, 400 * time.Millisecond}, false, []time.Duration{0, time.Second}},
		{"paused", 0, []time.Duration{time.Minute}, true, []time.Duration{0}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				for slotOfHour := time.Duration(phaseHash("job") % uint64(time.Hour)); ; time.Sleep(time.Minute) {
					if past := time.Duration(time.Now().UnixNano()) % time.Hour; (slotOfHour-past+time.Hour)%time.Hour > 10*time.Minute {
						break // no slot for a while
					}
				}
				var asked []time.Duration
				start := time.Now()
				c, _ := watching(Check{spec("job", hourly), func(ctx context.Context) health.Result {
					asked = append(asked, time.Since(start).Round(10*tick))
					time.Sleep(tt.takes)
					return passes(ctx)
				}})
				stop := running(t, c)
				time.Sleep(100 * time.Millisecond)
				if tt.pause {
					c.Pause("job", "ada", "")
				}
				for _, at := range tt.hurry {
					time.Sleep(time.Until(start.Add(at)))
					if !c.Hurry("job") || c.Hurry("nobody") {
						t.Error("Hurry does not say whether there is such a check")
					}
				}
				time.Sleep(4 * time.Minute)
				stop()
				if len(asked) != len(tt.want) {
					t.Fatalf("asked at %v, want %v", asked, tt.want)
				}
				for i := range asked {
					if off := asked[i] - tt.want[i]; off < 0 || off > 20*tick {
						t.Errorf("asked at %v, want %v", asked, tt.want)
					}
				}
			})
		})
	}
}

// TestHurryInLine: who waits for a place is not asked twice for it.
func TestHurryInLine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		c := &Checks{Sink: l, Log: quiet, InFlight: 1}
		c.Set([]Check{{spec("slow"), silent}})
		stop := running(t, c)
		start := time.Now()
		time.Sleep(time.Second)
		c.Add(Check{spec("job"), passes})
		time.Sleep(100 * time.Millisecond)
		for range 3 {
			c.Hurry("job")
		}
		time.Sleep(3 * time.Second)
		stop()
		if at := l.askedAt("job", start); len(at) != 1 || at[0] < 2*time.Second {
			t.Errorf("asked at %v", at)
		}
	})
}
