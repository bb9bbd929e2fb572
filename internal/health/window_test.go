package health

import (
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"
	_ "time/tzdata" // the tests know the zones on every machine

	"pgregory.net/rapid"
)

func at(text string) time.Time {
	t, err := time.Parse(time.RFC3339, text)
	if err != nil {
		panic(err)
	}
	return t
}

func weekly(t *testing.T, text string) Window {
	t.Helper()
	w, err := ParseWeekly(text, "")
	if err != nil {
		t.Fatal(err)
	}
	return Window{Weekly: w}
}

func TestParseWeekly(t *testing.T) {
	tests := []struct{ text, zone, want string }{
		{"Sun 02:00-04:00", "", "Sun 02:00-04:00"},
		{"Sun 02:00-04:00", "Europe/London", "Sun 02:00-04:00 Europe/London"},
		{"Sun 02:00-04:00 Europe/London", "", "Sun 02:00-04:00 Europe/London"},
		{"sunday 2:00-4:00", "UTC", "Sun 02:00-04:00 UTC"},
		{"Mon-Fri 22:00-06:00", "", "Mon-Fri 22:00-06:00"},
		{"Sat,Sun 00:00-24:00", "", "Sat,Sun 00:00-24:00"},
		{"Sat, Sun 00:00-24:00", "", "Sat,Sun 00:00-24:00"},
		{"Fri-Mon 00:00-00:00", "", "Mon,Fri-Sun 00:00-00:00"},
		{"Wed,MON,tue,wed 12:30-12:31", "", "Mon-Wed 12:30-12:31"},
		{"Mon-Sun 23:59-00:01", "", "Mon-Sun 23:59-00:01"},
		{"Tue-Tue 01:00-02:00", "", "Tue 01:00-02:00"},
	}
	for _, tt := range tests {
		w, err := ParseWeekly(tt.text, tt.zone)
		if err != nil || w.String() != tt.want {
			t.Errorf("%q in %q: %q, %v, want %q", tt.text, tt.zone, w, err, tt.want)
		}
	}
}

func TestWhatIsNoWeeklyTime(t *testing.T) {
	tests := []struct{ text, zone, want string }{
		{"", "", `"" is no weekly time`},
		{"Sun", "", "no weekly time"},
		{"02:00-04:00", "", "no weekly time"},
		{"Sun 02:00 - 04:00", "", "no weekly time"},
		{"Son 02:00-04:00", "", `"Son" is no day`},
		{"Mon- 02:00-04:00", "", `"" is no day`},
		{"Mon,,Tue 02:00-04:00", "", `"" is no day`},
		{"Mon-Tue-Wed 02:00-04:00", "", `"Tue-Wed" is no day`},
		{"Sun 02:00", "", `"" is no time of day`},
		{"Sun 2-4", "", `"2" is no time of day`},
		{"Sun 02:00-04:0", "", `"04:0" is no time of day`},
		{"Sun 02:00-04:60", "", `"04:60" is no time of day`},
		{"Sun 02:00-24:01", "", `"24:01" is no time of day`},
		{"Sun 24:00-02:00", "", `"24:00" is no time of day`},
		{"Sun +2:00-04:00", "", `"+2:00" is no time of day`},
		{"Sun 002:00-04:00", "", `"002:00" is no time of day`},
		{"Sun 02:00-04:00", "Europe/Atlantis", `"Europe/Atlantis" is no zone`},
		{"Sun 02:00-04:00 ../../etc/passwd", "", "is no zone"},
		{"Sun 02:00-04:00", "Local", `"Local" is no zone`},
		{"Sun 02:00-04:00 Europe/London", "UTC", "no weekly time"},
	}
	for _, tt := range tests {
		if w, err := ParseWeekly(tt.text, tt.zone); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%q in %q: %v, %v, want %q", tt.text, tt.zone, w, err, tt.want)
		}
	}
}

