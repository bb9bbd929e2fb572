package watch

import (
	"context"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func TestChecksJudgeAndRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := recites("+---++")
		asked := 0
		c, l := watching(Check{spec("db"), func(ctx context.Context) health.Result {
			asked++
			time.Sleep(time.Second)
			return answers(ctx)
		}})
		play(t, c, time.Minute)

		want := []string{"db UNKNOWN>HEALTHY", "db HEALTHY>DEGRADING", "db DEGRADING>UNHEALTHY", "db UNHEALTHY>HEALTHY"}
		if got := l.moves(""); !slices.Equal(got, want) {
			t.Fatalf("moves = %v, want %v", got, want)
		}
		up := l.changes[3]
		if up.Change.Outage > health.Duration(30*time.Second) || up.Change.Outage < health.Duration(25*time.Second) {
			t.Errorf("outage of %v, want that from the first failure to the first pass", up.Change.Outage)
		}
		if up.Stream != "check/db" || up.Observer != "web-07" || !up.At.Equal(up.Change.At) {
			t.Errorf("recorded as %+v", up)
		}
		if asked != 6 && asked != 7 {
			t.Errorf("asked %d times in a minute, want once every ten seconds, whatever the answers take", asked)
		}
		if first := l.states[0]; first.Status != health.Unknown || first.Last != nil {
			t.Errorf("first told %+v, want UNKNOWN before any answer", first)
		}
		last := l.last(t, "db")
		if r := last.Last; r.Check != "db" || r.Observer != "web-07" || time.Duration(r.Took) != time.Second {
			t.Errorf("the last result is %+v", r)
		}
		if last.Moves.To(health.Unhealthy) != 1 || last.Moves.To(health.Healthy) != 2 {
			t.Errorf("moves are counted as %v", last.Moves)
		}
		if in := last.Next.Sub(last.Last.At); in > 10*time.Second || in < 10*time.Second-tick {
			t.Errorf("next due %v after the last question, want the interval", in)
		}
	})
}

func TestASlowAnswerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("slow"), silent})
		play(t, c, 15*time.Second)
		last := l.last(t, "slow").Last
		if last == nil || time.Duration(last.Took) != 2*time.Second || last.Reason != health.Timeout {
			t.Errorf("last result = %+v, want one that took its timeout", last)
		}
	})
}

// TestTheFirstRoundEndsWithinOneInterval, in order, and nobody is asked again
// before half an interval is over.
func TestTheFirstRoundEndsWithinOneInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets = 2000 // spread over a second and 0.5 ms each: two seconds
		var checks []Check
		for i := range targets {
			checks = append(checks, Check{spec(name(i)), passes})
		}
		c, l := watching(checks...)
		start := play(t, c, 21*time.Second)
		var before time.Duration
		for i := range targets {
			at := l.askedAt(name(i), start)
			if len(at) < 2 || at[0] < before || at[0] > 2*time.Second+tick {
				t.Fatalf("target %d was asked at %v, want it after %v and within two seconds", i, at, before)
			}
			if gap := at[1] - at[0]; gap < 5*time.Second-tick || gap > 15*time.Second+tick {
				t.Fatalf("target %d was asked again after %v", i, gap)
			}
			before = at[0]
		}
		if s := c.Stats(); s.Skipped != 0 || s.Waited != 0 || s.Void != 0 || s.Lag.Quantile(1) > tick.Seconds() || s.Targets != targets || s.InFlight != 0 {
			t.Errorf("stats = %+v", s)
		}
	})
}

func TestRounds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const targets, rounds = 100, 5
		var checks []Check
		for i := range targets {
			probe := passes
			switch i % 3 {
			case 1:
				probe = recites("+-+?-")
			case 2:
				probe = silent
			}
			checks = append(checks, Check{spec(name(i)), probe})
		}
		l := &ledger{}
		c := &Checks{Sink: l, Log: quiet, Rounds: rounds, Spread: time.Second}
		c.Set(checks)
		start := play(t, c, time.Hour)
		if took := time.Since(start); took < 42*time.Second || took > 43*time.Second {
			t.Errorf("%d rounds took %v, want those of ten seconds, the spread and the last answer", rounds, took)
		}
		for i := range targets {
			at := l.askedAt(name(i), start)
			if len(at) != rounds || at[0] > time.Second {
				t.Fatalf("target %d was asked at %v", i, at)
			}
			for n := range at {
				if gap := at[n] - at[0]; gap.Round(10*tick) != time.Duration(n)*10*time.Second {
					t.Errorf("target %d: round %d came %v after the first", i, n, gap)
				}
			}
		}
		if slices.ContainsFunc(l.states, func(st *health.State) bool { return st.Spec.Origin == health.FromSelf }) {
			t.Error("who asks now is told about ourselves")
		}
	})
}

func TestRoundsOfNobodyAreOver(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := &Checks{Sink: &ledger{}, Log: quiet, Rounds: 3}
		if start := play(t, c, time.Hour); time.Since(start) != 0 {
			t.Errorf("it took %v to ask nobody", time.Since(start))
		}
	})
}

// TestRetryInterval: suspected targets are asked sooner, until they are
// believed to be down or are up again; then the slots are as before.
func TestRetryInterval(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		retried := spec("db", func(s *health.Spec) {
			s.RetryInterval, s.Thresholds = health.Duration(time.Second), health.Thresholds{Unhealthy: 3, Healthy: 2}
		})
		c, l := watching(Check{retried, recites("++--+++---+")})
		start := play(t, c, 2*time.Minute)
		at := l.askedAt("db", start)
		var gaps []time.Duration
		for i := 2; i < len(at); i++ {
			gaps = append(gaps, (at[i] - at[i-1]).Round(time.Second))
		}
		// ++ 10 - 1 - 1 + back to the slots: at least half an interval later.
		want := []time.Duration{10, 1, 1, 8, 10, 10, 1, 1, 8, 10}
		for i := range want {
			if gaps[i] != want[i]*time.Second {
				t.Fatalf("gaps of %v, want %v s", gaps, want)
			}
		}
		if n := c.Stats().Skipped; n != 0 {
			t.Errorf("%d slots skipped", n)
		}
	})
}

// TestAProbeThatHangs leaves its target STALE, and is not asked again.
func TestAProbeThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		let := make(chan struct{})
		asked := 0
		c, l := watching(Check{spec("hung"), func(ctx context.Context) health.Result {
			if asked++; asked > 1 {
				<-let
			}
			return passes(ctx)
		}})
		time.AfterFunc(2*time.Minute, func() { close(let) })
		play(t, c, 3*time.Minute)
		want := "UNKNOWN HEALTHY HEALTHY+STALE HEALTHY"
		if got := l.statuses("hung"); got != want {
			t.Errorf("told %s, want %s", got, want)
		}
		if s := c.Stats(); s.Skipped < 9 || s.Skipped > 11 {
			t.Errorf("%d slots skipped in nearly two minutes, want 10", s.Skipped)
		}
	})
}

// TestNothingIsJudgedAfterTheEnd: a probe that was cut off by the end says
// nothing about its target.
func TestNothingIsJudgedAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c, l := watching(Check{spec("slow"), silent})
		play(t, c, time.Second)
		if st := l.last(t, "slow"); st.Last != nil {
			t.Errorf("told %+v after the end", st.Last)
		}
	})
}
