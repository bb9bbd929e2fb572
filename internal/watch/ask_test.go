package watch

import (
	"context"
	"net/netip"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestAskOnce is what a question is told as that is asked outside of any
// timetable, with a timeout of two seconds.
func TestAskOnce(t *testing.T) {
	answered := func(ctx context.Context) health.Result {
		time.Sleep(time.Second)
		return passes(ctx)
	}
	late := func(ctx context.Context) health.Result {
		time.Sleep(3 * time.Second)
		return silent(ctx)
	}
	tests := []struct {
		name    string
		probe   health.Probe
		canary  health.Reason // what it knows is wrong with us
		leaves  time.Duration // when the caller does; 0 for never
		verdict health.Verdict
		reason  health.Reason
		took    time.Duration
	}{
		{"an answer", answered, "", 0, health.Pass, "", time.Second},
		{"a refusal", refuses, "", 0, health.Fail, health.Refused, 0},
		{"silence is a failure after the timeout", silent, "", 0, health.Fail, health.Timeout, 2 * time.Second},
		{"silence while we are cut off is ours", silent, health.LocalNetwork, 0, health.Indeterminate, health.LocalNetwork, 2 * time.Second},
		{"a refusal is not, for somebody spoke", refuses, health.LocalNetwork, 0, health.Fail, health.Refused, 0},
		{"we looked too late", late, "", 0, health.Indeterminate, health.LocalOverload, 3 * time.Second},
		{"the caller leaves", silent, "", time.Second, health.Indeterminate, health.LocalOverload, time.Second},
		{"the caller would wait for longer", silent, "", time.Minute, health.Fail, health.Timeout, 2 * time.Second},
		{"the caller left, and the answer came", answered, "", time.Second / 2, health.Pass, "", time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				if tt.leaves > 0 {
					time.AfterFunc(tt.leaves, cancel)
				}
				began := time.Now()
				r := Ask(ctx, Check{spec("db"), tt.probe}, &bird{reason: tt.canary}, "web-07")
				if r.Verdict != tt.verdict || r.Reason != tt.reason || time.Duration(r.Took) != tt.took {
					t.Errorf("told %+v, want %s %s after %v", r, tt.verdict, tt.reason, tt.took)
				}
				if r.Check != "db" || r.Observer != "web-07" || !r.At.Equal(began) {
					t.Errorf("stamped %q %q %v", r.Check, r.Observer, r.At)
				}
			})
		})
	}
}

// TestTheCallerLeavesWhileTheCanaryLooks: a failure that nobody could confirm
// is none.
func TestTheCallerLeavesWhileTheCanaryLooks(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), 2500*time.Millisecond)
		defer cancel()
		r := Ask(ctx, Check{spec("db"), silent}, &bird{slow: time.Second}, "")
		if r.Verdict != health.Indeterminate || r.Reason != health.LocalOverload {
			t.Errorf("told %+v", r)
		}
	})
}

// TestAskAsksTheCanaryOfWhoWasSilent: the address that the target names, and
// nobody without a canary.
func TestAskAsksTheCanaryOfWhoWasSilent(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		canary := &bird{}
		Ask(t.Context(), Check{spec("db"), silent}, canary, "")
		if len(canary.asked) != 1 || canary.asked[0] != netip.MustParseAddr("192.0.2.1") {
			t.Errorf("the canary was asked of %v", canary.asked)
		}
		if r := Ask(t.Context(), Check{spec("db"), silent}, nil, ""); r.Reason != health.Timeout {
			t.Errorf("without a canary: %+v", r)
		}
	})
}

// BenchmarkAsk is what one question costs beyond its probe.
func BenchmarkAsk(b *testing.B) {
	check := Check{spec("db"), refuses}
	b.ReportAllocs()
	for b.Loop() {
		Ask(b.Context(), check, nil, "web-07")
	}
}
