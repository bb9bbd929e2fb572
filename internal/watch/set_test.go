package watch

import (
	"context"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// running runs checks in the background until the test ends or stop is called.
func running(t *testing.T, c *Checks) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan struct{})
	go func() {
		defer close(done)
		_ = c.Run(ctx)
	}()
	return func() { cancel(); <-done }
}

// TestSetWhileRunning changes, adds and removes some of many: the others keep
// their slots and what is believed of them.
func TestSetWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets = 100
		var checks []Check
		for i := range targets {
			checks = append(checks, Check{spec(name(i)), recites("--+++")})
		}
		c, l := watching(checks...)
		start := time.Now()
		stop := running(t, c)
		time.Sleep(25 * time.Second)

		next := slices.Clone(checks[10:]) // t0000 to t0009 go
		for i := range next {
			same := *next[i].Spec
			next[i].Spec = &same // equal, but read anew
		}
		next[0].Spec.Interval = health.Duration(5 * time.Second)
		next[1].Spec.Target = "tcp://192.0.2.2:80"
		next[2].Spec.Title = "what people call it"
		next = append(next, Check{spec("new"), passes})
		c.Set(next)
		changedAt := time.Since(start)
		time.Sleep(60 * time.Second)
		stop()

		if !slices.Contains(l.gone, name(0)) || len(l.gone) != 10 {
			t.Errorf("told of the removal of %v", l.gone)
		}
		for i := range targets {
			at := l.askedAt(name(i), start)
			switch {
			case i < 10:
				if last := at[len(at)-1]; last > changedAt {
					t.Errorf("%s was asked at %v after its removal", name(i), last)
				}
			case i > 11:
				wantSlots(t, name(i), at[1:])
				if got := l.statuses(name(i)); got != "UNKNOWN UNHEALTHY HEALTHY" {
					t.Errorf("%s was told as %s", name(i), got)
				}
			}
		}
		for changed, want := range map[string][]string{
			name(10): {"UNKNOWN UNHEALTHY HEALTHY"}, // another interval
			name(11): {"UNKNOWN UNHEALTHY UNKNOWN HEALTHY", "UNKNOWN UNHEALTHY HEALTHY UNKNOWN HEALTHY"},
		} {
			if got := l.statuses(changed); !slices.Contains(want, got) {
				t.Errorf("%s, which was changed, was told as %s", changed, got)
			}
			if at := l.askedAt(changed, start.Add(changedAt)); !slices.ContainsFunc(at, func(d time.Duration) bool { return d >= 0 && d < 5*time.Second+tick }) {
				t.Errorf("%s, which was changed, was asked at %v from then", changed, at)
			}
		}
		if st := l.last(t, name(12)); st.Spec.Title == "" {
			t.Error("a new title is not told")
		}
		if st := l.of("new"); len(st) < 6 || st[0].Status != health.Unknown {
			t.Errorf("the new one was told %d times", len(st))
		}
	})
}

// wantSlots checks that questions come ten seconds apart.
func wantSlots(t *testing.T, name string, at []time.Duration) {
	t.Helper()
	for i := 1; i < len(at); i++ {
		if gap := at[i] - at[i-1]; gap < 10*time.Second-tick || gap > 10*time.Second+tick {
			t.Fatalf("%s was asked %v after the last time", name, gap)
		}
	}
}

// TestOneNameTwice: the last counts.
func TestOneNameTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db"), refuses}, Check{spec("db"), passes})
		play(t, c, time.Second)
		if st := l.last(t, "db"); st.Status != health.Healthy || c.Stats().Targets != 1 {
			t.Errorf("told %+v of %d targets", st, c.Stats().Targets)
		}
	})
}

func TestPauseAndResume(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked atomic.Int64
		c, l := watching(Check{spec("db"), func(ctx context.Context) health.Result {
			asked.Add(1)
			return refuses(ctx)
		}})
		stop := running(t, c)
		time.Sleep(30 * time.Second)
		known, again := c.Pause("db", "ada", ""), c.Pause("db", "ada", "")
		if !known || !again || c.Pause("nobody", "ada", "") || c.Resume("nobody", "ada") {
			t.Error("Pause and Resume do not tell whether there is such a check")
		}
		n := asked.Load()
		if st := l.last(t, "db"); !st.Has(health.Paused) || !st.Next.IsZero() || st.Status != health.Unhealthy {
			t.Errorf("paused: %+v", st)
		}
		time.Sleep(time.Hour)
		if asked.Load() != n {
			t.Errorf("asked %d times while paused", asked.Load()-n)
		}
		told := len(l.of("db"))
		known, again = c.Resume("db", "ada"), c.Resume("db", "ada")
		if !known || !again {
			t.Error("Resume does not know a check")
		}
		if st := l.of("db")[told]; st.Has(health.Paused) || st.Next.IsZero() || st.Status != health.Unknown || st.Last != nil {
			t.Errorf("resumed: %+v", st)
		}
		time.Sleep(20 * time.Second)
		stop()
		if st := l.last(t, "db"); st.Status != health.Unhealthy || st.Has(health.Stale) {
			t.Errorf("after two failures more: %+v", st)
		}
		if n := l.last(t, "db").Moves.To(health.Unhealthy); n != 2 {
			t.Errorf("%d moves to UNHEALTHY counted, want those before the pause, too", n)
		}
	})
}

