package watch

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A wire is a probe whose answer the test sets.
type wire struct{ verdict atomic.Value }

func (w *wire) says(v health.Verdict) { w.verdict.Store(v) }

func (w *wire) probe(context.Context) health.Result {
	v := w.verdict.Load().(health.Verdict)
	return health.Result{Verdict: v, Reason: map[health.Verdict]health.Reason{health.Fail: health.Refused, health.Indeterminate: health.LocalFDs}[v]}
}

// A family is a router and a host behind it, each asked every ten seconds.
type family struct {
	c            *Checks
	l            *ledger
	router, host *wire
	routed       *health.Spec
}

func behindRouter(s *health.Spec) { s.Parents = []string{"router"} }

// offspring starts a family that is well. The host is asked before the router or
// after it.
func offspring(t *testing.T, first bool) (*family, func()) {
	f := &family{l: &ledger{}, router: &wire{}, host: &wire{}}
	f.router.says(health.Pass)
	f.host.says(health.Pass)
	f.c = &Checks{Host: "web-07", Sink: f.l, Recorder: f.l, Log: quiet}
	// Slots follow from names: names are sought that give the wanted order.
	for i := range 1000 {
		f.routed = spec(fmt.Sprintf("host%d", i), behindRouter)
		apart := slotOf(f.routed.Name) - slotOf("router")
		if first && apart < -time.Second && apart > -3*time.Second || !first && apart > time.Second && apart < 3*time.Second {
			break
		}
	}
	f.c.Set([]Check{{f.routed, f.host.probe}, {spec("router"), f.router.probe}})
	stop := running(t, f.c)
	time.Sleep(30 * time.Second)
	f.toSlot("router")
	time.Sleep(5 * time.Second) // both have been asked, and will be in five seconds
	f.l.forget()
	return f, stop
}

// slotOf returns when in its interval of ten seconds a check is asked.
func slotOf(name string) time.Duration {
	return time.Duration(phaseHash(name) % uint64(10*time.Second))
}

// toSlot waits until a check is asked next.
func (f *family) toSlot(name string) {
	now := time.Duration(time.Now().UnixNano() % int64(10*time.Second))
	wait := slotOf(name) - now
	if wait < 0 {
		wait += 10 * time.Second
	}
	time.Sleep(wait)
}

// TestParentsExplainOutages: who is down behind a parent that is down, or that
// may be, is so from the change on that says it is down. When the parent is found
// well, it is not so any more, and its outage is its own.
func TestParentsExplainOutages(t *testing.T) {
	down := func(ws ...*wire) {
		for _, w := range ws {
			w.says(health.Fail)
		}
	}
	up := func(ws ...*wire) {
		for _, w := range ws {
			w.says(health.Pass)
		}
	}
	const fell, hidden = "HEALTHY>DEGRADING, DEGRADING>UNHEALTHY", "HEALTHY>DEGRADING, DEGRADING>UNHEALTHY[UNREACHABLE], +UNREACHABLE[UNREACHABLE]"
	tests := []struct {
		name  string
		first bool // the host is asked before the router
		plot  func(f *family)
		want  string
	}{
		{"the host alone, asked after its router", false, func(f *family) { down(f.host) }, fell},
		{"the host alone, asked before its router", true, func(f *family) { down(f.host) }, fell},
		{"both, the router first", false, func(f *family) { down(f.router, f.host) }, hidden},
		{"both, the host first: the router is suspected", true, func(f *family) { down(f.router, f.host) }, hidden},
		{"the router alone", true, func(f *family) { down(f.router) }, ""},
		{"the router blinks", true, func(f *family) {
			down(f.router, f.host)
			time.Sleep(15 * time.Second) // the host is down, the router suspected
			up(f.router)
		}, hidden + ", -UNREACHABLE"},
		{"the router falls later", false, func(f *family) {
			down(f.host)
			time.Sleep(30 * time.Second)
			down(f.router)
		}, fell + ", +UNREACHABLE[UNREACHABLE]"},
		{"both come back: nobody hears of the host", true, func(f *family) {
			down(f.router, f.host)
			time.Sleep(time.Minute)
			up(f.router, f.host)
		}, hidden + ", UNHEALTHY>HEALTHY, -UNREACHABLE"},
		{"both come back, the host a round later", true, func(f *family) {
			down(f.router, f.host)
			time.Sleep(time.Minute)
			up(f.router)
			time.Sleep(10 * time.Second)
			up(f.host)
		}, hidden + ", UNHEALTHY>HEALTHY, -UNREACHABLE"},
		{"the router alone comes back", false, func(f *family) {
			down(f.router, f.host)
			time.Sleep(time.Minute)
			up(f.router)
		}, hidden + ", -UNREACHABLE"},
		{"the host alone comes back", false, func(f *family) {
			down(f.router, f.host)
			time.Sleep(time.Minute)
			up(f.host)
		}, hidden + ", UNHEALTHY>HEALTHY, -UNREACHABLE"},
		{"the router cannot be judged", true, func(f *family) {
			f.router.says(health.Indeterminate)
			down(f.host)
		}, hidden + ", -UNREACHABLE"},
		{"the router is paused while it is suspected", true, func(f *family) {
			down(f.router, f.host)
			time.Sleep(15 * time.Second)
			f.c.Pause("router", "ada", "")
		}, hidden + ", -UNREACHABLE"},
		{"the router is paused while it is down", true, func(f *family) {
			down(f.router, f.host)
			time.Sleep(time.Minute)
			f.c.Pause("router", "ada", "")
		}, hidden + ", -UNREACHABLE"},
		{"the router is removed", true, func(f *family) {
			down(f.router, f.host)
			time.Sleep(time.Minute)
			f.c.Set([]Check{{f.routed, f.host.probe}})
		}, hidden + ", -UNREACHABLE"},
		{"the router is no parent any more", true, func(f *family) {
			down(f.router, f.host)
			time.Sleep(time.Minute)
			f.c.Set([]Check{{spec(f.routed.Name), f.host.probe}, {spec("router"), f.router.probe}})
		}, hidden + ", -UNREACHABLE"},
		{"the host is paused and resumed", true, func(f *family) {
			down(f.router, f.host)
			time.Sleep(time.Minute)
			f.c.Pause(f.routed.Name, "ada", "")
			f.c.Resume(f.routed.Name, "ada")
			up(f.host)
		}, hidden + ", +PAUSED[PAUSED UNREACHABLE] by ada, UNHEALTHY>UNKNOWN[PAUSED], -UNREACHABLE[PAUSED], -PAUSED by ada, UNKNOWN>HEALTHY"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				f, stop := offspring(t, tt.first)
				tt.plot(f)
				time.Sleep(2 * time.Minute)
				stop()
				if got := f.l.told(f.routed.Name); got != tt.want {
					t.Errorf("recorded %s,\nwant %s", got, tt.want)
				}
			})
		})
	}
}

