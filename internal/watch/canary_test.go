package watch

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A bird is a canary whose health the test sets.
type bird struct {
	mu     sync.Mutex
	reason health.Reason
	asked  []netip.Addr
	slow   time.Duration
}

func (b *bird) Excuse(_ context.Context, addr netip.Addr) (health.Reason, foreign.Text) {
	time.Sleep(b.slow)
	b.mu.Lock()
	defer b.mu.Unlock()
	b.asked = append(b.asked, addr)
	if b.reason == "" {
		return "", ""
	}
	return b.reason, "eth0 has no carrier"
}

func (b *bird) feels(reason health.Reason) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.reason = reason
}

// TestWhoIsAskedWhenATargetIsSilent is the rule of the canary stage.
func TestWhoIsAskedWhenATargetIsSilent(t *testing.T) {
	answer := func(addr string) *health.Answer { return &health.Answer{Address: netip.MustParseAddrPort(addr)} }
	tests := []struct {
		name   string
		target string
		result health.Result
		asked  string // of whom the canary is asked; empty: it is not
		want   health.Reason
	}{
		{"silence", "tcp://192.0.2.1:80", health.Result{Verdict: health.Fail, Reason: health.Timeout}, "192.0.2.1", health.LocalNetwork},
		{"unreachable", "tcp://192.0.2.1:80", health.Result{Verdict: health.Fail, Reason: health.Unreachable}, "192.0.2.1", health.LocalNetwork},
		{"silence of the last of a name's addresses", "tcp://db:80", health.Result{Verdict: health.Fail, Reason: health.Timeout, Answer: answer("[2001:db8::1]:80")}, "2001:db8::1", health.LocalNetwork},
		{"silence after a redirect", "tcp://192.0.2.1:80", health.Result{Verdict: health.Fail, Reason: health.Timeout, Answer: answer("192.0.2.7:80")}, "192.0.2.7", health.LocalNetwork},
		{"refusal", "tcp://192.0.2.1:80", health.Result{Verdict: health.Fail, Reason: health.Refused}, "", health.Refused},
		{"a wrong answer", "tcp://192.0.2.1:80", health.Result{Verdict: health.Fail, Reason: health.HTTPStatus}, "", health.HTTPStatus},
		{"a pass", "tcp://192.0.2.1:80", health.Result{Verdict: health.Pass}, "", ""},
		{"silence of this machine", "tcp://127.0.0.1:80", health.Result{Verdict: health.Fail, Reason: health.Timeout}, "", health.Timeout},
		{"silence of this machine by IPv6", "tcp://[::1]:80", health.Result{Verdict: health.Fail, Reason: health.Timeout}, "", health.Timeout},
		{"silence of this machine in disguise", "tcp://[::ffff:127.0.0.1]:80", health.Result{Verdict: health.Fail, Reason: health.Timeout}, "", health.Timeout},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := spec("db", func(s *health.Spec) { s.Target = tt.target })
				c, l := watching(Check{s, func(context.Context) health.Result { return tt.result }})
				canary := &bird{reason: health.LocalNetwork}
				c.Canary = canary
				play(t, c, time.Second)
				last := l.last(t, "db").Last
				if last == nil || last.Reason != tt.want {
					t.Fatalf("told %+v, want reason %q", last, tt.want)
				}
				if last.Reason.Local() && (last.Verdict != health.Indeterminate || last.Text != "eth0 has no carrier") {
					t.Errorf("excused as %+v", last)
				}
				if got := len(canary.asked) == 1; got != (tt.asked != "") || got && canary.asked[0].String() != tt.asked {
					t.Errorf("the canary was asked of %v, want %s", canary.asked, tt.asked)
				}
				if n := c.Stats().Excused; (n == 1) != (tt.asked != "") {
					t.Errorf("%d excused", n)
				}
			})
		})
	}
}

// TestABlackHoleIsDownOnTime when the canary is well, however long it looks;
// what it looks for does not hold a place.
func TestABlackHoleIsDownOnTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("black"), silent}, Check{spec("white"), passes})
		c.Canary = &bird{slow: time.Second}
		c.places.limit = 1
		start := play(t, c, 30*time.Second)
		moves := l.moves("black")
		if !slices.Equal(moves, []string{"black UNKNOWN>UNHEALTHY"}) {
			t.Errorf("moves = %v", moves)
		}
		at := l.askedAt("black", start)
		if down := l.changes[len(l.changes)-1].At.Sub(start); down != at[1] {
			t.Errorf("down by the question of %v, want that of %v", down, at[1])
		}
		if n := c.Stats().Void; n != 0 {
			t.Errorf("%d void: the canary holds a place", n)
		}
	})
}