// TestAnAnswerToAnOldQuestionIsDropped: to one that was asked before the check
// was paused, changed or removed.
func TestAnAnswerToAnOldQuestionIsDropped(t *testing.T) {
	tests := []struct {
		name string
		do   func(c *Checks)
		want string
	}{
		{"paused", func(c *Checks) { c.Pause("db", "ada", "") }, "UNKNOWN UNKNOWN+PAUSED"},
		{"paused and resumed", func(c *Checks) { c.Pause("db", "ada", ""); c.Resume("db", "ada") }, "UNKNOWN UNKNOWN+PAUSED UNKNOWN HEALTHY"},
		{"changed", func(c *Checks) {
			c.Set([]Check{{spec("db", func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }), passes}})
		}, "UNKNOWN HEALTHY"},
		{"removed", func(c *Checks) { c.Set(nil) }, "UNKNOWN"},
		{"removed and back", func(c *Checks) { c.Set(nil); c.Set([]Check{{spec("db"), passes}}) }, "UNKNOWN HEALTHY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var cut time.Duration
				first := true
				c, l := watching(Check{spec("db", func(s *health.Spec) { s.Thresholds.Unhealthy = 1 }), func(ctx context.Context) health.Result {
					if !first {
						return passes(ctx)
					}
					first = false
					began := time.Now()
					<-ctx.Done()
					cut = time.Since(began)
					time.Sleep(100 * time.Millisecond)
					return refuses(ctx)
				}})
				stop := running(t, c)
				time.Sleep(time.Second)
				tt.do(c)
				time.Sleep(20 * time.Second)
				stop()
				if got := l.statuses("db"); got != tt.want {
					t.Errorf("told %s, want %s", got, tt.want)
				}
				if cut > time.Second {
					t.Errorf("the question went on for %v", cut)
				}
				if s := c.Stats(); s.InFlight != 0 {
					t.Errorf("stats = %+v", s)
				}
			})
		})
	}
}

// TestNothingIsLeftOpen: whoever begins anew, or goes, has what was believed of
// it recorded as closed, its outage and its restlessness, and nobody recovered.
func TestNothingIsLeftOpen(t *testing.T) {
	elsewhere := func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }
	tests := []struct {
		name string
		do   func(c *Checks)
		want string
	}{
		{"paused: it is not asked, and may be down still", func(c *Checks) { c.Pause("db", "ada", "") }, "+PAUSED[PAUSED FLAPPING] by ada"},
		{"paused and resumed", func(c *Checks) { c.Pause("db", "ada", ""); c.Resume("db", "bob") },
			"+PAUSED[PAUSED FLAPPING] by ada, UNHEALTHY>UNKNOWN[PAUSED FLAPPING], -FLAPPING[PAUSED], -PAUSED by bob"},
		{"another question", func(c *Checks) { c.Set([]Check{{spec("db", elsewhere), passes}}) }, "UNHEALTHY>UNKNOWN[FLAPPING], -FLAPPING"},
		{"another title", func(c *Checks) { c.Set([]Check{{spec("db", func(s *health.Spec) { s.Title = "it" }), passes}}) }, ""},
		{"removed", func(c *Checks) { c.Set(nil) }, "UNHEALTHY>UNKNOWN[FLAPPING], -FLAPPING"},
		{"removed while paused", func(c *Checks) { c.Pause("db", "ada", ""); c.Set(nil) },
			"+PAUSED[PAUSED FLAPPING] by ada, UNHEALTHY>UNKNOWN[PAUSED FLAPPING], -FLAPPING[PAUSED], -PAUSED"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db"), recites("+-+-+-+-+--")}) // flapping, and down
				stop := running(t, c)
				time.Sleep(110 * time.Second)
				if st := l.last(t, "db"); st.Status != health.Unhealthy || !st.Has(health.Flapping) {
					t.Fatalf("before: %+v", st)
				}
				did := time.Now()
				l.forget()
				tt.do(c)
				for _, e := range l.recorded() {
					closed := e.Change.To == health.Unknown
					if e.Stream != "check/db" || e.Observer != "web-07" || !e.At.Equal(did) || e.Change.Outage != 0 || e.Change.Down.IsZero() != closed || e.Change.Epoch == "" {
						t.Errorf("recorded %+v", e.Change)
					}
				}
				if got := l.told("db"); got != tt.want {
					t.Errorf("recorded %s,\nwant %s", got, tt.want)
				}
				stop()
			})
		})
	}
}

