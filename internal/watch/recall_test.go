package watch

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// heads returns the newest entry of each stream as it comes back from a journal.
func (l *ledger) heads(t *testing.T) []event.Entry {
	t.Helper()
	l.mu.Lock()
	defer l.mu.Unlock()
	newest := map[string]event.Entry{}
	for _, e := range l.changes {
		newest[e.Stream] = e
	}
	var heads []event.Entry
	for _, e := range newest {
		text, err := json.Marshal(e)
		if err != nil {
			t.Fatal(err)
		}
		var back event.Entry
		if err := json.Unmarshal(text, &back); err != nil {
			t.Fatal(err)
		}
		heads = append(heads, back)
	}
	return heads
}

// again starts anew with what a ledger has of those before.
func again(t *testing.T, before *ledger, alive time.Time, checks ...Check) (*Checks, *ledger) {
	t.Helper()
	l := &ledger{}
	c := &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet}
	c.Recall(before.heads(t), alive, nil)
	c.Set(checks)
	return c, l
}

// TestARestart plays results, kills, waits, and plays on: what is recorded then
// is what is news.
func TestARestart(t *testing.T) {
	elsewhere := func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }
	slower := func(s *health.Spec) { s.Interval, s.Title = health.Duration(12*time.Second), "the database" }
	tests := []struct {
		name    string
		results string // every ten seconds, from the first on
		away    time.Duration
		change  func(*health.Spec)
		then    string
		want    string
	}{
		{"nothing was known", "", 0, nil, "+", "UNKNOWN>HEALTHY"},
		{"well, and so it stays", "++", time.Second, nil, "+++", ""},
		{"well, a night later", "++", 8 * time.Hour, nil, "+++", "-STALE"},
		{"down, and up again", "+--", time.Second, nil, "-++", "UNHEALTHY>HEALTHY"},
		{"down, and up again meanwhile", "+--", time.Hour, nil, "++", "-STALE, UNHEALTHY>HEALTHY"},
		{"down, and it stays so: nothing is told twice", "+--", time.Second, nil, "---", ""},
		{"suspected: the second failure counts", "+-", time.Second, nil, "-", "DEGRADING>UNHEALTHY"},
		{"suspected, too long ago", "+-", time.Hour, nil, "-", "-STALE"},
		{"warned: a first failure is the first", "+w", time.Second, nil, "-", ""},
		{"flapping goes on", "+-+-+-+", time.Second, nil, "+++", ""},
		{"another title and interval ask the same", "+--", time.Second, slower, "++", "UNHEALTHY>HEALTHY"},
		{"another target is another question", "+--", time.Second, elsewhere, "++", "-STALE, UNHEALTHY>UNKNOWN, UNKNOWN>HEALTHY"},
		{"another target, and it flapped", "+-+-+-+", time.Second, elsewhere, "+", "-STALE[FLAPPING], HEALTHY>UNKNOWN[FLAPPING], -FLAPPING, UNKNOWN>HEALTHY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var set []Check
				if tt.results != "" {
					set = []Check{{spec("db"), recites(tt.results)}}
				}
				c, l := watching(set...)
				play(t, c, time.Duration(10*len(tt.results))*time.Second-5*time.Second)
				time.Sleep(tt.away)
				if tt.change == nil {
					tt.change = func(*health.Spec) {}
				}
				c, l = again(t, l, c.Alive(), Check{spec("db", tt.change), recites(tt.then)})
				play(t, c, time.Duration(12*len(tt.then))*time.Second)
				if got := l.told("db"); got != tt.want {
					t.Errorf("%s, restart, %s: recorded %s, want %s", tt.results, tt.then, got, tt.want)
				}
			})
		})
	}
}

