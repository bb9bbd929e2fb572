package health

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// letters are one per status, and one per result: + pass, w warn, - fail,
// ? unknown. A blank among the results is a gap of four intervals.
var letters = map[Status]string{Unknown: "U", Healthy: "H", Degrading: "D", Unhealthy: "X"}

func verdict(letter rune) Verdict {
	return map[rune]Verdict{'+': Pass, 'w': Warn, '-': Fail, '?': Indeterminate}[letter]
}

func reason(letter rune) Reason {
	return map[rune]Reason{'w': TLSExpiring, '-': Refused, '?': LocalFDs}[letter]
}

const tick = 5 * time.Second

// play gives a tracker one result per letter, a tick apart, and returns the
// status after each and the changes.
func play(tr *Tracker, results string) (statuses string, changes []Change) {
	var b strings.Builder
	at := time.Unix(0, 0)
	for _, letter := range results {
		at = at.Add(tick)
		if letter == ' ' {
			at = at.Add(4 * tick)
		} else {
			changes = append(changes, tr.Observe(Result{Check: "api", At: at, Verdict: verdict(letter), Reason: reason(letter)})...)
		}
		status, _ := tr.Status()
		b.WriteString(letters[status])
	}
	return b.String(), changes
}

func tracker(unhealthy, healthy int) *Tracker {
	return NewTracker(&Spec{Name: "api", Interval: Duration(tick), Thresholds: Thresholds{unhealthy, healthy}})
}

func TestTrackerReadsLikeTheRule(t *testing.T) {
	tests := []struct {
		name               string
		unhealthy, healthy int
		results, want      string
	}{
		{"the rule's own words: down", 2, 2, "++--", "HHDX"},
		{"the rule's own words: up again", 2, 2, "--+-++", "UXXXXH"},
		{"one failure is no outage", 2, 2, "++-+", "HHDH"},
		{"one pass is enough to start, one failure is not", 2, 2, "-+-+", "UHDH"},
		{"an outage at the start is one", 2, 2, "--", "UX"},
		{"failures that are not consecutive never are", 2, 2, "+-+-+-+", "HDHDHDH"},
		{"passes that are not consecutive never recover", 2, 2, "--+-+-+-", "UXXXXXXX"},

		{"thresholds of one believe at once", 1, 1, "+-+-", "HXHX"},
		{"three to fall", 3, 1, "+--+---+", "HDDHDDXH"},
		{"three to rise", 1, 3, "-++-+++", "XXXXXXH"},

		{"unknown never decides", 2, 2, "????", "UUUU"},
		{"unknown does not break a streak of failures", 2, 2, "+-?-", "HDDX"},
		{"unknown does not extend a streak of failures", 2, 2, "+-?+", "HDDH"},
		{"unknown does not break a streak of passes", 2, 2, "--+?+", "UXXXH"},
		{"unknown does not extend a streak of passes", 2, 2, "--+?-++", "UXXXXXH"},
		{"more than three unknowns in a row are a gap", 2, 2, "+-???-", "HDDDDD"},

		{"a warning counts as up, and degrades", 2, 2, "+ww+", "HDDH"},
		{"a first warning is degrading", 2, 2, "w+", "DH"},
		{"a warning ends a streak of failures", 2, 2, "+-w-+", "HDDDH"},
		{"failures end a streak of warnings", 2, 2, "+ww--", "HDDDX"},
		{"warnings recover an outage, as degrading", 2, 2, "--ww+", "UXXDH"},
		{"what came last in the recovery counts", 2, 2, "--w+", "UXXH"},

		{"a failure, a gap, a failure is no outage", 2, 2, "+- -+", "HDDDH"},
		{"a pass, a gap, a pass is no recovery", 2, 2, "--+ ++", "UXXXXH"},
		{"an outage survives a gap", 2, 2, "-- -++", "UXXXXH"},
		{"health survives a gap", 2, 2, "++ +", "HHHH"},
		{"after a gap it takes the full threshold", 3, 2, "+-- --+", "HDDDDDH"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, _ := play(tracker(tt.unhealthy, tt.healthy), tt.results); got != tt.want {
				t.Errorf("%s: got %s, want %s", tt.results, got, tt.want)
			}
		})
	}
}

