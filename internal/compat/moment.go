package compat

import (
	"fmt"
	"time"
)

// A moment is a time as pages show it: words for reading, the exact time in the
// machine's own zone behind them. The zero moment shows nothing.
type moment struct{ Text, ISO string }

// ago says how long before now t was.
func ago(t, now time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	return moment{span(now.Sub(t)), t.Local().Format(time.RFC3339)}
}

// at says when t was: the time of day, with the date if it was another day.
func at(t, now time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	t, now = t.Local(), now.Local()
	layout := "15:04:05"
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		layout = "2 Jan 2006 15:04:05"
	}
	return moment{t.Format(layout), t.Format(time.RFC3339)}
}

// span says a duration in its largest unit that still tells enough. The blank does
// not break.
func span(d time.Duration) string {
	const day = 24 * time.Hour
	switch {
	case d < time.Second:
		return "0\u00a0s"
	case d < 2*time.Minute:
		return fmt.Sprintf("%d\u00a0s", d/time.Second)
	case d < 2*time.Hour:
		return fmt.Sprintf("%d\u00a0m", d/time.Minute)
	case d < 2*day:
		return fmt.Sprintf("%d\u00a0h", d/time.Hour)
	}
	return fmt.Sprintf("%d\u00a0d", d/day)
}

// zone names the machine's time zone.
func zone(now time.Time) string {
	name, offset := now.Local().Zone()
	if offset == 0 {
		return "UTC"
	}
	return name + ", UTC" + now.Local().Format("-07:00")
}
