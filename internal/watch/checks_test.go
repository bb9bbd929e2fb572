package watch

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// A ledger keeps what checks tell; safe for concurrent use.
type ledger struct {
	mu      sync.Mutex
	states  []*health.State
	changes []event.Entry
}

func (l *ledger) Uncheck(string) {}

func (l *ledger) Check(st *health.State) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.states = append(l.states, st)
}

func (l *ledger) Record(e event.Entry) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.changes = append(l.changes, e)
}

func TestChecksJudgeAndRecord(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := health.Spec{Name: "db", Target: "tcp://db:5432", Interval: health.Duration(10 * time.Second)}.WithDefaults(health.DefaultProfile())
		answers := []health.Verdict{health.Pass, health.Fail, health.Fail, health.Fail, health.Pass, health.Pass}
		asked := 0
		probe := func(context.Context) health.Result {
			v := answers[min(asked, len(answers)-1)]
			asked++
			time.Sleep(time.Second)
			return health.Result{Verdict: v, Reason: health.Refused}
		}
		l := &ledger{}
		c := &Checks{Checks: []Check{{spec, probe}}, Host: "web-07", Sink: l, Recorder: l, Log: quiet}
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		_ = c.Run(ctx)

		var moves []health.Status
		for _, e := range l.changes {
			moves = append(moves, e.Change.To)
		}
		want := []health.Status{health.Healthy, health.Degrading, health.Unhealthy, health.Healthy}
		if len(moves) != len(want) {
			t.Fatalf("moves = %v, want %v", moves, want)
		}
		for i := range want {
			if moves[i] != want[i] {
				t.Errorf("move %d = %s, want %s", i, moves[i], want[i])
			}
		}
		if up := l.changes[3].Change; time.Duration(up.Outage) != 30*time.Second {
			t.Errorf("outage of %v, want 30s from the first failure to the first pass", up.Outage)
		}
		if asked != 6 {
			t.Errorf("asked %d times in a minute, want 6: the schedule must not drift with the answers", asked)
		}
		if first := l.states[0]; first.Status != health.Unknown || first.Last != nil {
			t.Errorf("first told %+v, want UNKNOWN before any answer", first)
		}
	})
}

func TestASlowAnswerIsCutOff(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		spec := health.Spec{Name: "slow", Target: "tcp://db:1", Interval: health.Duration(10 * time.Second), Timeout: health.Duration(2 * time.Second)}.WithDefaults(health.DefaultProfile())
		l := &ledger{}
		c := &Checks{Checks: []Check{{spec, func(ctx context.Context) health.Result {
			<-ctx.Done()
			return health.Result{Verdict: health.Fail, Reason: health.Timeout}
		}}}, Sink: l, Recorder: l, Log: quiet}
		ctx, cancel := context.WithTimeout(t.Context(), 15*time.Second)
		defer cancel()
		_ = c.Run(ctx)
		last := l.states[len(l.states)-1].Last
		if last == nil || time.Duration(last.Took) != 2*time.Second {
			t.Errorf("last result = %+v, want one that took its timeout", last)
		}
	})
}

func TestARepeatedFailureIsLoggedNowAndThen(t *testing.T) {
	var c complaint
	at := time.Unix(1_700_000_000, 0)
	steps := []struct {
		after   time.Duration
		verdict health.Verdict
		reason  health.Reason
		news    bool
	}{
		{0, health.Fail, health.Refused, true},
		{5 * time.Second, health.Fail, health.Refused, false},
		{5 * time.Second, health.Fail, health.Timeout, true},
		{5 * time.Second, health.Pass, "", false},
		{5 * time.Second, health.Fail, health.Timeout, true},
		{repeatEvery, health.Fail, health.Timeout, true},
		{time.Second, health.Indeterminate, health.LocalFDs, true},
	}
	for i, s := range steps {
		at = at.Add(s.after)
		if got := c.news(health.Result{Verdict: s.verdict, Reason: s.reason, At: at}); got != s.news {
			t.Errorf("step %d: news %v", i, got)
		}
	}
}
