package watch

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestPlaces plays questions that come (q: quick, s: slow) and places that are
// given back (Q, S), and looks who is let in, by number.
func TestPlaces(t *testing.T) {
	tests := []struct {
		name  string
		limit int
		play  string
		want  string // numbers from 0 on, in the order in which they got a place
	}{
		{"all find a place", 4, "qqqq", "0123"},
		{"the next waits", 2, "qqq", "01"},
		{"and is let in by the time it came", 2, "qqqqqQQ", "0123"},
		{"slow ones leave a quarter to the quick", 4, "sssssq", "0125"},
		{"and get their own places only", 4, "sssssqQqQq", "012567"},
		{"until a slow one is over", 4, "sssssqS", "01253"},
		{"who waited longest is first, whoever it is", 2, "qqsqQQ", "0123"},
		{"one place is for all", 1, "sqSQ", "01"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := places{limit: tt.limit}
			var got strings.Builder
			came := 0
			for _, step := range tt.play {
				of := quick
				if step == 's' || step == 'S' {
					of = slow
				}
				if step == 'Q' || step == 'S' {
					p.release(of)
					if q := p.admit(); q != nil {
						got.WriteByte(byte('0' + q.due))
					}
					continue
				}
				q := &question{pace: of, due: instant(came), since: instant(came)}
				if p.take(of) {
					got.WriteByte(byte('0' + came))
				} else {
					p.lineUp(q)
				}
				came++
			}
			if got.String() != tt.want {
				t.Errorf("let in %s, want %s", got.String(), tt.want)
			}
		})
	}
}

// TestAQueueOfThoseWhoGiveUp does not grow.
func TestAQueueOfThoseWhoGiveUp(t *testing.T) {
	p := places{limit: 1}
	p.take(quick)
	for range 10_000 {
		q := &question{}
		p.lineUp(q)
		p.giveUp(q)
	}
	if p.waiting() != 0 || cap(p.queue[quick].questions) > 100 {
		t.Errorf("%d wait, room for %d", p.waiting(), cap(p.queue[quick].questions))
	}
	if p.release(quick); p.admit() != nil {
		t.Error("somebody who gave up is let in")
	}
}

// TestWhoFindsNoPlaceWaits: never more at once than allowed, first come first
// served, and those who ask now wait for as long as it takes.
func TestWhoFindsNoPlaceWaits(t *testing.T) {
	const targets = 50
	for limit := 1; limit <= 3; limit++ {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			running, most := 0, 0
			var order []string
			var checks []Check
			for i := range targets {
				checks = append(checks, Check{spec(name(i)), func(context.Context) health.Result {
					mu.Lock()
					running++
					most = max(most, running)
					order = append(order, name(i))
					mu.Unlock()
					time.Sleep(100 * time.Millisecond)
					mu.Lock()
					running--
					mu.Unlock()
					return health.Result{Verdict: health.Pass}
				}})
			}
			l := &ledger{}
			c := &Checks{Sink: l, Log: quiet, InFlight: limit, Rounds: 1, Spread: 10 * time.Millisecond}
			c.Set(checks)
			start := play(t, c, time.Minute)
			if most != limit || len(order) != targets || limit == 1 && !slices.IsSorted(order) {
				t.Errorf("%d ran at once, want %d; asked in the order %v", most, limit, order)
			}
			if took, want := time.Since(start), 100*time.Millisecond*targets/time.Duration(limit); took > want+200*time.Millisecond {
				t.Errorf("it took %v, want %v: places stood empty", took, want)
			}
			if s := c.Stats(); s.Void != 0 || s.Waited != uint64(targets-limit) || s.Lag.Quantile(1) < 1 {
				t.Errorf("stats = %+v", s)
			}
		})
	}
}

// TestWhoWaitsTooLongIsVoid for as long as it waits, and never called down. In
// the end everybody is asked, however long the queue.
func TestWhoWaitsTooLongIsVoid(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets = 40
		asked := make([]int, targets)
		var checks []Check
		for i := range targets {
			checks = append(checks, Check{spec(name(i)), func(ctx context.Context) health.Result {
				asked[i]++
				return silent(ctx)
			}})
		}
		l := &ledger{}
		c := &Checks{Sink: l, Recorder: l, Log: quiet, InFlight: 2} // one target a second, instead of four
		c.Set(checks)
		play(t, c, 3*time.Minute)
		void := uint64(0)
		for i := range targets {
			if asked[i] < 3 || asked[i] > 5 {
				t.Errorf("%s was asked %d times, want its fair share of four", name(i), asked[i])
			}
			st := l.last(t, name(i))
			void += st.Unknowns[health.LocalOverload]
			if st.Status == health.Unhealthy && st.Fails < 2 {
				t.Errorf("%s is down after %d failures", name(i), st.Fails)
			}
			if st.Last.Verdict == health.Indeterminate && (st.Last.Took != 0 || st.Last.Text == "") {
				t.Errorf("not asked: %+v", st.Last)
			}
		}
		if s := c.Stats(); s.Void != void || void < 400 || s.InFlight != 0 || s.Skipped < 400 {
			t.Errorf("%d results were void by the checks; stats = %+v", void, s)
		}
	})
}

// TestBlackHolesCostNobodyElse: with places for fewer than all black holes,
// healthy targets miss no slot once it is known who is silent.
func TestBlackHolesCostNobodyElse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets, every = 1000, 50
		var checks []Check
		for i := range targets {
			probe := passes
			if i%every == 0 {
				probe = silent // 20, which would need 4 places of 5
			}
			checks = append(checks, Check{spec(name(i)), probe})
		}
		l := &ledger{}
		c := &Checks{Sink: l, Log: quiet, InFlight: 4}
		c.Set(checks)
		stop := running(t, c)
		time.Sleep(30 * time.Second)
		void, start := make([]uint64, targets), time.Now()
		for i := range targets {
			void[i] = l.last(t, name(i)).Unknowns[health.LocalOverload]
		}
		time.Sleep(2 * time.Minute)
		stop()
		for i := range targets {
			st := l.last(t, name(i))
			if i%every == 0 {
				if st.Status != health.Unhealthy {
					t.Errorf("black hole %d is %s", i, st.Status)
				}
				continue
			}
			if n := st.Unknowns[health.LocalOverload] - void[i]; st.Status != health.Healthy || n > 0 {
				t.Errorf("healthy target %d is %s, void %d times", i, st.Status, n)
			}
			var since []time.Duration
			for _, at := range l.askedAt(name(i), start) {
				if at >= 0 {
					since = append(since, at)
				}
			}
			if wantSlots(t, name(i), since); len(since) != 12 {
				t.Errorf("healthy target %d was asked %d times in two minutes", i, len(since))
			}
		}
	})
}

// TestAnOutageOfMoreThanThereIsRoomFor is called one of each, though all wait
// for many intervals from one question to the next.
func TestAnOutageOfMoreThanThereIsRoomFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets = 100
		var checks []Check
		for i := range targets {
			checks = append(checks, Check{spec(name(i)), silent})
		}
		l := &ledger{}
		c := &Checks{Sink: l, Log: quiet, InFlight: 4}
		c.Set(checks)
		play(t, c, 4*time.Minute) // each is asked every 70 s, instead of 10
		for i := range targets {
			if st := l.last(t, name(i)); st.Status != health.Unhealthy {
				t.Errorf("%s is %s after %d failures", name(i), st.Status, st.Fails)
			}
		}
	})
}
