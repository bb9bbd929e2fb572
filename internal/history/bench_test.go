package history

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// BenchmarkCheckPage is what the page of a check with 3,000 changes in 90 days
// folds: uptime of all windows, bars of all days, and incidents.
func BenchmarkCheckPage(b *testing.B) {
	r := rand.New(rand.NewPCG(1, 1))
	tracker := health.NewTracker(&health.Spec{Name: "api", Interval: health.Duration(time.Minute), Thresholds: health.Thresholds{Unhealthy: 1, Healthy: 1}})
	now := minute(90 * 24 * 60)
	var changes []health.Change
	verdict := health.Pass
	for at := minute(0); at.Before(now); at = at.Add(time.Minute) {
		if r.IntN(90*24*60) < 3000 {
			verdict = map[health.Verdict]health.Verdict{health.Pass: health.Fail, health.Fail: health.Pass}[verdict]
		}
		changes = append(changes, tracker.Observe(health.Result{Check: "api", At: at, Verdict: verdict})...)
	}
	entries := recorded(changes...)
	b.ReportAllocs()
	for b.Loop() {
		l := Fold(entries)
		l.Uptimes(now)
		l.Bars(Days(now, 90))
		Incidents(entries)
	}
	b.ReportMetric(float64(len(entries)), "changes")
}
