package history

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// Minutes are the tests' times: minute 0 is midnight.
func minute(m float64) time.Time {
	return time.Date(2026, 7, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(m * float64(time.Minute)))
}

// move is a change of status that was decided at a minute, of a streak that
// began at another.
func move(from, to health.Status, began, at float64) health.Change {
	c := health.Change{Check: "api", From: from, To: to, At: minute(at), Began: minute(began)}
	if to == health.Unhealthy {
		c.Down = c.Began
	}
	return c
}

// overlay is a change of circumstance; in are those that hold afterwards.
func overlay(status health.Status, o health.Overlay, ended bool, began, at float64, in ...health.Overlay) health.Change {
	return health.Change{Check: "api", From: status, To: status, At: minute(at), Began: minute(began), Overlay: o, Ended: ended, Overlays: in}
}

// mark is what happened to a check at a minute; in are the overlays that hold.
func mark(status health.Status, at float64, in ...health.Overlay) health.Change {
	return health.Change{Check: "api", From: status, To: status, At: minute(at), Began: minute(at), Mark: health.Released, Overlays: in}
}

func recorded(changes ...health.Change) []event.Recorded {
	var entries []event.Recorded
	for i, c := range changes {
		entries = append(entries, event.Recorded{Entry: event.Entry{Stream: "check/api", Number: uint64(i + 1), At: c.At, Observer: "web-07", Change: &c}})
	}
	return entries
}

const (
	unknown   = health.Unknown
	healthy   = health.Healthy
	degrading = health.Degrading
	unhealthy = health.Unhealthy
)