// TestARestartInAnOutage keeps its start in every state, and the recovery has
// its full length.
func TestARestartInAnOutage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db"), recites("+--")})
		play(t, c, 45*time.Second)
		down := l.last(t, "db").Down
		for range 3 {
			time.Sleep(time.Minute)
			c, l = again(t, l, c.Alive(), Check{spec("db"), refuses})
			if st := l.last(t, "db"); st.Status != health.Unhealthy || !st.Down.Equal(down) || st.Last != nil {
				t.Errorf("before the first answer: %+v", st)
			}
			play(t, c, 45*time.Second)
			if st := l.last(t, "db"); st.Status != health.Unhealthy || !st.Down.Equal(down) {
				t.Errorf("after: %+v", st)
			}
		}
		c, l = again(t, l, c.Alive(), Check{spec("db"), passes})
		play(t, c, time.Minute)
		up := l.changes[len(l.changes)-1].Change
		if up.From != health.Unhealthy || time.Duration(up.Outage) != up.Began.Sub(down) || up.Outage < health.Duration(3*time.Minute) {
			t.Errorf("recovered by %+v, down since %v", up, down)
		}
	})
}

// TestTheGapOfARestartIsFromTheLastResult that any check had, to the first of
// each.
func TestTheGapOfARestartIsFromTheLastResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db"), passes}, Check{spec("web"), recites("+?")})
		play(t, c, time.Minute)
		alive := c.Alive()
		if last := l.last(t, "db").Last.At; alive.Before(last.Add(-10*time.Second)) || alive.After(last) {
			t.Errorf("alive at %v, and the last result was of %v", alive, last)
		}
		time.Sleep(time.Hour)
		c, l = again(t, l, alive, Check{spec("db"), passes})
		if !c.Alive().Equal(alive) {
			t.Errorf("before it has observed anything it is alive since %v", c.Alive())
		}
		play(t, c, time.Minute)
		if gap := l.changes[0].Change; gap.Overlay != health.Stale || !gap.Began.Equal(alive) || gap.At.Sub(alive) < time.Hour {
			t.Errorf("recorded %+v", gap)
		}
		if !c.Alive().After(alive) {
			t.Error("it is not alive")
		}
	})
}

// TestAliveIsNotKnown, as of a journal that was taken up from a mirror: whoever
// wrote the newest change was alive by then, and had observed all others until
// then, too. What lies ahead of the clock is nothing to go by.
func TestAliveIsNotKnown(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		now := time.Now()
		weeks, minutes, ahead := now.Add(-21*24*time.Hour), now.Add(-5*time.Minute), now.Add(time.Hour)
		head := func(name string, at time.Time) event.Entry {
			return event.Entry{Stream: event.CheckStream(name), At: at, Change: &health.Change{Check: name, From: health.Unknown, To: health.Healthy, At: at, Began: at}}
		}
		for _, tt := range []struct {
			name  string
			heads []event.Entry
			want  time.Time // from when on db was not observed
		}{
			{"alone", []event.Entry{head("db", weeks)}, weeks},
			{"another changed since", []event.Entry{head("db", weeks), head("web", minutes)}, minutes},
			{"in another order", []event.Entry{head("web", minutes), head("db", weeks)}, minutes},
			{"we had trouble since", []event.Entry{head("db", weeks), head("portreeve.mirror", minutes)}, minutes},
			{"one has a clock of its own", []event.Entry{head("db", weeks), head("web", minutes), head("mail", ahead)}, minutes},
		} {
			l := &ledger{}
			c := &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet}
			c.Recall(tt.heads, time.Time{}, nil)
			c.Set([]Check{{spec("db"), passes}})
			play(t, c, 5*time.Second)
			var gap *health.Change
			for _, e := range l.recorded() {
				if e.Change.Check == "db" && e.Change.Overlay == health.Stale {
					gap = e.Change
				}
			}
			if gap == nil || !gap.Began.Equal(tt.want) {
				t.Errorf("%s: recorded %+v, want a gap from %v", tt.name, gap, tt.want)
			}
		}
	})
}

