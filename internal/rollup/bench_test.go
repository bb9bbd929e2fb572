package rollup

import (
	"fmt"
	"log/slog"
	"runtime"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestTakingAResultAllocatesNothing.
func TestTakingAResultAllocatesNothing(t *testing.T) {
	c := NewCollector(&disk{}, slog.New(slog.DiscardHandler))
	states := statesOf(1000)
	for _, st := range states {
		c.Check(st)
	}
	n := 0
	if allocs := testing.AllocsPerRun(900, func() { c.Check(states[n]); n++ }); allocs > 0 {
		t.Errorf("%v allocations", allocs)
	}
}

// statesOf returns states of one check, each with another result of one bucket.
func statesOf(n int) []*health.State {
	at, spec := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC), &health.Spec{Name: "shop-api"}
	states := make([]*health.State, n)
	for i := range states {
		states[i] = &health.State{Spec: spec, Last: &health.Result{At: at.Add(time.Duration(i) * time.Millisecond), Verdict: health.Pass, Took: health.Duration(i) * health.Duration(time.Millisecond)}}
	}
	return states
}

// BenchmarkResult is what a result costs its check's path.
func BenchmarkResult(b *testing.B) {
	c := NewCollector(&disk{}, slog.New(slog.DiscardHandler))
	states := statesOf(1024)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		c.Check(states[n%1024])
	}
}

// BenchmarkMemory is what 10,000 checks take up.
func BenchmarkMemory(b *testing.B) {
	for b.Loop() {
		var before, after runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&before)
		c := NewCollector(&disk{}, slog.New(slog.DiscardHandler))
		st := statesOf(1)[0]
		for i := range 10_000 {
			c.Check(&health.State{Spec: &health.Spec{Name: fmt.Sprint("check-", i)}, Last: st.Last})
		}
		runtime.GC()
		runtime.ReadMemStats(&after)
		b.ReportMetric(float64(after.HeapAlloc-before.HeapAlloc)/10_000, "B/check")
		runtime.KeepAlive(c)
	}
}