// TestSpans reads like the law: each case has an hour of spans as "state from",
// in minutes.
func TestSpans(t *testing.T) {
	up := move(unknown, healthy, 0, 0)
	down := move(degrading, unhealthy, 10, 11)
	tests := []struct {
		name    string
		changes []health.Change
		want    string
	}{
		{"nothing is known", nil, "unobserved 0"},
		{"up from the first pass", []health.Change{move(unknown, healthy, 5, 5)}, "unobserved 0, up 5"},
		{"suspected", []health.Change{up, move(healthy, degrading, 10, 10), move(degrading, healthy, 11, 11)}, "up 0, degrading 10, up 11"},
		{"down from the first failure, up from the first pass", []health.Change{up, move(healthy, degrading, 10, 10), down, move(unhealthy, healthy, 20, 25)}, "up 0, down 10, up 20"},
		{"recovered with a warning", []health.Change{up, down, move(unhealthy, degrading, 20, 25), move(degrading, healthy, 30, 30)}, "up 0, down 10, degrading 20, up 30"},
		{"down from the start", []health.Change{move(unknown, unhealthy, 5, 6)}, "unobserved 0, down 5"},
		{"closed without an end", []health.Change{up, down, move(unhealthy, unknown, 30, 30)}, "up 0, down 10, unobserved 30"},

		{"marks change nothing", []health.Change{mark(unknown, 0), up, mark(healthy, 5), down, mark(unhealthy, 12), move(unhealthy, healthy, 20, 25), mark(healthy, 30)}, "up 0, down 10, up 20"},
		{"nor does one before the result that was asked for earlier", []health.Change{up, mark(healthy, 12), down, mark(unhealthy, 26), move(unhealthy, healthy, 20, 25)}, "up 0, down 10, up 20"},
		{"one in maintenance", []health.Change{up, overlay(healthy, health.Maintenance, false, 10, 10, health.Maintenance), mark(healthy, 15, health.Maintenance), overlay(healthy, health.Maintenance, true, 20, 20)},
			"up 0, maintenance 10, up 20"},
		{"one in a gap", []health.Change{up, mark(healthy, 15), overlay(healthy, health.Stale, true, 10, 20)}, "up 0, unobserved 10, up 20"},
		{"an outage of which a mark tells", []health.Change{func() health.Change {
			c := mark(unhealthy, 15)
			c.Down = minute(10)
			return c
		}(), move(unhealthy, healthy, 20, 21)}, "unobserved 0, down 10, up 20"},

		{"paused", []health.Change{up, overlay(healthy, health.Paused, false, 10, 10, health.Paused), overlay(unknown, health.Paused, true, 20, 20), move(unknown, healthy, 21, 21)},
			"up 0, paused 10, unobserved 20, up 21"},
		{"in maintenance", []health.Change{up, overlay(healthy, health.Maintenance, false, 10, 10, health.Maintenance), overlay(healthy, health.Maintenance, true, 20, 20)},
			"up 0, maintenance 10, up 20"},
		{"an outage that begins in maintenance", []health.Change{up, overlay(healthy, health.Maintenance, false, 5, 5, health.Maintenance), func() health.Change {
			c := down
			c.Overlays = []health.Overlay{health.Maintenance}
			return c
		}(), overlay(unhealthy, health.Maintenance, true, 20, 20), move(unhealthy, healthy, 30, 31)}, "up 0, maintenance 5, down 20, up 30"},
		{"a first failure in maintenance", []health.Change{up, overlay(healthy, health.Maintenance, false, 5, 5, health.Maintenance), overlay(healthy, health.Maintenance, true, 10.5, 10.5), down},
			"up 0, maintenance 5, down 10.5"},
		{"behind a parent", []health.Change{up, overlay(healthy, health.Behind, false, 10, 10, health.Behind), overlay(healthy, health.Behind, true, 20, 20)},
			"up 0, unreachable 10, up 20"},
		{"paused in maintenance", []health.Change{up, overlay(healthy, health.Maintenance, false, 5, 5, health.Maintenance), overlay(healthy, health.Paused, false, 10, 10, health.Maintenance, health.Paused), overlay(healthy, health.Paused, true, 20, 20, health.Maintenance)},
			"up 0, maintenance 5, paused 10, maintenance 20"},
		{"flapping hides nothing", []health.Change{up, overlay(healthy, health.Flapping, false, 10, 12, health.Flapping)}, "up 0"},

		{"a gap", []health.Change{up, overlay(healthy, health.Stale, true, 10, 20)}, "up 0, unobserved 10, up 20"},
		{"an outage goes on over a gap", []health.Change{up, down, overlay(unhealthy, health.Stale, true, 15, 20), move(unhealthy, healthy, 30, 31)}, "up 0, down 10, unobserved 15, down 20, up 30"},
		{"a gap in maintenance", []health.Change{up, overlay(healthy, health.Maintenance, false, 5, 5, health.Maintenance), overlay(healthy, health.Stale, true, 10, 20, health.Maintenance)},
			"up 0, maintenance 5, unobserved 10, maintenance 20"},

		{"what came before is told by the first", []health.Change{func() health.Change {
			c := overlay(unhealthy, health.Maintenance, true, 20, 20)
			c.Down = minute(10)
			return c
		}()}, "unobserved 0, down 10"},
		{"an old entry that says no more", []health.Change{overlay(unhealthy, health.Flapping, true, 20, 20)}, "unobserved 0, down 20"},

		{"set back: what is written later counts", []health.Change{up, down, move(unhealthy, healthy, 20, 21), overlay(healthy, health.Stale, true, 12, 12)}, "up 0, down 10, up 12"},
		{"set back within a streak", []health.Change{up, overlay(healthy, health.Stale, true, 5, 5), move(healthy, unhealthy, 40, 6)}, "up 0, down 6"},
		{"set back within a streak, as an entry told", []health.Change{up, move(healthy, degrading, 40, 40), overlay(degrading, health.Stale, true, 41, 5), move(degrading, unhealthy, 40, 6)}, "up 0, down 5"},
		{"set back over a gap", []health.Change{up, move(healthy, degrading, 40, 40), overlay(degrading, health.Stale, true, 50, 30)}, "up 0, degrading 30"},
		{"set forward", []health.Change{up, overlay(healthy, health.Stale, true, 10, 50)}, "up 0, unobserved 10, up 50"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := words(Spans(recorded(tt.changes...), minute(0), minute(60))); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
		})
	}
}

func words(spans []Span) string {
	var parts []string
	for _, s := range spans {
		parts = append(parts, fmt.Sprintf("%s %v", s.State, s.From.Sub(minute(0)).Minutes()))
	}
	return strings.Join(parts, ", ")
}

