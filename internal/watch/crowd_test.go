package watch

import (
	"context"
	"math/rand/v2"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A register is a sink that knows who exists, and notices two who tell of one
// check at a time.
type register struct {
	mu     sync.Mutex
	states map[string]*health.State
	busy   map[string]bool
	clash  bool
}

func (r *register) Check(st *health.State) {
	r.mu.Lock()
	r.clash = r.clash || r.busy[st.Spec.Name]
	r.busy[st.Spec.Name] = true
	r.mu.Unlock()
	runtime.Gosched() // let others in
	r.mu.Lock()
	defer r.mu.Unlock()
	r.busy[st.Spec.Name] = false
	r.states[st.Spec.Name] = st
}

func (r *register) Uncheck(name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	delete(r.states, name)
}

// TestACrowdThatFalls with the router before it, some before the router and some
// after: every one of them is told once, as behind it, in time; no slot is
// skipped, and when all come back nobody was down on its own.
func TestACrowdThatFalls(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets = 10_000
		var dead atomic.Bool
		probe := func(ctx context.Context) health.Result {
			if dead.Load() {
				return refuses(ctx)
			}
			return passes(ctx)
		}
		checks := []Check{{spec("router"), probe}}
		for i := range targets {
			checks = append(checks, Check{spec(name(i), behindRouter), probe})
		}
		c, l := watching(checks...)
		stop := running(t, c)
		time.Sleep(30 * time.Second)
		l.forget()
		dead.Store(true)
		time.Sleep(time.Minute)
		dead.Store(false)
		time.Sleep(time.Minute)
		stop()
		want := "HEALTHY>DEGRADING, DEGRADING>UNHEALTHY[UNREACHABLE], +UNREACHABLE[UNREACHABLE], UNHEALTHY>HEALTHY, -UNREACHABLE"
		for check, got := range l.all() {
			if check != "router" && got != want {
				t.Fatalf("%s: recorded %s,\nwant %s", check, got, want)
			}
		}
		if s := c.Stats(); s.Skipped > 0 || s.Lag.Quantile(.99) > .1 {
			t.Errorf("%d slots skipped, lag of %v s at p99", s.Skipped, s.Lag.Quantile(.99))
		}
	})
}

// TestEverybodyAtOnce sets, pauses, resumes and counts while targets answer,
// hang and fail with too few places: in the end the sink knows those that were
// set last and no others, nobody is lost, and no place either.
func TestEverybodyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets = 60
		probes := []health.Probe{passes, refuses, silent, recites("+-+-?-++"), func(ctx context.Context) health.Result {
			time.Sleep(300 * time.Millisecond)
			return passes(ctx)
		}}
		some := func(random *rand.Rand) []Check {
			var checks []Check
			for i := range targets {
				if random.IntN(4) == 0 {
					continue
				}
				s := spec(name(i), func(s *health.Spec) {
					s.Interval = health.Duration(1+i%3) * health.Duration(time.Second)
					s.Timeout = s.Interval / 2
					s.Paused = random.IntN(10) == 0
					s.Parents = []string{name(i / 2), name(i / 3)}
					if random.IntN(10) == 0 {
						s.Target = "tcp://192.0.2.2:80"
					}
				})
				checks = append(checks, Check{s, probes[i%len(probes)]})
			}
			return checks
		}
		r := &register{states: map[string]*health.State{}, busy: map[string]bool{}}
		c := &Checks{Sink: r, Recorder: &ledger{}, Canary: &bird{slow: 50 * time.Millisecond}, Log: quiet, InFlight: 8}
		stop := running(t, c)
		var all sync.WaitGroup
		for who := range 5 {
			all.Go(func() {
				random := rand.New(rand.NewPCG(1, uint64(who)))
				for range 200 {
					time.Sleep(time.Duration(random.IntN(200)) * time.Millisecond)
					switch n := name(random.IntN(targets)); who {
					case 0:
						c.Set(some(random))
					case 1:
						c.Pause(n, "ada", "")
					case 2:
						c.Resume(n, "ada")
					case 4:
						even := random.IntN(2)
						c.Maintain(func(check string) (string, bool) { return "ada", int(check[len(check)-1])%2 == even })
					case 3:
						if s := c.Stats(); s.InFlight > 8 || s.InFlight < 0 || s.Waiting < 0 {
							t.Errorf("stats = %+v", s)
						}
					}
				}
			})
		}
		all.Wait()
		last := some(rand.New(rand.NewPCG(7, 7)))
		c.Set(last)
		for _, check := range last {
			c.Resume(check.Spec.Name, "ada")
		}
		time.Sleep(20 * time.Second)
		stop()
		for _, check := range last {
			st := r.states[check.Spec.Name]
			if st == nil || st.Spec.Target != check.Spec.Target || st.Last == nil || time.Since(st.Last.At) > 10*time.Second {
				t.Errorf("%s is told as %+v", check.Spec.Name, st)
			}
			delete(r.states, check.Spec.Name)
		}
		for name, st := range r.states {
			if st.Spec.Origin != health.FromSelf {
				t.Errorf("%s is told, and was removed", name)
			}
		}
		if r.clash {
			t.Error("a check was told from two goroutines at a time")
		}
		if s := c.Stats(); s.InFlight != 0 || s.Targets != len(last) || len(c.table.slots) > 2*targets {
			t.Errorf("stats = %+v, %d slots", s, len(c.table.slots))
		}
	})
}