// TestNoAlertIsHeldForEver: whatever becomes of a suspected parent, a child's
// outage is its own within the time that it takes to judge the parent.
func TestNoAlertIsHeldForEver(t *testing.T) {
	hang := make(chan struct{})
	for name, becomes := range map[string]func(context.Context) health.Result{
		"void": func(context.Context) health.Result {
			return health.Result{Verdict: health.Indeterminate, Reason: health.LocalNetwork}
		},
		"never answers": func(ctx context.Context) health.Result { <-hang; return passes(ctx) },
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				hang = make(chan struct{})
				var lost atomic.Bool
				router := func(ctx context.Context) health.Result {
					if lost.Load() {
						return becomes(ctx)
					}
					return passes(ctx)
				}
				host := &wire{}
				host.says(health.Pass)
				c, l := watching(Check{spec("host", behindRouter), host.probe}, Check{spec("router"), router})
				stop := running(t, c)
				time.Sleep(30 * time.Second)
				lost.Store(true)
				host.says(health.Fail)
				began := time.Now()
				time.Sleep(5 * time.Minute)
				const bound = 20*time.Second + 22*time.Second // to fall, and to judge a parent
				all := l.recorded()
				last := all[len(all)-1]
				if got := l.told("host"); !strings.HasSuffix(got, ", -UNREACHABLE") || last.Change.At.Sub(began) > bound+time.Second {
					t.Errorf("recorded %s, the last of them after %v", got, last.Change.At.Sub(began))
				}
				close(hang)
				stop()
			})
		})
	}
}

// TestParentsThroughARestart: who was behind a parent is so still, until one of
// the two is judged otherwise.
func TestParentsThroughARestart(t *testing.T) {
	tests := []struct {
		name         string
		router, host health.Probe
		want         string
	}{
		{"both are down", refuses, refuses, ""},
		{"both are up", passes, passes, "UNHEALTHY>HEALTHY, -UNREACHABLE"},
		{"the router is up", passes, refuses, "-UNREACHABLE"},
		{"the host is up", refuses, passes, "UNHEALTHY>HEALTHY, -UNREACHABLE"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c, l := watching(Check{spec("host", behindRouter), refuses}, Check{spec("router"), refuses})
				play(t, c, time.Minute)
				c, l = again(t, l, c.Alive(), Check{spec("host", behindRouter), tt.host}, Check{spec("router"), tt.router})
				play(t, c, time.Minute)
				if got := l.told("host"); got != tt.want {
					t.Errorf("recorded %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// TestAHealthyChildIsNotRecorded as behind its parent, however often that falls.
func TestAHealthyChildIsNotRecorded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("host", behindRouter), passes}, Check{spec("router"), recites("+--++--++--++")})
		play(t, c, 3*time.Minute)
		if got := l.told("host"); got != "UNKNOWN>HEALTHY" {
			t.Errorf("recorded %s", got)
		}
		if got := l.statuses("host"); strings.Count(got, "UNREACHABLE") != 3 {
			t.Errorf("told %s", got)
		}
	})
}