// TestA90SecondOutageReads90Seconds: fail 2, pass 10, every 30 s.
func TestA90SecondOutageReads90Seconds(t *testing.T) {
	tracker := health.NewTracker(&health.Spec{Name: "api", Interval: health.Duration(30 * time.Second), Thresholds: health.Thresholds{Unhealthy: 2, Healthy: 10}})
	var changes []health.Change
	for i, letter := range strings.Repeat("+", 10) + "---" + strings.Repeat("+", 20) {
		verdict := map[rune]health.Verdict{'+': health.Pass, '-': health.Fail}[letter]
		changes = append(changes, tracker.Observe(health.Result{Check: "api", At: minute(float64(i) / 2), Verdict: verdict, Reason: health.Refused})...)
	}
	entries := recorded(changes...)
	u := Measure(entries, minute(0), minute(16))
	if time.Duration(u.Down) != 90*time.Second || time.Duration(u.Up) != 16*time.Minute-90*time.Second || u.Outages != 1 || u.Coverage != 1 {
		t.Errorf("uptime: %+v", u)
	}
	if got := Incidents(entries); len(got) != 1 || time.Duration(got[0].Outage) != 90*time.Second || !got[0].Began.Equal(minute(5)) || got[0].Open() {
		t.Errorf("incidents: %+v", got)
	}
}

func TestMeasure(t *testing.T) {
	entries := recorded(
		move(unknown, healthy, 0, 0), move(healthy, degrading, 10, 10), move(degrading, unhealthy, 10, 11), move(unhealthy, healthy, 15, 16),
		overlay(healthy, health.Paused, false, 30, 30, health.Paused),
	)
	tests := []struct {
		name        string
		from, until float64
		want        string // up, down, unobserved, ratio, coverage, outages
	}{
		{"all", 0, 60, "25m0s 5m0s 30m0s 0.833 0.500 1"},
		{"before it", -60, 0, "0s 0s 1h0m0s 0.000 0.000 0"},
		{"half before", -30, 30, "25m0s 5m0s 30m0s 0.833 0.500 1"},
		{"within the outage", 11, 12, "0s 1m0s 0s 0.000 1.000 1"},
		{"over its beginning", 5, 12, "5m0s 2m0s 0s 0.714 1.000 1"},
		{"after it", 15, 25, "10m0s 0s 0s 1.000 1.000 0"},
		{"no time", 5, 5, "0s 0s 0s 0.000 0.000 0"},
		{"less than no time", 6, 5, "0s 0s 0s 0.000 0.000 0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			u := Measure(entries, minute(tt.from), minute(tt.until))
			if got := fmt.Sprintf("%v %v %v %.3f %.3f %d", u.Up, u.Down, u.Unobserved, u.Ratio, u.Coverage, u.Outages); got != tt.want {
				t.Errorf("got %s, want %s", got, tt.want)
			}
		})
	}
}

func TestUptimesAreOfTheWindows(t *testing.T) {
	var got []string
	for _, u := range Fold(recorded(move(unknown, healthy, 0, 0))).Uptimes(minute(36 * 60)) {
		got = append(got, fmt.Sprintf("%v %.3f", u.Window, u.Coverage))
	}
	if want := "24h0m0s 1.000, 168h0m0s 0.214, 720h0m0s 0.050, 2160h0m0s 0.017"; strings.Join(got, ", ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, ", "), want)
	}
}

// TestUptimeInJSON: what nobody observed is no 0 %.
func TestUptimeInJSON(t *testing.T) {
	for want, u := range map[string]Uptime{
		`"ratio":null`: {Window: 1, Unobserved: 1},
		`"ratio":0,`:   {Window: 1, Down: 1, Coverage: 1},
		`"ratio":0.5,`: {Window: 2, Down: 1, Up: 1, Coverage: 1, Ratio: 0.5},
	} {
		code, err := json.Marshal(u)
		if err != nil || !strings.Contains(string(code), want) || strings.Count(string(code), `"ratio"`) != 1 {
			t.Errorf("%s, %v, want %s", code, err, want)
		}
		var back Uptime
		if err := json.Unmarshal(code, &back); err != nil || back != u {
			t.Errorf("%s came back as %+v, %v", code, back, err)
		}
	}
}

