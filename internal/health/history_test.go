package health

import (
	"testing"
	"time"

	"pgregory.net/rapid"
)

// An outage is what a history tells of one.
type outage struct{ began, ended time.Time } // ended is zero while it goes on

// outagesOf finds the outages of a history as a person would with a pencil:
// it cuts the results into streaks, at every turn and every gap, and pairs each
// streak of failures that is long enough with the next streak of passes that is.
func outagesOf(results []Result, s *Spec) []outage {
	var found []outage
	down := false
	for _, streak := range streaksOf(results, time.Duration(s.Interval)) {
		failed := streak[0].Verdict == Fail
		switch {
		case failed && !down && len(streak) >= s.Thresholds.Unhealthy:
			found, down = append(found, outage{began: streak[0].At}), true
		case !failed && down && len(streak) >= s.Thresholds.Healthy:
			found[len(found)-1].ended, down = streak[0].At, false
		}
	}
	return found
}

func streaksOf(results []Result, interval time.Duration) [][]Result {
	var streaks [][]Result
	var last Result
	for _, r := range results {
		if r.Verdict == Indeterminate {
			continue
		}
		if last.Verdict == "" || r.Verdict.Up() != last.Verdict.Up() || r.At.Sub(last.At) > 3*interval {
			streaks = append(streaks, nil)
		}
		streaks[len(streaks)-1] = append(streaks[len(streaks)-1], r)
		last = r
	}
	return streaks
}

// told finds the outages that a tracker's changes tell.
func told(t *rapid.T, changes []Change) []outage {
	var found []outage
	for _, c := range changes {
		switch {
		case c.Overlay != "":
		case c.To == Unhealthy:
			found = append(found, outage{began: c.Began})
		case c.From == Unhealthy:
			o := &found[len(found)-1]
			o.ended = c.Began
			if got := time.Duration(c.Outage); got != o.ended.Sub(o.began) {
				t.Fatalf("outage of %v, but from %v to %v", got, o.began, o.ended)
			}
		}
	}
	return found
}

// aHistory draws weeks of a service that fails now and then for a while, seen
// by somebody who is blind or away at times.
func aHistory(t *rapid.T, interval time.Duration) []Result {
	var results []Result
	at := time.Unix(0, 0)
	for range rapid.IntRange(1, 60).Draw(t, "spells") {
		verdicts := rapid.SampledFrom([][]Verdict{
			{Pass}, {Pass}, {Fail}, {Fail}, {Warn}, {Indeterminate}, {Pass, Fail}, {Fail, Indeterminate}, {Pass, Warn, Fail, Indeterminate},
		}).Draw(t, "verdicts")
		if rapid.IntRange(0, 9).Draw(t, "away") == 0 {
			at = at.Add(time.Duration(rapid.IntRange(1, 6).Draw(t, "intervals")) * interval)
		}
		for range rapid.IntRange(1, 40).Draw(t, "results") {
			at = at.Add(interval)
			results = append(results, Result{At: at, Verdict: rapid.SampledFrom(verdicts).Draw(t, "verdict")})
		}
	}
	return results
}

// TestALongHistoryHasTheOutagesThatItShows: from first failure to first pass,
// each told once, whatever the thresholds, and so the same uptime.
func TestALongHistoryHasTheOutagesThatItShows(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := &Spec{Interval: Duration(30 * time.Second), Thresholds: Thresholds{
			rapid.IntRange(1, 5).Draw(t, "unhealthy"), rapid.IntRange(1, 10).Draw(t, "healthy"),
		}}
		results := aHistory(t, time.Duration(spec.Interval))
		tr := NewTracker(spec)
		var changes []Change
		status := Unknown
		for _, r := range results {
			for _, c := range tr.Observe(r) {
				if c.Overlay == "" && (c.From != status || c.From == c.To) {
					t.Fatalf("a move from %s to %s, but it was %s", c.From, c.To, status)
				}
				status = c.To
				changes = append(changes, c)
			}
			if now, _ := tr.Status(); now != status {
				t.Fatalf("status %s, but the changes led to %s", now, status)
			}
		}
		want, got := outagesOf(results, spec), told(t, changes)
		if len(got) != len(want) {
			t.Fatalf("%d outages told, want %d: %v and %v", len(got), len(want), got, want)
		}
		for i := range want {
			if got[i] != want[i] {
				t.Fatalf("outage %d told as %v, want %v", i, got[i], want[i])
			}
		}
		checkUptime(t, results, want, changes)
	})
}

// checkUptime compares the time that is not an outage with the time that the
// changes leave as up, both to the last result.
func checkUptime(t *rapid.T, results []Result, outages []outage, changes []Change) {
	end := results[len(results)-1].At
	var down, notDown time.Duration
	for _, o := range outages {
		if o.ended.IsZero() {
			o.ended = end
		}
		down += o.ended.Sub(o.began)
	}
	since := results[0].At
	for _, c := range changes {
		switch {
		case c.Overlay != "":
		case c.To == Unhealthy:
			notDown += c.Began.Sub(since)
		case c.From == Unhealthy:
			since = c.Began
		}
	}
	if len(outages) == 0 || !outages[len(outages)-1].ended.IsZero() {
		notDown += end.Sub(since)
	}
	if all := end.Sub(results[0].At); down+notDown != all {
		t.Fatalf("%v down and %v not, of %v", down, notDown, all)
	}
}
