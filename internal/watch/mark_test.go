package watch

import (
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestMarksMoveNothing, and say what holds: after a restart everything goes on
// as it was, also when a mark is the newest that is known.
func TestMarksMoveNothing(t *testing.T) {
	tests := []struct {
		name, results string
		pause         bool
		then, want    string
	}{
		{"before anything", "?", false, "+", "UNKNOWN>HEALTHY"},
		{"well", "++", false, "+", ""},
		{"down", "--", false, "-", ""},
		{"down, and up again", "--", false, "++", "UNHEALTHY>HEALTHY"},
		{"degrading", "+w", false, "w", ""},
		{"flapping", "+-+-+-+", false, "+", ""},
		{"paused in an outage", "--", true, "-", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db"), recites(tt.results)})
				stop := running(t, c)
				time.Sleep(time.Duration(10*len(tt.results))*time.Second - 5*time.Second)
				if tt.pause {
					c.Pause("db", "ada", "")
				}
				before := l.last(t, "db")
				if !c.Mark("db", health.Restarted, "token ci", "for the 2nd time") || c.Mark("nobody", health.Restarted, "", "") {
					t.Error("Mark does not say whether there is such a check")
				}
				mark := l.changes[len(l.changes)-1].Change
				if mark.Mark != health.Restarted || mark.By != "token ci" || mark.Text != "for the 2nd time" || mark.Moved() ||
					mark.From != before.Status || mark.To != before.Status || !mark.Down.Equal(before.Down) || !mark.Since.Equal(before.Since) {
					t.Errorf("recorded %+v", mark)
				}
				stop()
				time.Sleep(time.Second)
				heads, alive := l, c.Alive()
				c, l = again(t, heads, alive, Check{spec("db"), recites(tt.then)})
				if tt.pause {
					c.Pause("db", "ada", "")
				}
				if st := l.last(t, "db"); st.Status != before.Status || !st.Down.Equal(before.Down) || !st.Since.Equal(before.Since) || st.Has(health.Paused) && !tt.pause {
					t.Errorf("after the restart: %+v, was %+v", st, before)
				}
				play(t, c, time.Duration(10*len(tt.then))*time.Second-time.Second)
				if got := l.told("db"); got != tt.want {
					t.Errorf("recorded %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// TestAMarkThenRemoval is how one signs off.
func TestAMarkThenRemoval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching()
		stop := running(t, c)
		defer stop()
		c.Add(Check{spec("db"), refuses})
		c.Mark("db", health.Registered, "192.0.2.7", "")
		time.Sleep(25 * time.Second)
		c.Mark("db", health.Deregistered, "192.0.2.7", "")
		c.Remove("db")
		if got, want := strings.Join(l.moves("db"), ", "), "db •registered, db UNKNOWN>UNHEALTHY, db •removed, db UNHEALTHY>UNKNOWN"; got != want {
			t.Errorf("recorded %s, want %s", got, want)
		}
	})
}