// TestWindowAtItsEdges: the first moment is in it, that of its end is not.
func TestWindowAtItsEdges(t *testing.T) {
	// 2026-07-05 is a Sunday.
	tests := []struct {
		name, text  string
		from, until string
	}{
		{"a Sunday", "Sun 02:00-04:00", "2026-07-05T02:00:00Z", "2026-07-05T04:00:00Z"},
		{"in a zone", "Sun 02:00-04:00 Europe/London", "2026-07-05T02:00:00+01:00", "2026-07-05T04:00:00+01:00"},
		{"into Monday", "Sun 22:00-06:00", "2026-07-05T22:00:00Z", "2026-07-06T06:00:00Z"},
		{"from midnight to midnight", "Sun 00:00-24:00", "2026-07-05T00:00:00Z", "2026-07-06T00:00:00Z"},
		{"once around the clock", "Sun 08:00-08:00", "2026-07-05T08:00:00Z", "2026-07-06T08:00:00Z"},
		{"days that join", "Sun,Mon 00:00-24:00", "2026-07-05T00:00:00Z", "2026-07-07T00:00:00Z"},
		{"far to the east", "Sun 00:00-01:00 Pacific/Kiritimati", "2026-07-05T00:00:00+14:00", "2026-07-05T01:00:00+14:00"},
		{"far to the west", "Sun 23:00-24:00 Pacific/Pago_Pago", "2026-07-05T23:00:00-11:00", "2026-07-06T00:00:00-11:00"},

		// London puts its clocks from 01:00 to 02:00 on 2026-03-29, and from 02:00
		// to 01:00 on 2026-10-25.
		{"an hour is left out of it", "Sun 00:30-04:00 Europe/London", "2026-03-29T00:30:00Z", "2026-03-29T03:00:00Z"},
		{"begins in the hour left out", "Sun 01:30-04:00 Europe/London", "2026-03-29T01:00:00Z", "2026-03-29T03:00:00Z"},
		{"ends in the hour left out", "Sun 00:30-01:30 Europe/London", "2026-03-29T00:30:00Z", "2026-03-29T01:00:00Z"},
		{"an hour comes twice in it", "Sun 00:30-04:00 Europe/London", "2026-10-24T23:30:00Z", "2026-10-25T04:00:00Z"},
		{"begins in the hour that comes twice", "Sun 01:30-04:00 Europe/London", "2026-10-25T00:30:00Z", "2026-10-25T04:00:00Z"},
		{"ends in the hour that comes twice", "Sun 00:30-01:30 Europe/London", "2026-10-24T23:30:00Z", "2026-10-25T00:30:00Z"},
		{"within the hour that comes twice", "Sun 01:15-01:45 Europe/London", "2026-10-25T00:15:00Z", "2026-10-25T00:45:00Z"},
		{"ends as the hour comes again", "Sun 00:30-02:00 Europe/London", "2026-10-24T23:30:00Z", "2026-10-25T02:00:00Z"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			w, from, until := weekly(t, tt.text), at(tt.from), at(tt.until)
			for moment, want := range map[time.Time]bool{from.Add(-1): false, from: true, until.Add(-1): true, until: false} {
				if got := w.At(moment); got != want {
					t.Errorf("At(%v) = %v", moment, got)
				}
			}
			for moment, want := range map[time.Time]time.Time{from.Add(-1): from, from: until, until.Add(-1): until} {
				if got, ok := w.Next(moment); !ok || !got.Equal(want) {
					t.Errorf("Next(%v) = %v, %v, want %v", moment, got, ok, want)
				}
			}
		})
	}
}

// TestWindowInTheHourThatIsLeftOut is none that week, and no edge.
func TestWindowInTheHourThatIsLeftOut(t *testing.T) {
	w := weekly(t, "Sun 01:10-01:50 Europe/London")
	day := at("2026-03-29T00:00:00Z")
	for minute := range 24 * 60 {
		if moment := day.Add(time.Duration(minute) * time.Minute); w.At(moment) {
			t.Fatalf("is at %v", moment)
		}
	}
	if got, _ := w.Next(day); !got.Equal(at("2026-04-05T00:10:00Z")) {
		t.Errorf("next is %v, want that of the week after", got)
	}
}

