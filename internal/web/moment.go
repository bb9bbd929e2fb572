package web

import (
	"fmt"
	"time"
)

// timeLayout is how exact times are written for machines.
const timeLayout = "2006-01-02T15:04:05Z07:00"

// A moment is a time as the page shows it: words for reading, the exact time
// in the machine's own zone behind them. The zero moment shows nothing.
type moment struct{ Text, ISO string }

// ago says how long before now t was.
func ago(t, now time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	return moment{span(now.Sub(t)), t.Local().Format(timeLayout)}
}

// at says when t was: the time of day, with the date if it was another day.
func at(t, now time.Time) moment {
	if t.IsZero() {
		return moment{}
	}
	t, now = t.Local(), now.Local()
	layout := "15:04:05"
	if t.YearDay() != now.YearDay() || t.Year() != now.Year() {
		layout = "2 Jan 15:04:05"
	}
	return moment{t.Format(layout), t.Format(timeLayout)}
}

// span says a duration in its largest unit that still tells enough: 8 s, 97 m,
// 31 h, 12 d, 3 y. The blank does not break.
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
	case d < 2*365*day:
		return fmt.Sprintf("%d\u00a0d", d/day)
	}
	return fmt.Sprintf("%d\u00a0y", d/(365*day))
}

// took says how long an answer took: 0.3 ms, 12 ms, 1.4 s.
func took(d time.Duration) string {
	switch {
	case d < 10*time.Millisecond:
		return fmt.Sprintf("%.1f\u00a0ms", float64(d)/float64(time.Millisecond))
	case d < time.Second:
		return fmt.Sprintf("%d\u00a0ms", d/time.Millisecond)
	}
	return fmt.Sprintf("%.1f\u00a0s", d.Seconds())
}

// zone names the machine's time zone and its distance from UTC.
func zone(now time.Time) string {
	name, offset := now.Local().Zone()
	if offset == 0 {
		return "UTC"
	}
	d := now.Local().Format("-07:00")
	if name == "" || name[0] == '-' || name[0] == '+' {
		return "UTC" + d
	}
	return name + ", UTC" + d
}