// TestWhoIsNotConfiguredAnyMore is closed, whatever was believed of it, once:
// nothing is left for the next restart.
func TestWhoIsNotConfiguredAnyMore(t *testing.T) {
	tests := []struct {
		name, results string
		pause         bool
		maintain      bool
		want          string
	}{
		{"unknown", "?", false, false, ""},
		{"well", "++", false, false, "-STALE, HEALTHY>UNKNOWN"},
		{"down", "--", false, false, "-STALE, UNHEALTHY>UNKNOWN"},
		{"flapping", "+-+-+-+", false, false, "-STALE[FLAPPING], HEALTHY>UNKNOWN[FLAPPING], -FLAPPING"},
		{"paused in an outage", "--", true, false, "UNHEALTHY>UNKNOWN[PAUSED], -PAUSED"},
		{"paused before anything", "", true, false, "-PAUSED"},
		{"in maintenance", "++", false, true, "-STALE[MAINTENANCE], HEALTHY>UNKNOWN[MAINTENANCE], -MAINTENANCE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db"), recites(tt.results + "?")})
				stop := running(t, c)
				time.Sleep(time.Duration(10*len(tt.results)) * time.Second)
				if tt.pause {
					c.Pause("db", "ada", "")
				}
				if tt.maintain {
					c.Maintain(func(string) (string, bool) { return "ada", true })
				}
				stop()
				time.Sleep(time.Minute)
				c, l = again(t, l, c.Alive())
				play(t, c, time.Second)
				if got := l.told("db"); got != tt.want {
					t.Errorf("recorded %s, want %s", got, tt.want)
				}
				if len(l.changes) > 0 {
					c, l = again(t, l, c.Alive())
					play(t, c, time.Second)
				}
				if got := l.told("db"); got != "" && tt.want != "" {
					t.Errorf("and at the next start: %s", got)
				}
			})
		})
	}
}

// TestWhoComesBackIsNew: between its removal and its return nobody asked it.
func TestWhoComesBackIsNew(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db"), passes})
		stop := running(t, c)
		time.Sleep(time.Minute)
		c.Set(nil)
		time.Sleep(time.Hour)
		stop()
		c, after := again(t, l, time.Now(), Check{spec("db"), passes})
		play(t, c, time.Minute)
		if got := l.told("db") + "; " + after.told("db"); got != "UNKNOWN>HEALTHY, HEALTHY>UNKNOWN; UNKNOWN>HEALTHY" {
			t.Errorf("recorded %s", got)
		}
	})
}

// TestPausesThroughARestart are recorded when they turn, not when we start.
func TestPausesThroughARestart(t *testing.T) {
	off := func(s *health.Spec) { s.Paused = true }
	on := func(*health.Spec) {}
	nothing := func(*Checks) {}
	pause := func(c *Checks) { c.Pause("db", "ada", "") }
	tests := []struct {
		name          string
		before, after func(*health.Spec)
		asked         func(*Checks) // before the restart, and remembered
		remembered    func(*Checks)
		want          string
		status        health.Status
	}{
		{"by the configuration, still", off, off, nothing, nothing, "", health.Unknown},
		{"by the configuration, while stopped", on, off, nothing, nothing, "+PAUSED[PAUSED] by configuration", health.Unhealthy},
		{"not by the configuration any more", off, on, nothing, nothing, "-PAUSED by configuration", health.Unhealthy},
		{"by somebody, and remembered", on, on, pause, pause, "", health.Unhealthy},
		{"by somebody, and not remembered", on, on, pause, nothing, "UNHEALTHY>UNKNOWN[PAUSED], -PAUSED by configuration", health.Unhealthy},
		{"by somebody, remembered and not recorded", on, on, nothing, pause, "+PAUSED[PAUSED] by ada", health.Unhealthy},
		{"by somebody, and the configuration took over", on, off, pause, nothing, "", health.Unhealthy},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db", tt.before), refuses})
				stop := running(t, c)
				time.Sleep(25 * time.Second)
				tt.asked(c)
				stop()
				c, l = again(t, l, c.Alive(), Check{spec("db", tt.after), refuses})
				tt.remembered(c)
				play(t, c, 25*time.Second)
				got := strings.TrimSuffix(l.told("db"), ", UNKNOWN>UNHEALTHY")
				if st := l.last(t, "db"); got != tt.want || st.Status != tt.status || (st.Status == health.Unhealthy) == st.Down.IsZero() {
					t.Errorf("recorded %s, want %s; told %+v, want %s", got, tt.want, st, tt.status)
				}
			})
		})
	}
}