// TestWindowOnADayThatIsLeftOut: Samoa had no Friday, 2011-12-30.
func TestWindowOnADayThatIsLeftOut(t *testing.T) {
	w := weekly(t, "Fri 02:00-04:00 Pacific/Apia")
	if got, _ := w.Next(at("2011-12-29T12:00:00Z")); !got.Equal(at("2012-01-06T02:00:00+14:00")) {
		t.Errorf("next is %v", got)
	}
}

func TestWindowsWithoutEdges(t *testing.T) {
	now := at("2026-07-05T12:00:00Z")
	tests := []struct {
		name string
		w    Window
		in   bool
	}{
		{"always", weekly(t, "Mon-Sun 00:00-24:00"), true},
		{"always, where clocks are turned", weekly(t, "Mon-Sun 02:30-02:30 Europe/London"), true},
		{"in a zone that nobody knows", Window{Weekly: Weekly{Days: []time.Weekday{0}, Until: 24 * 60, Zone: "Europe/Atlantis"}}, false},
		{"over", Window{From: now.Add(-2), Until: now}, false},
		{"never", Window{From: now.Add(2), Until: now.Add(1)}, false},
		{"none", Window{}, false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if edge, ok := tt.w.Next(now); ok || tt.w.At(now) != tt.in {
				t.Errorf("At: %v; Next: %v, %v", tt.w.At(now), edge, ok)
			}
		})
	}
}

func TestWindowThatComesOnce(t *testing.T) {
	from, until := at("2026-07-05T12:00:00Z"), at("2026-07-05T14:00:00Z")
	w := Window{From: from, Until: until}
	if w.At(from.Add(-1)) || !w.At(from) || !w.At(until.Add(-1)) || w.At(until) {
		t.Error("is not from From to before Until")
	}
	if edge, ok := w.Next(from.Add(-1)); !ok || !edge.Equal(from) {
		t.Errorf("first edge %v, %v", edge, ok)
	}
	if edge, ok := w.Next(from); !ok || !edge.Equal(until) {
		t.Errorf("second edge %v, %v", edge, ok)
	}
}

// aWeekly draws any weekly time.
func aWeekly(t *rapid.T) Weekly {
	days := rapid.SliceOfNDistinct(rapid.Custom(func(t *rapid.T) time.Weekday { return time.Weekday(rapid.IntRange(0, 6).Draw(t, "day")) }), 1, 7, rapid.ID).Draw(t, "days")
	slices.Sort(days)
	return Weekly{
		Days: days,
		From: Clock(rapid.IntRange(0, 1439).Draw(t, "from")), Until: Clock(rapid.IntRange(0, 1440).Draw(t, "until")),
		Zone: rapid.SampledFrom([]string{"", "Europe/London", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "Pacific/Apia", "Africa/Casablanca"}).Draw(t, "zone"),
	}
}

// TestNextAgreesWithAt over years: between a moment and its next edge nothing
// changes, and at the edge something does.
func TestNextAgreesWithAt(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := Window{Weekly: aWeekly(t)}
		moment := time.Date(rapid.IntRange(2009, 2040).Draw(t, "year"), 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute)
		for range 20 {
			now := w.At(moment)
			edge, ok := w.Next(moment)
			until := edge
			if !ok {
				until = moment.Add(21 * 24 * time.Hour)
			} else if !edge.After(moment) || w.At(edge) == now || w.At(edge.Add(-1)) != now {
				t.Fatalf("%v: at %v in it: %v; next edge %v", w.Weekly, moment, now, edge)
			}
			for range 5 {
				between := moment.Add(time.Duration(rapid.Int64Range(0, int64(until.Sub(moment))-1).Draw(t, "between")))
				if w.At(between) != now {
					t.Fatalf("%v: at %v in it: %v; next edge %v; but not so at %v", w.Weekly, moment, now, edge, between)
				}
			}
			moment = until
		}
	})
}