// TestStreaks: counters are strictly consecutive, and a gap zeroes both.
func TestStreaks(t *testing.T) {
	tests := []struct {
		results       string
		fails, passes int
	}{
		{"", 0, 0},
		{"?", 0, 0},
		{"+++", 0, 3},
		{"+w+", 0, 3},
		{"+--", 2, 0},
		{"--+", 0, 1},
		{"--?-?", 3, 0},
		{"--- -", 1, 0},
		{"+++ +", 0, 1},
		{"---+++ -", 1, 0},
	}
	for _, tt := range tests {
		tr := tracker(10, 10)
		play(tr, tt.results)
		var st State
		if tr.Fill(&st); st.Fails != tt.fails || st.Passes != tt.passes {
			t.Errorf("%q: %d failures and %d passes in a row, want %d and %d", tt.results, st.Fails, st.Passes, tt.fails, tt.passes)
		}
	}
}

// TestOutageIsFromFirstFailureToFirstPass, whatever the thresholds: fail 2 and
// pass 10, every 30 s, three failures read 90 s, not 330 s.
func TestOutageIsFromFirstFailureToFirstPass(t *testing.T) {
	tests := []struct {
		name    string
		results string
		outage  int // ticks
	}{
		{"three failures", "+---" + "++++++++++", 3},
		{"a pass in between is part of the outage", "+--+--" + "++++++++++", 5},
		{"unknowns in between count as time", "+--??-" + "++++++++++", 5},
		{"so does a gap", "+-- -" + "++++++++++", 8},
		{"a gap in the recovery begins its streak anew", "+--+ +" + "+++++++++", 8},
		{"from the start", "---" + "++++++++++", 3},
	}
	for _, tt := range tests {
		for _, unhealthy := range []int{1, 2} {
			for _, healthy := range []int{2, 10} {
				t.Run(fmt.Sprintf("%s, %d/%d", tt.name, unhealthy, healthy), func(t *testing.T) {
					var recovery Change
					_, changes := play(tracker(unhealthy, healthy), tt.results)
					for _, c := range changes {
						if c.From == Unhealthy {
							recovery = c
						}
					}
					if got := time.Duration(recovery.Outage) / tick; recovery.To != Healthy || int(got) != tt.outage {
						t.Errorf("%s: an outage of %d ticks ended %q, want %d", tt.results, got, recovery.To, tt.outage)
					}
				})
			}
		}
	}
}

// TestChangesTellTheirStreak: At is when it was decided, Began when the streak
// behind it began.
func TestChangesTellTheirStreak(t *testing.T) {
	_, changes := play(tracker(2, 2), "+--++")
	type move struct {
		from, to  Status
		began, at int64
	}
	want := []move{{Unknown, Healthy, 1, 1}, {Healthy, Degrading, 2, 2}, {Degrading, Unhealthy, 2, 3}, {Unhealthy, Healthy, 4, 5}}
	for i, c := range changes {
		got := move{c.From, c.To, c.Began.Unix() / 5, c.At.Unix() / 5}
		if i >= len(want) || got != want[i] || c.Check != "api" {
			t.Errorf("change %d: %+v", i, c)
		}
	}
	if len(changes) != len(want) {
		t.Errorf("%d changes, want %d", len(changes), len(want))
	}
}

// TestFillTellsTheOutageThatIsNotOver, and none when there is none.
func TestFillTellsTheOutageThatIsNotOver(t *testing.T) {
	for results, down := range map[string]int64{"++": 0, "+-": 0, "+--": 2, "+---+": 2, "+--++": 0, "+-- -": 2, "+-+--": 4} {
		tr := tracker(2, 2)
		play(tr, results)
		var st State
		tr.Fill(&st)
		if got := st.Down; got.IsZero() != (down == 0) || down != 0 && got.Unix()/5 != down {
			t.Errorf("%q: down since %v, want tick %d", results, got, down)
		}
	}
}

