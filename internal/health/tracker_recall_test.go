package health

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// killed plays results, forgets all but the last change, as a restart does, and
// plays the others from the given number of ticks later on. It returns the
// statuses after each of the others, and the changes they cause.
func killed(t *testing.T, unhealthy, healthy int, results string, ticks int, then string) (string, []Change) {
	t.Helper()
	before := tracker(unhealthy, healthy)
	_, changes := play(before, results)
	after := tracker(unhealthy, healthy)
	end := time.Unix(0, 0).Add(time.Duration(len(results)) * tick)
	if len(changes) > 0 {
		after.Recall(stored(t, changes[len(changes)-1]), end)
	}
	var statuses strings.Builder
	var caused []Change
	for i, letter := range then {
		at := end.Add(time.Duration(ticks+i) * tick)
		caused = append(caused, after.Observe(Result{Check: "api", At: at, Verdict: verdict(letter)})...)
		status, _ := after.Status()
		statuses.WriteString(letters[status])
	}
	return statuses.String(), caused
}

// stored returns a change as it comes back from where it was written.
func stored(t *testing.T, c Change) Change {
	t.Helper()
	text, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var back Change
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	return back
}

// TestRecallReadsLikeTheRule: a restart of a tick changes nothing, as far as
// changes tell; a longer one breaks streaks as any gap does.
func TestRecallReadsLikeTheRule(t *testing.T) {
	tests := []struct {
		name               string
		unhealthy, healthy int
		results            string
		ticks              int // from the last result to the first after the restart
		then, want         string
	}{
		{"nothing was known", 2, 2, "", 1, "--", "UX"},
		{"well", 2, 2, "++", 1, "+--", "HDX"},
		{"well, after a night", 2, 2, "++", 5000, "+--", "HDX"},
		{"suspected: the first failure counts", 2, 2, "++-", 1, "--+", "XXX"},
		{"suspected, and well again", 2, 2, "++-", 1, "++", "HH"},
		{"suspected by two of three: one is known", 3, 2, "++--", 1, "--", "DX"},
		{"suspected, after a gap: it begins anew", 2, 2, "++-", 4, "--", "DX"},
		{"warned: no failure", 2, 2, "++w", 1, "--", "DX"},
		{"warned from the start", 2, 2, "w", 1, "--", "DX"},
		{"recovered with a warning", 2, 2, "--ww", 1, "--", "DX"},
		{"down", 2, 2, "++--", 1, "-++", "XXH"},
		{"down, after a night", 2, 2, "++--", 5000, "++", "XH"},
		{"its recovery begins anew", 2, 3, "--++", 1, "+++", "XXH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := killed(t, tt.unhealthy, tt.healthy, tt.results, tt.ticks, tt.then); got != tt.want {
				t.Errorf("%s, restart, %s: got %s, want %s", tt.results, tt.then, got, tt.want)
			}
		})
	}
}

// TestAnOutageOutlivesARestart with its start, and ends in one recovery of its
// full length; also one that was but suspected.
func TestAnOutageOutlivesARestart(t *testing.T) {
	tests := []struct {
		name    string
		results string
		ticks   int
		then    string
		outage  int // ticks
		gap     string
	}{
		{"down", "++---", 1, "-++", 4, ""},
		{"recovered when we are back", "++---", 2, "++", 4, ""},
		{"a night later", "++---", 5000, "++", 5002, "5-5005"},
		{"suspected", "++-", 1, "-++", 2, ""},
		{"suspected, a gap", "++-", 4, "--++", 2, "3-7"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, changes := killed(t, 2, 2, tt.results, tt.ticks, tt.then)
			var outages []time.Duration
			for _, c := range changes {
				if c.From == Unhealthy && c.Overlay == "" {
					outages = append(outages, time.Duration(c.Outage))
				}
			}
			if len(outages) != 1 || outages[0] != time.Duration(tt.outage)*tick || gaps(changes) != tt.gap {
				t.Errorf("outages %v, want one of %d ticks; gaps %q, want %q", outages, tt.outage, gaps(changes), tt.gap)
			}
		})
	}
}