// TestWeeklyIsWhatTheWallSays on days on which no clock is turned.
func TestWeeklyIsWhatTheWallSays(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := aWeekly(t)
		zone, _ := w.location()
		moment := time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC).Add(time.Duration(rapid.IntRange(0, 365*24*60).Draw(t, "minute")) * time.Minute).In(zone)
		for d := -2; d <= 2; d++ { // of the days that a stretch may touch
			_, a := moment.AddDate(0, 0, d).Zone()
			if _, b := moment.Zone(); a != b {
				t.Skip("clocks are turned")
			}
		}
		shown := Clock(moment.Hour()*60 + moment.Minute())
		on := func(d time.Weekday) bool { return slices.Contains(w.Days, (d+7)%7) }
		today, yesterday := on(moment.Weekday()), on(moment.Weekday()-1)
		want := today && shown >= w.From && shown < w.Until
		if w.Until <= w.From {
			want = today && shown >= w.From || yesterday && shown < w.Until
		}
		if got := w.At(moment); got != want {
			t.Fatalf("%v at %v: %v, want %v", w, moment, got, want)
		}
	})
}

func TestWeeklyTextComesBack(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		w := Window{Weekly: aWeekly(t), Checks: []string{"shop-*"}}
		code, err := json.Marshal(w)
		if err != nil {
			t.Fatal(err)
		}
		var back Window
		if err := json.Unmarshal(code, &back); err != nil || !slices.Equal(back.Weekly.Days, w.Weekly.Days) || back.String() != w.String() {
			t.Fatalf("%s came back as %v, %v", code, back, err)
		}
	})
}

func TestWindowInJSON(t *testing.T) {
	code, err := json.Marshal([]Window{{ID: "w1", Weekly: Weekly{Days: []time.Weekday{0}, From: 120, Until: 240, Zone: "Europe/London"}}, {From: at("2026-07-05T12:00:00Z"), Until: at("2026-07-05T14:00:00Z"), By: "ops"}})
	want := `[{"id":"w1","weekly":"Sun 02:00-04:00 Europe/London"},{"from":"2026-07-05T12:00:00Z","until":"2026-07-05T14:00:00Z","by":"ops"}]`
	if err != nil || string(code) != want {
		t.Errorf("%s, %v, want %s", code, err, want)
	}
	var w Window
	if err := json.Unmarshal([]byte(`{"weekly":"Son 02:00-04:00"}`), &w); err == nil {
		t.Error("a wrong day was taken")
	}
}

func FuzzParseWeekly(f *testing.F) {
	for _, text := range []string{"Sun 02:00-04:00", "Mon-Fri,Sun 22:00-06:00 Europe/London", "Sat, Sun 0:00-24:00", "\x00-\xff 1:1-"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		w, err := ParseWeekly(text, "")
		if err != nil {
			return
		}
		if wrong := (&Window{Weekly: w}).Validate(); len(wrong) > 0 {
			t.Errorf("%q is read, but %v", text, wrong)
		}
		if again, err := ParseWeekly(w.String(), ""); err != nil || again.String() != w.String() {
			t.Errorf("%q is written as %q, which is read as %q, %v", text, w, again, err)
		}
	})
}

func TestWindowCovers(t *testing.T) {
	tests := []struct {
		checks []string
		check  string
		want   bool
	}{
		{nil, "shop-api", true},
		{nil, "portreeve.journal", false},
		{[]string{"shop-api"}, "shop-api", true},
		{[]string{"shop-api"}, "shop-api-2", false},
		{[]string{"shop-*"}, "shop-api", true},
		{[]string{"db", "shop-*"}, "shop-api", true},
		{[]string{"shop-?"}, "shop-api", false},
		{[]string{"*"}, "shop-api", true},
		{[]string{"*"}, "portreeve.journal", false},
		{[]string{"p*"}, "portreeve.journal", false},
		{[]string{"portreeve.*"}, "portreeve.journal", true},
		{[]string{"portreeve.journal"}, "portreeve.journal", true},
		{[]string{"["}, "[", false},
	}
	for _, tt := range tests {
		w := Window{Checks: tt.checks}
		if got := w.Covers(tt.check); got != tt.want {
			t.Errorf("%q covers %q: %v", tt.checks, tt.check, got)
		}
	}
}

