package app

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// play has a teller see results, a letter each: + passes, - fails, ? could not be
// told, . is published twice; D and U are the changes to DOWN and up again.
func play(t *teller, letters string, down time.Time) {
	spec := &health.Spec{Name: "api", Target: "http://api/"}
	st := &health.State{Spec: spec, Down: down}
	t.Check(st) // known, not asked yet
	for i, letter := range letters {
		at := t.began.Add(time.Duration(i) * time.Second)
		next := &health.State{Spec: spec, Down: st.Down, Last: &health.Result{At: at, Verdict: health.Pass}}
		switch letter {
		case '-':
			next.Last.Verdict, next.Last.Reason, next.Last.Text = health.Fail, health.HTTPStatus, "answered 503"
		case '?':
			next.Last.Verdict, next.Last.Reason = health.Indeterminate, health.LocalResolver
		case '.':
			next.Last = st.Last
		case 'D':
			t.Record(event.Entry{Change: &health.Change{Check: "api", From: health.Healthy, To: health.Unhealthy, At: at, Began: at.Add(-time.Second), Reason: health.HTTPStatus, Text: "answered 503"}})
			continue
		case 'U':
			t.Record(event.Entry{Change: &health.Change{Check: "api", From: health.Unhealthy, To: health.Healthy, At: at, Outage: health.Duration(4 * time.Second)}})
			next.Down, next.Last = time.Time{}, st.Last
		}
		t.Check(next)
		st = next
	}
}

func TestTeller(t *testing.T) {
	tests := []struct {
		results string
		down    time.Duration // before the program began; 0: it was not
		want    string        // first words of the lines
		sum     string
	}{
		{"+++", 0, "", "asked 3 times in 0s: 0 failed, no outage"},
		{"+-+", 0, "failed", "asked 3 times in 0s: 1 failed, no outage"},
		{"+-.+", 0, "failed", "asked 3 times in 0s: 1 failed, no outage"}, // the same result, published for another reason
		{"+?+", 0, "unknown", "asked 3 times in 0s: 0 failed, 1 could not be told, no outage"},
		{"+--D++U", 0, "failed failed DOWN recovered", "asked 5 times in 0s: 2 failed, 1 outage of 4s"},
		{"--", time.Hour, "DOWN failed failed", "asked twice in 0s: 2 failed, 1 outage of 1h0m0s"},
		{"++U", time.Hour, "DOWN recovered", "asked twice in 0s: 0 failed, 1 outage of 4s"},
	}
	for _, tt := range tests {
		var b bytes.Buffer
		teller := newTeller(&b, false)
		var down time.Time
		if tt.down > 0 {
			down = teller.began.Add(-tt.down)
		}
		play(teller, tt.results, down)
		var words []string
		for line := range strings.Lines(b.String()) {
			words = append(words, strings.Fields(line)[2])
		}
		if got := strings.Join(words, " "); got != tt.want {
			t.Errorf("%s prints %q, want %q", tt.results, got, tt.want)
		}
		if got := teller.sum().Text; got != strings.Replace(tt.sum, "twice", "2 times", 1) {
			t.Errorf("%s sums up as %q, want %q", tt.results, got, tt.sum)
		}
	}
}

// TestTellerLeavesOut what is not about the API: faults of our own, overlays,
// checks that it does not know.
func TestTellerLeavesOut(t *testing.T) {
	var b bytes.Buffer
	teller := newTeller(&b, false)
	teller.Check(&health.State{Spec: &health.Spec{Name: health.SelfPrefix + "network"}, Last: &health.Result{Verdict: health.Fail}})
	teller.Record(event.Entry{Change: &health.Change{Check: health.SelfPrefix + "network", To: health.Unhealthy}})
	teller.Record(event.Entry{Change: &health.Change{Check: "gone", To: health.Unhealthy}})
	play(teller, "+", time.Time{})
	teller.Record(event.Entry{Change: &health.Change{Check: "api", Overlay: health.Paused, To: health.Unhealthy}})
	teller.Uncheck("api")
	teller.Record(event.Entry{Change: &health.Change{Check: "api", To: health.Unhealthy}})
	teller.Record(event.Entry{})
	if b.Len() > 0 {
		t.Errorf("prints %s", &b)
	}
}

func TestTellerPrintsJSON(t *testing.T) {
	var b bytes.Buffer
	play(newTeller(&b, true), "+--D++U", time.Time{})
	var events []string
	d := json.NewDecoder(&b)
	for d.More() {
		var m struct{ Event, Target, Outage string }
		if err := d.Decode(&m); err != nil || m.Target != "http://api/" {
			t.Fatalf("%v: %+v", err, m)
		}
		events = append(events, m.Event+m.Outage)
	}
	if got := strings.Join(events, " "); got != "failed failed down recovered4s" {
		t.Errorf("events %q", got)
	}
}
