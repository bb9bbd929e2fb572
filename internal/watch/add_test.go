package watch

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestAddAndRemove one by one is to Set all.
func TestAddAndRemove(t *testing.T) {
	elsewhere := func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }
	titled := func(s *health.Spec) { s.Title = "the database" }
	off := func(s *health.Spec) { s.Paused = true }
	tests := []struct {
		name string
		do   func(c *Checks)
		want string // of db, which was down
	}{
		{"the same again", func(c *Checks) { c.Add(Check{spec("db"), passes}) }, ""},
		{"the same question", func(c *Checks) { c.Add(Check{spec("db", titled), passes}) }, ""},
		{"another question", func(c *Checks) { c.Add(Check{spec("db", elsewhere), passes}) }, "UNHEALTHY>UNKNOWN, UNKNOWN>HEALTHY"},
		{"paused", func(c *Checks) { c.Add(Check{spec("db", off), passes}) }, "+PAUSED[PAUSED] by configuration"},
		{"removed", func(c *Checks) { c.Remove("db") }, "UNHEALTHY>UNKNOWN"},
		{"removed and back", func(c *Checks) { c.Remove("db"); c.Add(Check{spec("db"), refuses}) }, "UNHEALTHY>UNKNOWN, UNKNOWN>UNHEALTHY"},
		{"set without it", func(c *Checks) { c.Set([]Check{{spec("web"), passes}}) }, "UNHEALTHY>UNKNOWN"},
		{"another", func(c *Checks) { c.Add(Check{spec("mail"), passes}) }, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("web"), passes})
				c.Add(Check{spec("db"), refuses})
				stop := running(t, c)
				time.Sleep(25 * time.Second)
				l.forget()
				tt.do(c)
				time.Sleep(25 * time.Second)
				stop()
				if got := l.told("db"); got != tt.want {
					t.Errorf("recorded %s, want %s", got, tt.want)
				}
				if got := l.told("web"); got != "" {
					t.Errorf("of another: %s", got)
				}
			})
		})
	}
}

// TestAddedWhileRunning is asked at once, and then in slots of its own; once it
// is removed nobody asks it, and nothing is told of it.
func TestAddedWhileRunning(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("web"), passes})
		stop := running(t, c)
		defer stop()
		time.Sleep(3 * time.Minute) // the wheel rests
		added := time.Now()
		c.Add(Check{spec("db"), passes})
		time.Sleep(35 * time.Second)
		if at := l.askedAt("db", added); len(at) < 4 || at[0] > 10*tick {
			t.Errorf("asked at %v", at)
		} else {
			wantSlots(t, "db", at[1:])
		}
		c.Maintain(func(check string) (string, bool) { return "ada", check == "late" })
		if !c.Remove("db") || c.Remove("db") {
			t.Error("Remove does not say whether there was such a check")
		}
		told := len(l.of("db"))
		time.Sleep(time.Minute)
		if n := len(l.of("db")) - told; n != 0 || !slices.Contains(l.gone, "db") {
			t.Errorf("told %d times after it was removed; removals told: %v", n, l.gone)
		}
		c.Add(Check{spec("late"), passes})
		if st := l.last(t, "late"); !st.Has(health.Maintenance) {
			t.Errorf("added in a maintenance: %+v", st)
		}
		if n := c.Stats().Targets; n != 2 {
			t.Errorf("%d targets", n)
		}
	})
}

// TestRemovedWhileItIsAsked: the answer is dropped, and its line in the
// timetable is given to another only when it is over.
func TestRemovedWhileItIsAsked(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching()
		stop := running(t, c)
		defer stop()
		c.Add(Check{spec("db"), silent})
		time.Sleep(time.Second)
		c.Remove("db")
		c.Add(Check{spec("db"), passes})
		time.Sleep(5 * time.Second)
		if got := l.told("db"); got != "UNKNOWN>HEALTHY" {
			t.Errorf("recorded %s", got)
		}
	})
}

// TestBelated: who is defined only after the start still goes on, for a while;
// and of who never comes what was believed is closed then, once.
func TestBelated(t *testing.T) {
	elsewhere := func(s *health.Spec) { s.Target = "tcp://192.0.2.2:80" }
	quick := func(s *health.Spec) {
		s.Interval, s.Timeout = health.Duration(time.Second), health.Duration(time.Second/2)
	}
	tests := []struct {
		name    string
		results string // before the restart
		pause   bool   // then
		after   time.Duration
		change  func(*health.Spec)
		want    string
	}{
		{"down, and it goes on", "--", false, 2 * time.Second, nil, ""},
		{"well, and it fell", "++", false, 2 * time.Second, nil, "HEALTHY>DEGRADING, DEGRADING>UNHEALTHY"},
		{"another question", "--", false, 2 * time.Second, elsewhere, "-STALE, UNHEALTHY>UNKNOWN, UNKNOWN>UNHEALTHY"},
		{"paused, and not any more", "--", true, 2 * time.Second, nil, "UNHEALTHY>UNKNOWN[PAUSED], -PAUSED by configuration, UNKNOWN>UNHEALTHY"},
		{"too late", "--", false, 2 * time.Minute, nil, "-STALE, UNHEALTHY>UNKNOWN, UNKNOWN>UNHEALTHY"},
		{"never", "--", false, time.Hour, nil, "-STALE, UNHEALTHY>UNKNOWN"},
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
				stop()
				before := l
				l = &ledger{}
				c = &Checks{Host: "web-07", Sink: l, Recorder: l, Log: quiet, Belated: time.Minute}
				c.Recall(before.heads(t), c.Alive(), nil)
				c.Recall(before.heads(t), newest(before.changes, time.Now()), nil)
				c.Set([]Check{{spec("web", quick), passes}})
				stop = running(t, c)
				time.Sleep(tt.after)
				if tt.name != "never" {
					if tt.change == nil {
						tt.change = func(*health.Spec) {}
					}
					c.Add(Check{spec("db", tt.change), refuses})
				}
				time.Sleep(25 * time.Second)
				stop()
				if got := l.told("db"); got != tt.want {
					t.Errorf("recorded %s, want %s", got, tt.want)
				}
				if len(c.recalled) != 0 && tt.after > time.Minute {
					t.Errorf("%d heads are kept", len(c.recalled))
				}
			})
		})
	}
}