func TestWindowValidate(t *testing.T) {
	from := at("2026-07-05T12:00:00Z")
	sunday := []time.Weekday{0}
	tests := []struct {
		name string
		w    Window
		want string // the wrong fields
	}{
		{"once", Window{From: from, Until: from.Add(time.Hour)}, ""},
		{"weekly", Window{Weekly: Weekly{Days: sunday, From: 1, Until: 1440}, Checks: []string{"shop-*", "db"}}, ""},
		{"no time", Window{}, "from"},
		{"no beginning", Window{Until: from}, "from"},
		{"no end", Window{From: from}, "until"},
		{"ends as it begins", Window{From: from, Until: from}, "until"},
		{"ends before it begins", Window{From: from, Until: from.Add(-1)}, "until"},
		{"a year and a bit", Window{From: from, Until: from.Add(MaxWindow + 1)}, "until"},
		{"two times", Window{From: from, Weekly: Weekly{Days: sunday, From: 1, Until: 2}}, "weekly"},
		{"no such day", Window{Weekly: Weekly{Days: []time.Weekday{7}, From: 1, Until: 2}}, "weekly"},
		{"no such hour", Window{Weekly: Weekly{Days: sunday, From: 1440, Until: 2}}, "weekly"},
		{"no such zone", Window{Weekly: Weekly{Days: sunday, From: 1, Until: 2, Zone: "Mars/Olympus"}}, "zone"},
		{"no pattern", Window{From: from, Until: from.Add(1), Checks: []string{"a", "[", "", "a\n", strings.Repeat("a", 127)}}, "checks checks checks checks"},
		{"too many patterns", Window{From: from, Until: from.Add(1), Checks: slices.Repeat([]string{"a"}, MaxPatterns+1)}, "checks"},
		{"a long story", Window{From: from, Until: from.Add(1), Why: strings.Repeat("ä", MaxNote+1)}, "why"},
		{"a story in lines", Window{From: from, Until: from.Add(1), Why: "a\r\nb"}, "why"},
		{"a story that is no text", Window{From: from, Until: from.Add(1), Why: "\xff"}, "why"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var fields []string
			for _, e := range tt.w.Validate() {
				fields = append(fields, e.Field)
			}
			if got := strings.Join(fields, " "); got != tt.want {
				t.Errorf("wrong: %q, want %q: %v", got, tt.want, tt.w.Validate())
			}
		})
	}
}

func TestAcknowledgementValidate(t *testing.T) {
	good := Acknowledgement{Incident: "check/shop-api/12", Check: "shop-api", Note: "on it"}
	if wrong := good.Validate(); len(wrong) > 0 {
		t.Errorf("%+v: %v", good, wrong)
	}
	bad := Acknowledgement{Incident: strings.Repeat("x", 200), Check: "a b", Note: "a\tb"}
	var fields []string
	for _, e := range bad.Validate() {
		fields = append(fields, e.Field)
		if len(e.Reason) > 100 {
			t.Errorf("the error repeats all of it: %v", e)
		}
	}
	if !slices.Equal(fields, []string{"incident", "check", "note"}) {
		t.Errorf("wrong: %v", fields)
	}
}

// TestTheLastDayOf2040 ends: time.Time.ZoneBounds returns an end before its
// moment there.
func TestTheLastDayOf2040(t *testing.T) {
	for _, zone := range []string{"America/New_York", "Europe/London", "Australia/Lord_Howe"} {
		w, err := ParseWeekly("Mon-Sun 22:00-23:00", zone)
		if err != nil {
			t.Fatal(err)
		}
		window := Window{Weekly: w}
		at := time.Date(2040, 12, 29, 0, 0, 0, 0, time.UTC)
		for range 20 {
			next, ok := window.Next(at)
			if !ok || !next.After(at) {
				t.Fatalf("%s: after %v comes %v", zone, at, next)
			}
			at = next
		}
		if at.Year() != 2041 {
			t.Errorf("%s: twenty edges later it is %v", zone, at)
		}
	}
}
