package watch

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func TestStats(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		takes := func(d time.Duration) health.Probe {
			return func(ctx context.Context) health.Result {
				time.Sleep(d)
				return passes(ctx)
			}
		}
		target := func(url string) func(*health.Spec) { return func(s *health.Spec) { s.Target = url } }
		l := &ledger{}
		c := &Checks{Sink: l, Log: quiet, InFlight: 2, Spread: time.Nanosecond}
		c.Set([]Check{
			{spec("a", target("tcp://db:5432")), takes(30 * time.Millisecond)},
			{spec("b", target("http://db/")), takes(300 * time.Millisecond)},
			{spec("c", target("http://db/")), takes(300 * time.Millisecond)},
			{spec("d", func(s *health.Spec) { s.Paused = true }), passes},
		})
		if s := c.Stats(); s.Targets != 4 || s.InFlight != 0 || s.Lag.Total() != 0 {
			t.Errorf("before: %+v", s)
		}
		stop := running(t, c)
		time.Sleep(10 * time.Millisecond)
		if s := c.Stats(); s.InFlight != 2 || s.Waiting != 1 || s.Waited != 1 {
			t.Errorf("at first: %+v", s)
		}
		time.Sleep(time.Second)
		stop()
		s := c.Stats()
		tcp, http := s.Durations["tcp"], s.Durations["http"]
		if tcp.Total() != 1 || tcp.Quantile(1) != .05 || http.Total() != 2 || http.Quantile(1) != .5 || http.Sum != .6 {
			t.Errorf("durations = %+v", s.Durations)
		}
		if s.Lag.Total() != 3 || s.Lag.Quantile(0.5) > tick.Seconds() || s.Lag.Quantile(1) != .05 {
			t.Errorf("lag = %+v", s.Lag)
		}
		c.Set(nil)
		if s := c.Stats(); s.Targets != 0 || s.InFlight != 0 || s.Waiting != 0 {
			t.Errorf("after all: %+v", s)
		}
	})
}

func TestHistogram(t *testing.T) {
	h, want := newHistogram(), health.NewHistogram(bounds())
	for _, d := range []time.Duration{-1, 0, time.Millisecond, time.Millisecond + 1, 70 * time.Millisecond, time.Hour} {
		h.observe(d)
		want.Observe(max(d, 0))
	}
	got := h.snapshot()
	for i := range want.Counts {
		if got.Counts[i] != want.Counts[i] {
			t.Errorf("bucket %d counts %d, want %d", i, got.Counts[i], want.Counts[i])
		}
	}
	if got.Sum != want.Sum || got.Total() != 6 {
		t.Errorf("sum %v of %d, want %v", got.Sum, got.Total(), want.Sum)
	}
}
