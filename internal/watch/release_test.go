package watch

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// runs is a probe of a target that tells one release after the other, and the
// last for ever; "" tells none, one with a ! fails.
func runs(releases ...string) health.Probe {
	n := -1
	return func(ctx context.Context) health.Result {
		n = min(n+1, len(releases)-1)
		id, failed := strings.CutSuffix(releases[n], "!")
		r := passes(ctx)
		if failed {
			r = refuses(ctx)
		}
		r.Answer = &health.Answer{Report: &health.Report{ReleaseID: foreign.Text(id)}}
		return r
	}
}

func TestReleasesAreMarked(t *testing.T) {
	tests := []struct {
		name     string
		releases []string // every ten seconds
		want     string
	}{
		{"always one", []string{"1", "1", "1"}, ""},
		{"none", []string{"", "", ""}, ""},
		{"another", []string{"2.3.9", "2.4.0"}, "2.4.0, was 2.3.9"},
		{"another, after one that did not say", []string{"1", "", "2"}, "2, was 1"},
		{"another, which fails", []string{"1", "2!", "2!"}, "2, was 1"},
		{"two at once: one mark a minute", []string{"1", "2", "1", "2", "1", "2", "1", "1"}, "2, was 1; 1, was 2"},
		{"one more within the minute is told later", []string{"1", "2", "3"}, "2, was 1; 3, was 2"},
		{"back within the minute", []string{"1", "2", "1", "2", "2"}, "2, was 1"},
		{"an endless one", []string{"1", strings.Repeat("x", 1000)}, strings.Repeat("x", maxRelease-1) + "…, was 1"},
		{"a hostile one", []string{"1", "2\x1b[2J\n"}, `2\x1b[2J\n, was 1`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("app"), runs(tt.releases...)})
				play(t, c, 3*time.Minute)
				var texts []string
				for _, e := range l.changes {
					if e.Change.Mark == health.Released {
						texts = append(texts, string(e.Change.Text))
					}
				}
				if got := strings.Join(texts, "; "); got != tt.want {
					t.Errorf("marked %q, want %q", got, tt.want)
				}
			})
		})
	}
}

// TestAReleaseIsMarkedAfterWhatItBrings, and says what holds then.
func TestAReleaseIsMarkedAfterWhatItBrings(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		once := func(s *health.Spec) { s.Thresholds = health.Thresholds{Unhealthy: 2, Healthy: 1} }
		c, l := watching(Check{spec("app", once), runs("1!", "1!", "2")})
		play(t, c, time.Minute)
		last := l.changes[len(l.changes)-1].Change
		if got, want := fmt.Sprint(l.moves("")), "[app UNKNOWN>UNHEALTHY app UNHEALTHY>HEALTHY app •released]"; got != want || last.To != health.Healthy {
			t.Errorf("recorded %s, want %s; the mark is %+v", got, want, last)
		}
	})
}

// TestReleasesThroughAPause: a pause for a rollout does not hide it; another
// target's releases are compared with nobody's.
func TestReleasesThroughAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("app"), runs("1", "2")})
		stop := running(t, c)
		defer stop()
		time.Sleep(time.Second)
		c.Pause("app", "ada", "")
		time.Sleep(time.Hour)
		c.Resume("app", "ada")
		time.Sleep(2 * time.Minute)
		c.Add(Check{spec("app", func(s *health.Spec) { s.Target = "tcp://192.0.2.9:80" }), runs("3")})
		time.Sleep(2 * time.Minute)
		if got := strings.Count(fmt.Sprint(l.moves("")), "released"); got != 1 {
			t.Errorf("%d releases: %v", got, l.moves(""))
		}
	})
}
