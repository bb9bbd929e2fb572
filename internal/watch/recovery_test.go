package watch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// TestARestartInARecovery: its passes count, unless too much time went by or it is
// of another question.
func TestARestartInARecovery(t *testing.T) {
	elsewhere := func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }
	tests := []struct {
		name    string
		results string
		away    time.Duration
		change  func(*health.Spec)
		then    string
		want    string
		early   bool // the outage ended before the restart
	}{
		{"goes on", "--+++", time.Second, nil, "+", "UNHEALTHY>HEALTHY", true},
		{"one pass is too few", "--++", time.Second, nil, "+-", "", false},
		{"broken after the restart", "--+++", time.Second, nil, "-++++", "UNHEALTHY>HEALTHY", false},
		{"broken before it", "--++-", time.Second, nil, "++++", "UNHEALTHY>HEALTHY", false},
		{"after a gap it begins anew", "--+++", time.Hour, nil, "++++", "-STALE, UNHEALTHY>HEALTHY", false},
		{"another question", "--+++", time.Second, elsewhere, "+", "-STALE, UNHEALTHY>UNKNOWN, UNKNOWN>HEALTHY", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				four := func(s *health.Spec) { s.Thresholds = health.Thresholds{Unhealthy: 2, Healthy: 4} }
				if tt.change == nil {
					tt.change = func(*health.Spec) {}
				}
				c, before := watching(Check{spec("db", four), recites(tt.results)}, Check{spec("web"), passes})
				play(t, c, time.Duration(10*len(tt.results))*time.Second-5*time.Second)
				recoveries, killed := c.Recoveries(), time.Now()
				time.Sleep(tt.away)
				l := &ledger{}
				again := &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet}
				again.Recall(before.heads(t), c.Alive(), recoveries)
				again.Set([]Check{{spec("db", four, tt.change), recites(tt.then)}, {spec("web"), passes}})
				play(t, again, time.Duration(10*len(tt.then))*time.Second)
				if got := l.told("db"); got != tt.want {
					t.Fatalf("%s, restart, %s: recorded %s, want %s", tt.results, tt.then, got, tt.want)
				}
				for _, e := range l.recorded() {
					if c := e.Change; c.From == health.Unhealthy && c.To.Up() && c.Began.Before(killed) != tt.early {
						t.Errorf("it ended at %v, and the restart was after %v", c.Began, killed)
					}
				}
			})
		})
	}
}

// TestRecoveriesAreOfThoseWhoAreAsked: of nobody who is up, paused or gone.
func TestRecoveriesAreOfThoseWhoAreAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		slow := func(s *health.Spec) { s.Thresholds = health.Thresholds{Unhealthy: 1, Healthy: 9} }
		down := func(name string) Check { return Check{spec(name, slow), recites("-++")} }
		c, _ := watching(down("db"), down("paused"), down("gone"), Check{spec("web"), passes}, Check{spec("mail"), refuses})
		stop := running(t, c)
		time.Sleep(25 * time.Second)
		if got := c.Recoveries(); len(got) != 3 {
			t.Errorf("at first %+v", got)
		}
		c.Pause("paused", "ada", "")
		c.Set([]Check{down("db"), down("paused"), {spec("web"), passes}, {spec("mail"), refuses}})
		got := c.Recoveries()
		stop()
		if len(got) != 1 || got[0].Check != "db" || got[0].Passes != 2 || got[0].Began.After(c.Alive()) {
			t.Errorf("then %+v, alive at %v", got, c.Alive())
		}
	})
}

// TestAsManyRecoveriesAsWePromise are kept, and no more are taken up.
func TestAsManyRecoveriesAsWePromise(t *testing.T) {
	const targets = MaxRecoveries + 10
	at := time.Now().Add(-time.Minute)
	before, l := &ledger{}, &ledger{}
	var checks []Check
	var recoveries []health.Recovery
	for i := range targets {
		s := spec(name(i), func(s *health.Spec) { s.Thresholds.Healthy = 9 })
		checks = append(checks, Check{s, passes})
		before.Record(event.Entry{Stream: event.CheckStream(s.Name), At: at, Change: &health.Change{Check: s.Name, From: health.Healthy, To: health.Unhealthy, At: at, Began: at, Down: at}})
		recoveries = append(recoveries, health.Recovery{Check: s.Name, Began: at.Add(time.Second), Passes: 3})
	}
	c := &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet}
	c.Recall(before.heads(t), at.Add(30*time.Second), recoveries)
	c.Set(checks)
	began := time.Now()
	got := c.Recoveries()
	if t.Logf("%d recoveries were listed in %v", len(got), time.Since(began)); len(got) != MaxRecoveries {
		t.Errorf("%d recoveries, want %d", len(got), MaxRecoveries)
	}
}