func TestAChangeCarriesTheResultBehindIt(t *testing.T) {
	tr := tracker(1, 1)
	changes := tr.Observe(Result{Check: "db", At: time.Unix(5, 0), Verdict: Fail, Reason: Refused, Text: "10.0.0.5:5432: connection refused"})
	if len(changes) != 1 || changes[0].Reason != Refused || changes[0].Text != "10.0.0.5:5432: connection refused" {
		t.Errorf("changes = %+v", changes)
	}
}

// TestRestartBeginsANewEpoch: nothing that was counted before counts, and an
// outage ends without a recovery.
func TestRestartBeginsANewEpoch(t *testing.T) {
	tr := tracker(2, 2)
	play(tr, "+---")
	tr.Restart(&Spec{Name: "api", Interval: Duration(tick), Thresholds: Thresholds{3, 1}}, time.Unix(1000, 0))
	if status, since := tr.Status(); status != Unknown || !since.Equal(time.Unix(1000, 0)) {
		t.Errorf("after Restart: %s since %v", status, since)
	}
	var st State
	if tr.Fill(&st); st.Fails != 0 || !st.Down.IsZero() || st.Flap != 0 {
		t.Errorf("after Restart: %+v", st)
	}
	got, changes := play(tr, "--+")
	if got != "UUH" || len(changes) != 1 || changes[0].Outage != 0 {
		t.Errorf("after Restart: %s with %+v, want the new thresholds and no outage", got, changes)
	}
}

// TestAChangeSaysWhatHoldsAfterIt: the outage that is not over, restlessness,
// and since when a status holds that did not move.
func TestAChangeSaysWhatHoldsAfterIt(t *testing.T) {
	_, changes := play(tracker(2, 2), "+-+-+-+---- --++")
	var told []string
	for _, c := range changes {
		word := fmt.Sprintf("%d:%s", c.At.Unix()/5, letters[c.To])
		if c.Overlay != "" {
			word += fmt.Sprintf(" %s ended=%v since %d", c.Overlay, c.Ended, c.Since.Unix()/5)
		} else if !c.Since.IsZero() {
			t.Errorf("a move to %s says that it is older: %+v", c.To, c)
		}
		if !c.Down.IsZero() {
			word += fmt.Sprintf(" down %d", c.Down.Unix()/5)
		}
		if c.Has(Flapping) {
			word += " flapping"
		}
		told = append(told, word)
	}
	want := []string{
		"1:H", "2:D", "3:H", "4:D", "5:H", "6:D", "7:H", "7:H FLAPPING ended=false since 7 flapping", "8:D flapping",
		"9:X down 8 flapping", "17:X STALE ended=true since 9 down 8 flapping", "20:H flapping",
	}
	if got := strings.Join(told, ", "); got != strings.Join(want, ", ") {
		t.Errorf("told %s,\nwant %s", got, strings.Join(want, ", "))
	}
}

// TestFlappingIsTold once at its start and once at its end, with the status
// that is believed then.
func TestFlappingIsTold(t *testing.T) {
	tr := tracker(2, 2)
	_, changes := play(tr, "+-+-+-+-"+strings.Repeat("-", 25))
	var told []string
	for _, c := range changes {
		if c.Overlay != "" {
			told = append(told, fmt.Sprintf("%s %s %v", c.Overlay, c.To, c.Ended))
			if c.From != c.To {
				t.Errorf("an overlay moved the status: %+v", c)
			}
		}
	}
	if got, want := strings.Join(told, ", "), "FLAPPING HEALTHY false, FLAPPING UNHEALTHY true"; got != want {
		t.Errorf("told %s, want %s", got, want)
	}
	if tr.Flapping() {
		t.Error("it is flapping after 25 equal results")
	}
}

func TestAClockSetBackMakesNoNegativeOutage(t *testing.T) {
	tr := tracker(1, 1)
	tr.Observe(Result{At: time.Unix(1000, 0), Verdict: Fail})
	changes := tr.Observe(Result{At: time.Unix(500, 0), Verdict: Pass})
	if len(changes) != 2 || changes[0].Overlay != Stale || changes[1].To != Healthy || changes[1].Outage != 0 {
		t.Errorf("changes = %+v", changes)
	}
}