// TestMaintenanceThroughARestart is one, whatever the order of the calls.
func TestMaintenanceThroughARestart(t *testing.T) {
	in := func(yes bool) func(string) (string, bool) {
		return func(string) (string, bool) { return "ada", yes }
	}
	for _, tt := range []struct {
		before, after bool
		want          string
	}{{true, true, ""}, {true, false, "-MAINTENANCE by ada"}, {false, true, "+MAINTENANCE[MAINTENANCE] by ada"}, {false, false, ""}} {
		for _, first := range []bool{true, false} {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db"), passes})
				stop := running(t, c)
				time.Sleep(15 * time.Second)
				c.Maintain(in(tt.before))
				stop()
				heads, alive := l.heads(t), c.Alive()
				l = &ledger{}
				c = &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet}
				c.Recall(heads, alive, nil)
				if first {
					c.Maintain(in(tt.after))
				}
				c.Set([]Check{{spec("db"), passes}})
				if !first {
					c.Maintain(in(tt.after))
				}
				play(t, c, 15*time.Second)
				if got := l.told("db"); got != tt.want {
					t.Errorf("%+v: recorded %s", tt, got)
				}
			})
		}
	}
}

// TestHeadsThatAreNobodys: port events, other parts of ours, and the checks of a
// version to come disturb nobody.
func TestHeadsThatAreNobodys(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l := &ledger{}
		c := &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet}
		at := time.Now()
		c.Recall([]event.Entry{
			{Stream: "ports/web-07", At: at},
			{Stream: "check/portreeve.journal", At: at, Change: &health.Change{Check: "portreeve.journal", From: health.Healthy, To: health.Unhealthy, At: at}},
			{Stream: "check/db", At: at, Change: &health.Change{Check: "db", From: health.Healthy, To: "PERPLEXED", At: at}},
			{Stream: "check/gone", At: at, Change: &health.Change{Check: "gone", From: health.Healthy, To: "PERPLEXED", At: at}},
		}, time.Time{}, nil)
		c.Set([]Check{{spec("db"), passes}})
		play(t, c, time.Minute)
		if got := l.moves(""); !slices.Equal(got, []string{"db UNKNOWN>HEALTHY"}) {
			t.Errorf("recorded %v", got)
		}
	})
}

// TestRecallIsQuick with as many checks as we promise to watch, all of them down,
// and nothing is recorded of any.
func TestRecallIsQuick(t *testing.T) {
	const targets = 10_000
	before, at := &ledger{}, time.Now()
	var checks []Check
	for i := range targets {
		s := spec(name(i))
		checks = append(checks, Check{s, refuses})
		before.Record(event.Entry{Stream: event.CheckStream(s.Name), At: at, Change: &health.Change{
			Check: s.Name, From: health.Degrading, To: health.Unhealthy, At: at, Began: at, Down: at, Epoch: epochOf(s),
		}})
	}
	heads, l := before.heads(t), &ledger{}
	at = time.Unix(0, at.UnixNano())
	c := &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet}
	began := time.Now()
	c.Recall(heads, at, nil)
	c.Set(checks)
	stop := running(t, c)
	for deadline := time.Now().Add(10 * time.Second); c.Alive().Equal(at) && time.Now().Before(deadline); {
		time.Sleep(time.Millisecond)
	}
	took := time.Since(began)
	stop()
	if t.Logf("%d checks were taken up in %v", targets, took); took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if n := len(l.moves("")); n != 0 {
		t.Errorf("%d changes recorded: %.300s", n, fmt.Sprint(l.moves("")))
	}
}