// TestTimeIsCountedOnce, whatever the changes are: spans join without a hole,
// and what is up, down and unobserved adds up, in whole and in parts.
func TestTimeIsCountedOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := Fold(recorded(rapid.SliceOf(rapid.Custom(anyChange)).Draw(t, "changes")...))
		from, until := minute(-10), minute(110)
		all := l.Measure(from, until)
		if all.Up+all.Down+all.Unobserved != all.Window || time.Duration(all.Window) != until.Sub(from) {
			t.Fatalf("of %v: %+v", until.Sub(from), all)
		}
		at := from
		for _, s := range l.Spans(from, until) {
			if !s.From.Equal(at) || !s.Until.After(s.From) {
				t.Fatalf("a hole before %v, or no time in it", s)
			}
			at = s.Until
		}
		if !at.Equal(until) {
			t.Fatalf("ends at %v", at)
		}
		middle := minute(float64(rapid.IntRange(-9, 109).Draw(t, "middle")))
		a, b := l.Measure(from, middle), l.Measure(middle, until)
		if a.Up+b.Up != all.Up || a.Down+b.Down != all.Down || a.Unobserved+b.Unobserved != all.Unobserved {
			t.Fatalf("%+v and %+v, but %+v", a, b, all)
		}
		var bars Uptime
		for _, bar := range l.Bars(Steps(until, 7*time.Minute, 20)) {
			bars.Up, bars.Down, bars.Window = bars.Up+bar.Uptime.Up, bars.Down+bar.Uptime.Down, bars.Window+bar.Uptime.Window
		}
		if want := l.Measure(until.Add(-140*time.Minute), until); bars.Up != want.Up || bars.Down != want.Down || bars.Window != want.Window {
			t.Fatalf("bars %+v, want %+v", bars, want)
		}
	})
}

// anyChange draws a change that need not make sense.
func anyChange(t *rapid.T) health.Change {
	status := rapid.SampledFrom(append(health.Statuses(), "", "WEIRD"))
	m := rapid.Custom(func(t *rapid.T) time.Time { return minute(float64(rapid.IntRange(0, 100).Draw(t, "minute"))) })
	c := health.Change{Check: "api", From: status.Draw(t, "from"), To: status.Draw(t, "to"), At: m.Draw(t, "at"), Began: m.Draw(t, "began")}
	if rapid.Bool().Draw(t, "overlay") {
		c.Overlay, c.Ended, c.To = rapid.SampledFrom(health.Overlays()).Draw(t, "which"), rapid.Bool().Draw(t, "ended"), c.From
	}
	if rapid.Bool().Draw(t, "down") {
		c.Down = m.Draw(t, "since")
	}
	c.Overlays = rapid.SliceOfN(rapid.SampledFrom(health.Overlays()), 0, 2).Draw(t, "in")
	return c
}

func TestBars(t *testing.T) {
	l := Fold(recorded(
		move(unknown, healthy, 5, 5), move(healthy, unhealthy, 20, 21), move(unhealthy, healthy, 31, 32),
		overlay(healthy, health.Paused, false, 50, 50, health.Paused), overlay(healthy, health.Paused, true, 61, 61), move(healthy, degrading, 65, 65),
		overlay(degrading, health.Maintenance, false, 70, 70, health.Maintenance),
	))
	var got []string
	for _, b := range l.Bars(Steps(minute(80), 10*time.Minute, 8)) {
		got = append(got, fmt.Sprintf("%s %v/%v/%v", b.State, time.Duration(b.Uptime.Up).Minutes(), time.Duration(b.Uptime.Down).Minutes(), time.Duration(b.Uptime.Unobserved).Minutes()))
	}
	want := "up 5/0/5, up 10/0/0, down 0/10/0, down 9/1/0, up 10/0/0, paused 0/0/10, degrading 9/0/1, maintenance 0/0/10"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	for _, edges := range [][]time.Time{nil, {minute(0)}} {
		if got := l.Bars(edges); got != nil {
			t.Errorf("bars of %v: %v", edges, got)
		}
	}
}

// TestDaysAreThoseOfTheZone: they begin at midnight, also where a day has 23
// hours, and the last one ends now.
func TestDaysAreThoseOfTheZone(t *testing.T) {
	zone := time.FixedZone("UTC+2", 2*60*60)
	now := time.Date(2026, 3, 1, 1, 30, 0, 0, zone)
	var got []string
	for _, e := range Days(now, 3) {
		got = append(got, e.Format("01-02 15:04"))
	}
	if want := []string{"02-27 00:00", "02-28 00:00", "03-01 00:00", "03-01 01:30"}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}
