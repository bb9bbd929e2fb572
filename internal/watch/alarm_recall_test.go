package watch

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestAlarmsThroughARestart: an alert about ourselves that was on goes on, told
// once, or ends when all checks were asked and none is blind.
func TestAlarmsThroughARestart(t *testing.T) {
	const fds, resolver = "portreeve.local_fds", "portreeve.local_resolver"
	tests := []struct {
		name      string
		then, too string // what two checks answer
		want      string
		on        bool
	}{
		{name: "all is well", then: "+", too: "-", want: "UNHEALTHY>HEALTHY"},
		{name: "it goes on", then: "?", too: "?", want: "", on: true},
		{name: "for one of two", then: "?", too: "+", want: "", on: true},
		{name: "and ends later", then: "???+", too: "+", want: "UNHEALTHY>HEALTHY"},
		{name: "one unknown result more", then: "?+", too: "+", want: "UNHEALTHY>HEALTHY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db"), recites("?")}, Check{spec("web"), recites("?")})
				play(t, c, time.Minute)
				began := l.last(t, fds).Down
				time.Sleep(time.Hour)
				c, l = again(t, l, c.Alive(), Check{spec("db"), recites(tt.then)}, Check{spec("web"), recites(tt.too)})
				if st := l.last(t, fds); st.Status != health.Unhealthy || !st.Down.Equal(began) || st.Last.Reason != health.LocalFDs {
					t.Errorf("before anything is asked: %+v", st)
				}
				play(t, c, time.Minute)
				if got := l.told(fds); got != tt.want {
					t.Errorf("recorded %s, want %s", got, tt.want)
				}
				st := l.last(t, fds)
				if on := st.Status == health.Unhealthy; on != tt.on {
					t.Errorf("in the end: %+v", st)
				}
				for _, e := range l.changes {
					if c := e.Change; c.Check == fds && (c.Outage < health.Duration(time.Hour) || c.Epoch != "") {
						t.Errorf("recorded %+v", c)
					}
				}
				if got := l.told(resolver); got != "" {
					t.Errorf("of another fault: %s", got)
				}
			})
		})
	}
}

// TestAlarmsOfNobodyEnd: there is no check left that could be blind.
func TestAlarmsOfNobodyEnd(t *testing.T) {
	for name, then := range map[string]func(*Checks){
		"none is set":    func(c *Checks) { c.Set(nil) },
		"all are paused": func(c *Checks) { c.Pause("db", "ada", "") },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db"), recites("?")})
				play(t, c, time.Minute)
				c, l = again(t, l, c.Alive(), Check{spec("db"), recites("?")})
				then(c)
				play(t, c, time.Minute)
				if got := l.told("portreeve.local_fds"); got != "UNHEALTHY>HEALTHY" {
					t.Errorf("recorded %s", got)
				}
			})
		})
	}
}

// TestAnAlarmThatWasOverIsOver: nothing is told of it at a start.
func TestAnAlarmThatWasOverIsOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db"), recites("???+")})
		play(t, c, time.Minute)
		c, l = again(t, l, c.Alive(), Check{spec("db"), recites("+++???")})
		if n := len(l.of("portreeve.local_fds")); n != 0 {
			t.Errorf("told %d times", n)
		}
		play(t, c, time.Minute)
		if got := l.told("portreeve.local_fds"); got != "HEALTHY>UNHEALTHY" {
			t.Errorf("recorded %s", got)
		}
	})
}