// TestAClockThatWasBehindAtTheStart: what is taken up lies ahead of it. That is
// told by a gap without length, once, and nothing else comes of it.
func TestAClockThatWasBehindAtTheStart(t *testing.T) {
	at, later := time.Unix(1000, 0), time.Unix(5000, 0)
	for name, head := range map[string]Change{
		"alive later":          {From: Unknown, To: Healthy, At: at.Add(-tick), Began: at.Add(-tick)},
		"and the change, too":  {From: Unknown, To: Healthy, At: later, Began: later},
		"with an outage, too":  {From: Healthy, To: Unhealthy, At: later, Began: later, Down: later},
		"with a suspicion too": {From: Healthy, To: Degrading, At: later, Began: later},
	} {
		t.Run(name, func(t *testing.T) {
			tr := tracker(3, 3)
			tr.Recall(head, later)
			first := tr.Observe(Result{At: at, Verdict: Pass})
			if len(first) == 0 || first[0].Overlay != Stale || !first[0].Ended || !first[0].At.Equal(at) || !first[0].Began.Equal(at) || first[0].To != head.To {
				t.Fatalf("told %+v", first)
			}
			if next := tr.Observe(Result{At: at.Add(tick), Verdict: Pass}); gaps(append(first[1:], next...)) != "" {
				t.Errorf("told again: %+v, then %+v", first[1:], next)
			}
		})
	}
}

// TestWhoHasNoIntervalHasNoGaps: what is said of ourselves comes when it comes.
func TestWhoHasNoIntervalHasNoGaps(t *testing.T) {
	tr := NewTracker(&Spec{Name: "portreeve.journal", Thresholds: Thresholds{1, 1}})
	tr.Recall(Change{From: Unknown, To: Healthy, At: time.Unix(100, 0)}, time.Unix(5000, 0))
	for _, at := range []int64{1000, 9000, 10} {
		if changes := tr.Observe(Result{At: time.Unix(at, 0), Verdict: Pass}); len(changes) > 0 {
			t.Errorf("told %+v", changes)
		}
	}
}

// TestRecallTakesUpSince, also behind an overlay that changed later.
func TestRecallTakesUpSince(t *testing.T) {
	down, decided, later := time.Unix(10, 0), time.Unix(15, 0), time.Unix(99, 0)
	for name, head := range map[string]Change{
		"moved":            {From: Degrading, To: Unhealthy, At: decided, Began: down, Down: down},
		"an overlay":       {From: Unhealthy, To: Unhealthy, At: later, Began: later, Overlay: Maintenance, Down: down, Since: decided},
		"an old journal's": {From: Degrading, To: Unhealthy, At: decided, Began: down},
	} {
		t.Run(name, func(t *testing.T) {
			tr := tracker(2, 2)
			tr.Recall(head, later)
			var st State
			if tr.Fill(&st); st.Status != Unhealthy || !st.Since.Equal(decided) || !st.Down.Equal(down) || st.Fails != 2 {
				t.Errorf("recalled as %+v", st)
			}
			if again := tr.Turn(Paused, false, later); !again.Since.Equal(decided) || !again.Down.Equal(down) {
				t.Errorf("and told as %+v", again)
			}
		})
	}
}