// TestRelations plays additions, changes and removals at random: parents and
// children are those of the definitions as they are.
func TestRelations(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	c := &Checks{Sink: &ledger{}, Log: quiet}
	c.Set(nil)
	specs := map[string]*health.Spec{}
	for range 3000 {
		n := name(r.IntN(12))
		if r.IntN(3) == 0 {
			if had := specs[n] != nil; c.Remove(n) != had {
				t.Fatalf("seed %d: removal of %s, which is there: %v", seed, n, had)
			}
			delete(specs, n)
		} else {
			specs[n] = spec(n, func(s *health.Spec) {
				for range r.IntN(4) {
					if p := name(r.IntN(12)); p != n && !slices.Contains(s.Parents, p) {
						s.Parents = append(s.Parents, p)
					}
				}
			})
			c.Add(Check{specs[n], passes})
		}
		if got, want := kinships(c), wantKinships(specs); got != want {
			t.Fatalf("seed %d: relations are\n%s\nwant\n%s", seed, got, want)
		}
	}
	for n := range specs {
		c.Remove(n)
	}
	if len(c.heirs) != 0 || len(c.byName) != 0 {
		t.Errorf("of nobody, %d relations are kept", len(c.heirs))
	}
}

// kinships words the relations of targets.
func kinships(c *Checks) string {
	var lines []string
	for n, t := range c.byName {
		lines = append(lines, fmt.Sprint(n, namesOf(t.parents), namesOf(t.children), t.standing.Load() != nil))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

func namesOf(ts []*target) []string {
	var names []string
	for _, t := range ts {
		names = append(names, t.spec.Name)
	}
	slices.Sort(names)
	return names
}

// wantKinships words those that definitions mean.
func wantKinships(specs map[string]*health.Spec) string {
	var lines []string
	for n, s := range specs {
		var parents, children []string
		for _, p := range s.Parents {
			if specs[p] != nil {
				parents = append(parents, p)
			}
		}
		for other, o := range specs {
			if slices.Contains(o.Parents, n) {
				children = append(children, other)
			}
		}
		slices.Sort(parents)
		slices.Sort(children)
		lines = append(lines, fmt.Sprint(n, parents, children, len(children) > 0))
	}
	slices.Sort(lines)
	return fmt.Sprint(lines)
}

// TestAParentIsAdded and removed while it is down: its child is behind it, and
// then it is not.
func TestAParentIsAddedAndRemoved(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("host", behindRouter), refuses})
		stop := running(t, c)
		defer stop()
		time.Sleep(25 * time.Second)
		l.forget()
		c.Add(Check{spec("router"), refuses})
		time.Sleep(25 * time.Second)
		c.Remove("router")
		time.Sleep(25 * time.Second)
		if got, want := l.told("host"), "+UNREACHABLE[UNREACHABLE], -UNREACHABLE"; got != want {
			t.Errorf("recorded %s, want %s", got, want)
		}
	})
}

// TestAllAtOnce calls everything from many goroutines, for the race detector;
// in the end those are asked who are there.
func TestAllAtOnce(t *testing.T) {
	quick := func(s *health.Spec) {
		s.Interval, s.Timeout = health.Duration(100*time.Millisecond), health.Duration(50*time.Millisecond)
		s.Parents = []string{name(0)}
	}
	l := &ledger{}
	c := &Checks{Sink: l, Recorder: l, Log: quiet}
	stop := running(t, c)
	var all sync.WaitGroup
	for g := range 8 {
		all.Go(func() {
			r := rand.New(rand.NewPCG(uint64(g), 1))
			for range 300 {
				n := name(r.IntN(10))
				switch r.IntN(8) {
				case 0, 1:
					c.Add(Check{spec(n, quick), passes})
				case 2:
					c.Remove(n)
				case 3:
					c.Hurry(n)
				case 4:
					c.Mark(n, health.Restarted, "ada", "")
				case 5:
					c.Pause(n, "ada", "")
				case 6:
					c.Resume(n, "ada")
				case 7:
					c.Set([]Check{{spec(n, quick), refuses}, {spec(name(0)), passes}})
				}
			}
		})
	}
	all.Wait()
	c.Set([]Check{{spec("last"), passes}})
	for deadline := time.Now().Add(20 * time.Second); l.last(t, "last").Last == nil; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal("nobody is asked any more")
		}
	}
	stop()
	if s := c.Stats(); s.Targets != 1 || s.InFlight != 0 || s.Waiting != 0 {
		t.Errorf("stats = %+v", s)
	}
}

// BenchmarkAdd is what one more costs, and its removal, beside many.
func BenchmarkAdd(b *testing.B) {
	for _, n := range []int{10, 10_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			c, checks := many(n, time.Minute, silence{})
			for _, check := range checks {
				check.Spec.Parents = []string{"gateway"} // the dearest case: all have one
			}
			c.Set(append(checks, Check{spec("gateway"), passes}))
			check := Check{spec("one-more", func(s *health.Spec) { s.Parents = []string{"gateway"} }), passes}
			b.ReportAllocs()
			for b.Loop() {
				c.Add(check)
				c.Remove("one-more")
			}
		})
	}
}