// TestWhatIsNoVerdictIsUnknown: a result that its maker left empty says nothing
// of the target.
func TestWhatIsNoVerdictIsUnknown(t *testing.T) {
	for _, v := range []Verdict{"", "passed", Indeterminate} {
		tr := tracker(2, 2)
		play(tr, "+-")
		if changes := tr.Observe(Result{At: time.Unix(15, 0), Verdict: v}); len(changes) > 0 {
			t.Errorf("%q caused %+v", v, changes)
		}
		var st State
		if tr.Fill(&st); st.Fails != 1 || st.Status != Degrading {
			t.Errorf("after %q: %+v", v, st)
		}
	}
}

// TestTimeInLineIsNoGap: results that come late since the question waited for
// its turn continue a streak, all that waited in between included.
func TestTimeInLineIsNoGap(t *testing.T) {
	tests := []struct {
		name   string
		apart  time.Duration   // the two failures
		waited []time.Duration // between them
		want   Status
	}{
		{"on time", tick, nil, Unhealthy},
		{"a gap", 4 * tick, nil, Unknown},
		{"as long as it waited", 100 * tick, []time.Duration{99 * tick}, Unhealthy},
		{"as often as it waited", 100 * tick, []time.Duration{50 * tick, 49 * tick}, Unhealthy},
		{"a gap before it came to wait", 100 * tick, []time.Duration{96 * tick}, Unknown},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := tracker(2, 2)
			tr.Delay(time.Hour) // before the first result: nothing
			tr.Observe(Result{At: time.Unix(0, 0), Verdict: Fail})
			for _, d := range tt.waited {
				tr.Delay(d)
				tr.Observe(Result{At: time.Unix(0, 0).Add(d), Verdict: Indeterminate})
			}
			tr.Observe(Result{At: time.Unix(0, 0).Add(tt.apart), Verdict: Fail})
			if got, _ := tr.Status(); got != tt.want {
				t.Errorf("two failures %v apart make %s, want %s", tt.apart, got, tt.want)
			}
		})
	}
}

// TestRestartClosesWhatIsOpen, and nothing else.
func TestRestartClosesWhatIsOpen(t *testing.T) {
	tests := []struct{ name, results, want string }{
		{"nothing is known", "", ""},
		{"not enough is known", "-", ""},
		{"well", "++", "HEALTHY>UNKNOWN"},
		{"suspected", "+-", "DEGRADING>UNKNOWN"},
		{"an outage", "--", "UNHEALTHY>UNKNOWN"},
		{"an outage that is being recovered from", "--+", "UNHEALTHY>UNKNOWN"},
		{"restlessness", "+-+-+-+-+", "HEALTHY>UNKNOWN, FLAPPING ended UNKNOWN>UNKNOWN"},
		{"both", "+-+-+-+--", "UNHEALTHY>UNKNOWN, FLAPPING ended UNKNOWN>UNKNOWN"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tr := tracker(2, 2)
			play(tr, tt.results)
			at := time.Unix(1000, 0)
			var told []string
			for _, c := range tr.Restart(&Spec{Name: "new"}, at) {
				word := fmt.Sprintf("%s>%s", c.From, c.To)
				if c.Overlay != "" && c.Ended {
					word = fmt.Sprintf("%s ended %s", c.Overlay, word)
				}
				told = append(told, word)
				if c.Check != "new" || !c.At.Equal(at) || !c.Began.Equal(at) || c.Outage != 0 || !c.Down.IsZero() {
					t.Errorf("closed by %+v", c)
				}
			}
			if got := strings.Join(told, ", "); got != tt.want {
				t.Errorf("told %q, want %q", got, tt.want)
			}
			status, since := tr.Status()
			if again := tr.Restart(&Spec{}, at); status != Unknown || !since.Equal(at) || tr.Flapping() || len(again) > 0 {
				t.Errorf("then %s since %v, and once more %+v", status, since, again)
			}
		})
	}
}
