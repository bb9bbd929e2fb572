package watch

import (
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestPausesAreRecorded with who wanted them, once each; an outage goes on
// through one, and is closed by its end.
func TestPausesAreRecorded(t *testing.T) {
	off := func(s *health.Spec) { s.Paused = true }
	set := func(c *Checks, change ...func(*health.Spec)) { c.Set([]Check{{spec("db", change...), refuses}}) }
	tests := []struct {
		name string
		do   func(c *Checks)
		want string
		down bool // still
	}{
		{"paused twice", func(c *Checks) { c.Pause("db", "ada", ""); c.Pause("db", "bob", "") }, "+PAUSED[PAUSED] by ada", true},
		{"resumed twice", func(c *Checks) { c.Pause("db", "ada", ""); c.Resume("db", "bob"); c.Resume("db", "ada") },
			"+PAUSED[PAUSED] by ada, UNHEALTHY>UNKNOWN[PAUSED], -PAUSED by bob", false},
		{"resumed, and never paused", func(c *Checks) { c.Resume("db", "ada") }, "", true},
		{"by the configuration", func(c *Checks) { set(c, off); set(c, off) }, "+PAUSED[PAUSED] by configuration", true},
		{"and back", func(c *Checks) { set(c, off); set(c) }, "+PAUSED[PAUSED] by configuration, UNHEALTHY>UNKNOWN[PAUSED], -PAUSED by configuration", false},
		{"a reload that says nothing about it", func(c *Checks) { c.Pause("db", "ada", ""); set(c, func(s *health.Spec) { s.Title = "it" }) }, "+PAUSED[PAUSED] by ada", true},
		{"another question, paused", func(c *Checks) {
			set(c, off, func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" })
		}, "UNHEALTHY>UNKNOWN, +PAUSED[PAUSED] by configuration", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db"), refuses})
				stop := running(t, c)
				time.Sleep(30 * time.Second)
				l.forget()
				tt.do(c)
				if got := l.told("db"); got != tt.want {
					t.Errorf("recorded %s,\nwant %s", got, tt.want)
				}
				if all := l.recorded(); len(all) > 0 {
					if head := all[len(all)-1].Change; head.Down.IsZero() == tt.down || (head.To == health.Unhealthy) != tt.down {
						t.Errorf("in the end: %+v", head)
					}
				}
				stop()
			})
		})
	}
}

// TestAPauseSaysWhy to those who read of it, and its end does not.
func TestAPauseSaysWhy(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db"), refuses})
		stop := running(t, c)
		time.Sleep(25 * time.Second)
		l.forget()
		c.Pause("db", "ada", "moves to another rack")
		c.Pause("db", "bob", "because")
		c.Resume("db", "bob")
		c.Set([]Check{{spec("db", func(s *health.Spec) { s.Paused = true }), refuses}})
		stop()
		var got []string
		for _, e := range l.recorded() {
			if e.Change.Overlay == health.Paused {
				got = append(got, worded(e.Change)+" by "+string(e.Change.By)+": "+string(e.Change.Text))
			}
		}
		want := []string{"+PAUSED by ada: moves to another rack", "-PAUSED by bob: ", "+PAUSED by configuration: "}
		if !slices.Equal(got, want) {
			t.Errorf("recorded %q, want %q", got, want)
		}
	})
}

// TestMaintenanceIsRecorded as it begins and ends for each check, also for one
// that is set meanwhile; checks go on, and our own are in none.
func TestMaintenanceIsRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("shop-db"), recites("+--++")}, Check{spec("mail"), recites("?")})
		stop := running(t, c)
		time.Sleep(15 * time.Second)
		window := func(check string) (string, bool) { return "ada", check != "mail" }
		c.Maintain(window)
		c.Maintain(window)
		if st := l.last(t, "shop-db"); !st.Has(health.Maintenance) {
			t.Errorf("told %+v", st)
		}
		c.Set([]Check{{spec("shop-db"), passes}, {spec("shop-web"), passes}, {spec("mail"), recites("?")}})
		time.Sleep(15 * time.Second)
		c.Maintain(nil)
		time.Sleep(time.Minute)
		stop()
		for check, want := range map[string]string{
			"shop-db":             "UNKNOWN>HEALTHY, HEALTHY>DEGRADING, +MAINTENANCE[MAINTENANCE] by ada, DEGRADING>UNHEALTHY[MAINTENANCE], -MAINTENANCE, UNHEALTHY>HEALTHY",
			"shop-web":            "+MAINTENANCE[MAINTENANCE] by ada, UNKNOWN>HEALTHY[MAINTENANCE], -MAINTENANCE",
			"mail":                "",
			"portreeve.local_fds": "UNKNOWN>UNHEALTHY",
		} {
			if got := l.told(check); got != want {
				t.Errorf("%s: recorded %s,\nwant %s", check, got, want)
			}
		}
		if st := l.last(t, "shop-db"); st.Has(health.Maintenance) {
			t.Errorf("in the end: %+v", st)
		}
	})
}
