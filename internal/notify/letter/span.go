package letter

import (
	"fmt"
	"strings"
	"time"
)

const day = 24 * time.Hour

// Span writes how long something lasted as people say it: 350ms, 4m30s, 4h,
// 3d4h. It is exact to the second, and to the millisecond below one.
func Span(d time.Duration) string {
	if d < time.Second {
		return max(d, 0).Round(time.Millisecond).String()
	}
	d = d.Round(time.Second)
	days := ""
	if d >= 2*day {
		days = fmt.Sprintf("%dd", d/day)
		d %= day
	}
	text := d.String()
	if strings.HasSuffix(text, "m0s") {
		text = strings.TrimSuffix(text, "0s")
	}
	if strings.HasSuffix(text, "h0m") {
		text = strings.TrimSuffix(text, "0m")
	}
	if d == 0 && days != "" {
		return days
	}
	return days + text
}

// moment writes a time with date and zone.
func moment(t time.Time) string { return t.UTC().Format("Mon 2 Jan 2006 15:04:05 MST") }
