package board

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// state makes what is believed of a check at noon.
func state(name, target string, status health.Status, overlays ...health.Overlay) *health.State {
	spec := health.Spec{Name: name, Target: target, Origin: health.FromConfig}
	if strings.HasPrefix(name, health.SelfPrefix) {
		spec.Origin = health.FromSelf
	}
	return &health.State{Spec: &spec, Status: status, Overlays: overlays, Since: noon}
}

// answered gives a state a last result, so long after noon.
func answered(st *health.State, verdict health.Verdict, reason health.Reason, after, took time.Duration) *health.State {
	st.Last = &health.Result{Check: st.Spec.Name, At: noon.Add(after), Took: health.Duration(took), Verdict: verdict, Reason: reason}
	return st
}

func boardOf(states ...*health.State) *Board {
	b := New(port.Machine{Host: "web-07"}, noon)
	for _, st := range states {
		b.Check(st)
	}
	return b
}

// names tells checks in their order.
func names(states []*health.State) string {
	var all []string
	for _, st := range states {
		all = append(all, st.Spec.Name)
	}
	return strings.Join(all, " ")
}

func TestChecksAreSortedByName(t *testing.T) {
	b := boardOf(state("c", "tcp://c:1", health.Healthy), state("a", "tcp://a:1", health.Healthy), state("b", "no target", health.Healthy))
	if got := names(b.View().Checks); got != "a b c" {
		t.Errorf("checks are %s", got)
	}
	b.Uncheck("a")
	b.Uncheck("nosuch")
	b.Check(state("B", "tcp://b:2", health.Unhealthy))
	v := b.View()
	if got := names(v.Checks); got != "B b c" {
		t.Errorf("without a, with B, checks are %s", got)
	}
	if v.FindCheck("c") == nil || v.FindCheck("a") != nil || v.FindCheck("") != nil {
		t.Error("c is there, a is not")
	}
	if got := v.Target(v.FindCheck("B")); got.Kind != "tcp" || got.Host != "b" || got.Port != 2 {
		t.Errorf("target of B: %+v", got)
	}
	if got := v.Target(v.FindCheck("b")); got.Host != "" {
		t.Errorf("what is no target is %+v", got)
	}
}

// TestTargetsFollowTheirChecks: one that asks another target than before is
// not told by the old one.
func TestTargetsFollowTheirChecks(t *testing.T) {
	b := boardOf(state("a", "tcp://old:1", health.Healthy))
	old := b.View()
	b.Check(state("a", "tcp://new:2", health.Healthy))
	f, err := ParseCheckFilter("host:new port:2")
	if err != nil {
		t.Fatal(err)
	}
	if got := names(f.Select(b.View())); got != "a" {
		t.Errorf("host:new picks %q", got)
	}
	if got := old.Target(old.Checks[0]); got.Host != "old" {
		t.Errorf("an old view tells %+v", got)
	}
}

// TestWhatIsNewsOfACheck reads: after a pass at noon, this comes; is it a new
// generation?
func TestWhatIsNewsOfACheck(t *testing.T) {
	spec := &health.Spec{Name: "a", Target: "tcp://a:1"}
	was := health.State{Spec: spec, Status: health.Healthy, Passes: 1, Last: &health.Result{At: noon, Verdict: health.Pass}}
	for _, tt := range []struct {
		name   string
		change func(st *health.State, r *health.Result)
		news   bool
	}{
		{"one more pass, slower", func(st *health.State, r *health.Result) { st.Passes, r.Took = 2, 1e9 }, false},
		{"a failure", func(st *health.State, r *health.Result) {
			r.Verdict, r.Reason, st.Fails = health.Fail, health.Refused, 1
		}, true},
		{"another status", func(st *health.State, _ *health.Result) { st.Status = health.Unhealthy }, true},
		{"an overlay", func(st *health.State, _ *health.Result) { st.Overlays = []health.Overlay{health.Stale} }, true},
		{"a void result", func(_ *health.State, r *health.Result) { r.Verdict = health.Indeterminate }, true},
		{"another text", func(_ *health.State, r *health.Result) { r.Text = "ends in 3 days" }, true},
		{"another definition", func(st *health.State, _ *health.Result) { s := *spec; st.Spec = &s }, true},
	} {
		b := boardOf(&was)
		before := b.View()
		st, r := was, *was.Last
		r.At = noon.Add(time.Minute)
		st.Last = &r
		tt.change(&st, &r)
		b.Check(&st)
		after := b.View()
		if news := after.Generation != before.Generation; news != tt.news {
			t.Errorf("%s: news %v, want %v", tt.name, news, tt.news)
		}
		if after.Checks[0] != &st || !after.Look.ChecksAt.Equal(r.At) || before.Checks[0] != &was {
			t.Errorf("%s: the next view has %+v, asked %v", tt.name, after.Checks[0], after.Look.ChecksAt)
		}
	}
}