// TestRecalledFlappingEnds, and not by the first result.
func TestRecalledFlappingEnds(t *testing.T) {
	tests := []struct {
		name  string
		every time.Duration
		then  string
		ended int // after how many results; 0: not
	}{
		{"results that agree", tick, strings.Repeat("+", 30), 21},
		{"it goes on", tick, strings.Repeat("+-", 15), 0},
		{"nothing for an hour", 61 * time.Minute, "+", 1},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := tracker(2, 2)
			at := time.Unix(1000, 0)
			tr.Recall(Change{From: Healthy, To: Healthy, At: at, Overlay: Flapping, Overlays: []Overlay{Flapping}}, at)
			ended := 0
			for i, letter := range tt.then {
				at = at.Add(tt.every)
				for _, c := range tr.Observe(Result{At: at, Verdict: verdict(letter)}) {
					if c.Overlay == Flapping && c.Ended {
						ended = i + 1
					}
				}
			}
			if ended != tt.ended || tr.Flapping() != (tt.ended == 0) {
				t.Errorf("it ended after %d results, want %d", ended, tt.ended)
			}
		})
	}
}

// TestAHeadThatMakesNoSenseIsIgnored: a journal may be of another version.
func TestAHeadThatMakesNoSenseIsIgnored(t *testing.T) {
	tr := tracker(2, 2)
	tr.Recall(Change{From: "?", To: "PERPLEXED", At: time.Unix(1, 0)}, time.Unix(2, 0))
	if got, changes := play(tr, "++"); got != "HH" || len(changes) != 1 || changes[0].From != Unknown {
		t.Errorf("then %s with %+v", got, changes)
	}
}

// TestChangesAreOneStoryThroughRestarts: whenever we are killed, each change
// goes on where the one before it ended, says what holds, and every outage is
// told once, with its length.
func TestChangesAreOneStoryThroughRestarts(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		spec := &Spec{Name: "api", Interval: Duration(30 * time.Second), Thresholds: Thresholds{
			rapid.IntRange(1, 5).Draw(t, "unhealthy"), rapid.IntRange(1, 10).Draw(t, "healthy"),
		}}
		tr := NewTracker(spec)
		var head Change
		var alive, down time.Time
		status, flapping := Unknown, false
		for _, r := range aHistory(t, time.Duration(spec.Interval)) {
			if rapid.IntRange(0, 19).Draw(t, "killed") == 0 {
				tr = NewTracker(spec)
				tr.Recall(head, alive)
			}
			changes := tr.Observe(r)
			if rapid.IntRange(0, 9).Draw(t, "marked") == 0 {
				changes = append(changes, tr.Mark(Restarted, r.At))
			}
			for _, c := range changes {
				if c.From != status {
					t.Fatalf("from %s, but it was %s", c.From, status)
				}
				if c.To == Unhealthy && c.From != Unhealthy {
					down = c.Began
				}
				if c.From == Unhealthy && c.To != Unhealthy && c.Outage != Duration(c.Began.Sub(down)) {
					t.Fatalf("an outage of %v from %v to %v", c.Outage, down, c.Began)
				}
				if c.To != Unhealthy {
					down = time.Time{}
				}
				if c.Mark != "" && (c.Moved() || c.From != c.To || c.Outage != 0 || c.Overlay != "") {
					t.Fatalf("a mark that is more than that: %+v", c)
				}
				if c.Overlay == Flapping {
					if flapping = !flapping; flapping == c.Ended {
						t.Fatalf("flapping is told twice: %+v", c)
					}
				}
				if !c.Down.Equal(down) || c.Has(Flapping) != flapping {
					t.Fatalf("says %+v, but it is down since %v and flapping: %v", c, down, flapping)
				}
				status, head = c.To, c
			}
			if r.Verdict != Indeterminate {
				alive = r.At
			}
			if now, _ := tr.Status(); now != status {
				t.Fatalf("status %s, but the changes led to %s", now, status)
			}
		}
	})
}

func TestWarningsAreNoFailures(t *testing.T) {
	var warnings []string
	for _, r := range Reasons() {
		if r.Warning() {
			warnings = append(warnings, string(r))
		}
	}
	if got := fmt.Sprint(warnings); got != "[tls_expiring family_dead health_warn wrong_service stale_check]" {
		t.Errorf("warnings are %s", got)
	}
}