// TestWhoKeepsItsProbe when the same question is set again: what a probe has
// learnt of its target is lost with it. One that read a file gives way to the
// one that has read it anew.
func TestWhoKeepsItsProbe(t *testing.T) {
	nothing := func(*health.Spec) {}
	titled := func(s *health.Spec) { s.Title, s.Parents = "the database", []string{"router"} }
	moved := func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }
	trusting := func(s *health.Spec) { s.CAFile = "/etc/ca.pem" }
	tests := []struct {
		name          string
		before, after func(*health.Spec)
		want          health.Verdict // the old probe fails, the new one passes
	}{
		{"the same", nothing, nothing, health.Fail},
		{"another title and parent", nothing, titled, health.Fail},
		{"another target", nothing, moved, health.Pass},
		{"the same, with a file", trusting, trusting, health.Pass},
		{"another title, with a file", trusting, func(s *health.Spec) { trusting(s); titled(s) }, health.Pass},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("db", tt.before), refuses})
				stop := running(t, c)
				time.Sleep(time.Second)
				c.Set([]Check{{spec("db", tt.after), passes}})
				time.Sleep(20 * time.Second)
				stop()
				if st := l.last(t, "db"); st.Last.Verdict != tt.want {
					t.Errorf("told %+v, want %s", st.Last, tt.want)
				}
			})
		})
	}
}

// TestPausedByDefinition and unpaused by the next.
func TestPausedByDefinition(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		paused := spec("db", func(s *health.Spec) { s.Paused = true })
		c, l := watching(Check{paused, passes})
		stop := running(t, c)
		time.Sleep(time.Minute)
		c.Set([]Check{{spec("db"), passes}})
		time.Sleep(time.Second)
		c.Set([]Check{{paused, passes}})
		time.Sleep(time.Second)
		stop()
		if got, want := l.statuses("db"), "UNKNOWN+PAUSED UNKNOWN HEALTHY HEALTHY+PAUSED"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

// TestAPauseOutlivesAReload that says nothing about it.
func TestAPauseOutlivesAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db"), passes})
		stop := running(t, c)
		time.Sleep(time.Second)
		c.Pause("db", "ada", "")
		c.Set([]Check{{spec("db", func(s *health.Spec) { s.Title = "the database" }), passes}})
		c.Set([]Check{{spec("db", func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }), passes}})
		time.Sleep(time.Minute)
		c.Set([]Check{{spec("db", func(s *health.Spec) { s.Paused = true }), passes}})
		c.Set([]Check{{spec("db"), passes}})
		time.Sleep(time.Second)
		stop()
		if got, want := l.statuses("db"), "UNKNOWN HEALTHY HEALTHY+PAUSED UNKNOWN+PAUSED UNKNOWN HEALTHY"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

// TestParents: while a parent is down, its children are told as UNREACHABLE.
func TestParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		behind := func(s *health.Spec) { s.Parents = []string{"router", "nobody"} }
		router := Check{spec("router"), recites("+--++")}
		c, l := watching(Check{spec("db", behind), passes}, router)
		stop := running(t, c)
		time.Sleep(time.Minute)
		want := "UNKNOWN HEALTHY HEALTHY+UNREACHABLE HEALTHY"
		if got := l.statuses("db"); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		c.Set([]Check{{spec("db", behind), passes}, {spec("router", func(s *health.Spec) { s.Target = "tcp://192.0.2.9:1" }), refuses}})
		time.Sleep(30 * time.Second)
		c.Set([]Check{{spec("db", behind), passes}})
		stop()
		if got := l.statuses("db"); got != want+" HEALTHY+UNREACHABLE HEALTHY" {
			t.Errorf("told %s: a parent that is removed must not hold its children", got)
		}
	})
}

// TestPausedParents hold nobody.
func TestPausedParents(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("db", func(s *health.Spec) { s.Parents = []string{"router"} }), passes}, Check{spec("router"), refuses})
		stop := running(t, c)
		time.Sleep(30 * time.Second)
		c.Pause("router", "ada", "")
		stop()
		if got, want := l.statuses("db"), "UNKNOWN HEALTHY HEALTHY+UNREACHABLE HEALTHY"; got != want {
			t.Errorf("told %s, want %s", got, want)
		}
	})
}

// TestSetIsQuick with many of whom one has changed, and tells of no other.
func TestSetIsQuick(t *testing.T) {
	const targets = 10_000
	checks := make([]Check, targets)
	for i := range checks {
		checks[i] = Check{spec(name(i), func(s *health.Spec) { s.Headers = map[string]string{"accept": "text/plain"} }), passes}
	}
	c, l := watching(checks...)
	for i := range checks {
		again := *checks[i].Spec
		checks[i].Spec = &again
	}
	checks[77].Spec.Target = "tcp://192.0.2.2:80"
	told, began := len(l.states), time.Now()
	c.Set(checks)
	took := time.Since(began)
	t.Logf("%d checks were set in %v", targets, took)
	if took > 5*time.Second {
		t.Errorf("it took %v", took)
	}
	if told != targets || len(l.states) != targets+1 || l.states[targets].Spec != checks[77].Spec {
		t.Errorf("told %d states first and %d after one change", told, len(l.states)-told)
	}
}