// TestSummaryOfChecks reads like the rule of what counts as what.
func TestSummaryOfChecks(t *testing.T) {
	for _, tt := range []struct {
		is   *health.State
		want Summary
	}{
		{state("a", "", health.Healthy), Summary{CheckSummary: CheckSummary{Checks: 1, ChecksUp: 1}}},
		{state("a", "", health.Degrading), Summary{Warnings: 1, CheckSummary: CheckSummary{Checks: 1, ChecksUp: 1, ChecksDegrading: 1}}},
		{state("a", "", health.Unhealthy), Summary{Problems: 1, CheckSummary: CheckSummary{Checks: 1, ChecksDown: 1}}},
		{state("a", "", health.Unknown), Summary{CheckSummary: CheckSummary{Checks: 1, ChecksUnknown: 1}}},
		{state("a", "", health.Unknown, health.Paused), Summary{CheckSummary: CheckSummary{Checks: 1, ChecksUnknown: 1, ChecksPaused: 1}}},
		{state("a", "", health.Unhealthy, health.Maintenance), Summary{CheckSummary: CheckSummary{Checks: 1, ChecksExcused: 1}}},
		{state("a", "", health.Unhealthy, health.Behind), Summary{CheckSummary: CheckSummary{Checks: 1, ChecksExcused: 1}}},
		{state("a", "", health.Healthy, health.Flapping), Summary{Warnings: 1, CheckSummary: CheckSummary{Checks: 1, ChecksUp: 1, ChecksFlapping: 1}}},
		{state("a", "", health.Healthy, health.Stale), Summary{Warnings: 1, CheckSummary: CheckSummary{Checks: 1, ChecksUp: 1, ChecksStale: 1}}},
		{state("portreeve.lag", "", health.Healthy), Summary{}},
		{state("portreeve.lag", "", health.Unhealthy), Summary{Self: 1}},
	} {
		name := fmt.Sprint(tt.is.Spec.Name, " ", tt.is.Status, tt.is.Overlays)
		b := boardOf(tt.is)
		if diff := cmp.Diff(tt.want, b.View().Summary()); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
		byHand := &View{Checks: []*health.State{tt.is}}
		if diff := cmp.Diff(tt.want, byHand.Summary()); diff != "" {
			t.Errorf("%s, counted anew (-want +got):\n%s", name, diff)
		}
		b.Uncheck(tt.is.Spec.Name)
		if got := b.View().Summary(); got != (Summary{}) {
			t.Errorf("%s, gone: %+v", name, got)
		}
	}
}

// TestTableStaysTrue holds the table to a plain map through a long random
// life: what is counted on the way is what is counted anew.
func TestTableStaysTrue(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	b, all := boardOf(), map[string]*health.State{}
	for step := range 5000 {
		name := fmt.Sprintf("check-%02d", random.IntN(40))
		if random.IntN(4) == 0 {
			b.Uncheck(name)
			delete(all, name)
		} else {
			st := state(name, fmt.Sprintf("tcp://host-%d:80", random.IntN(9)), health.Statuses()[random.IntN(4)])
			if random.IntN(3) == 0 {
				st.Overlays = []health.Overlay{health.Overlays()[random.IntN(5)]}
			}
			b.Check(st)
			all[name] = st
		}
		if random.IntN(10) > 0 {
			continue
		}
		v := b.View()
		byHand := &View{}
		for _, st := range all {
			byHand.Checks = append(byHand.Checks, st)
		}
		slices.SortFunc(byHand.Checks, func(a, b *health.State) int { return strings.Compare(a.Spec.Name, b.Spec.Name) })
		if !slices.Equal(v.Checks, byHand.Checks) || v.Summary() != byHand.Summary() {
			t.Fatalf("step %d: %s, want %s; %+v, want %+v", step, names(v.Checks), names(byHand.Checks), v.Summary(), byHand.Summary())
		}
	}
}

// manyChecks is a board of 10,000, as results come in.
func manyChecks() (*Board, []*health.State) {
	var states []*health.State
	for i := range 10000 {
		st := state(fmt.Sprintf("check-%05d", i*7919%10000), fmt.Sprintf("tcp://%v:%d", netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}), 1+i%1000), health.Healthy)
		states = append(states, answered(st, health.Pass, "", time.Duration(i), time.Duration(i%977)))
	}
	return boardOf(states...), states
}

// BenchmarkChecks tells what one result costs, and one look at 10,000.
func BenchmarkChecks(b *testing.B) {
	board, states := manyChecks()
	filter, err := ParseCheckFilter("status:up port:1-500 -name:zzz")
	if err != nil {
		b.Fatal(err)
	}
	b.Run("result", func(b *testing.B) {
		for i := range b.N {
			board.Check(states[i%len(states)])
		}
	})
	b.Run("view after a result", func(b *testing.B) {
		for i := range b.N {
			board.Check(states[i%len(states)])
			board.View()
		}
	})
	v := board.View()
	b.Run("summary", func(b *testing.B) {
		for b.Loop() {
			v.Summary()
		}
	})
	b.Run("page", func(b *testing.B) {
		for b.Loop() {
			CheckQuery{Order: "took", Limit: 100}.Page(v)
		}
	})
	b.Run("filtered page", func(b *testing.B) {
		for b.Loop() {
			CheckQuery{Filter: filter, Order: "-target", Limit: 100}.Page(v)
		}
	})
}

// TestLastGood: the last result that passed is known for as long as none does.
func TestLastGood(t *testing.T) {
	b := New(port.Machine{}, time.Time{})
	spec := &health.Spec{Name: "a", Target: "tcp://a:1"}
	tell := func(v health.Verdict) *health.Result {
		r := &health.Result{Check: "a", Verdict: v}
		b.Check(&health.State{Spec: spec, Last: r})
		return r
	}
	if b.LastGood("a") != nil {
		t.Error("a check that there is not has a good answer")
	}
	tell(health.Fail)
	if b.LastGood("a") != nil {
		t.Error("a check that never passed has a good answer")
	}
	good := tell(health.Warn)
	for _, v := range []health.Verdict{health.Fail, health.Indeterminate, health.Fail} {
		tell(v)
		if b.LastGood("a") != good {
			t.Errorf("after %s the good answer is forgotten", v)
		}
	}
	if again := tell(health.Pass); b.LastGood("a") != again {
		t.Error("a new good answer is not taken")
	}
	tell(health.Fail)
	b.Uncheck("a")
	if b.LastGood("a") != nil {
		t.Error("a check that is no more has a good answer")
	}
}
