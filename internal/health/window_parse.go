package health

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"
)

// ParseWeekly reads days and a time of day: "Sun 02:00-04:00", "Mon-Fri
// 22:00-06:00", "Sat,Sun 00:00-24:00". The zone of the IANA database may be
// given apart or be the last word of text: "Sun 02:00-04:00 Europe/London"; if
// there is none, it is UTC. Days are written out or as their first three
// letters. A time that ends before it begins ends on the next day.
func ParseWeekly(text, zone string) (Weekly, error) {
	words := strings.Fields(strings.ReplaceAll(text, ", ", ","))
	if len(words) == 3 && zone == "" {
		zone, words = words[2], words[:2]
	}
	if len(words) != 2 {
		return Weekly{}, fmt.Errorf("%q is no weekly time", text)
	}
	days, err := parseDays(words[0])
	if err != nil {
		return Weekly{}, fmt.Errorf("%q is no weekly time: %w", text, err)
	}
	from, until, _ := strings.Cut(words[1], "-")
	w := Weekly{Days: days, Zone: zone}
	if w.From, err = parseClock(from, minutesOfDay-1); err == nil {
		w.Until, err = parseClock(until, minutesOfDay)
	}
	if err != nil {
		return Weekly{}, fmt.Errorf("%q is no weekly time: %w", text, err)
	}
	if err := w.checkZone(); err != nil {
		return Weekly{}, err
	}
	return w, nil
}

// checkZone tells what is wrong with the zone.
func (w Weekly) checkZone() error {
	if w.Zone == "Local" {
		return errors.New(`"Local" is no zone: it is another one on every machine`)
	}
	if _, err := w.location(); err != nil {
		return fmt.Errorf("%q is no zone that this machine knows", w.Zone)
	}
	return nil
}

// parseDays reads days and ranges of days, with commas between them.
func parseDays(text string) ([]time.Weekday, error) {
	var days []time.Weekday
	for part := range strings.SplitSeq(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, err := parseDay(first)
		if err != nil {
			return nil, err
		}
		until, err := parseDay(last)
		if err != nil {
			return nil, err
		}
		for d := from; ; d = (d + 1) % 7 {
			days = append(days, d)
			if d == until {
				break
			}
		}
	}
	slices.Sort(days)
	return slices.Compact(days), nil
}

func parseDay(text string) (time.Weekday, error) {
	for d := time.Sunday; d <= time.Saturday; d++ {
		if strings.EqualFold(text, d.String()) || strings.EqualFold(text, d.String()[:3]) {
			return d, nil
		}
	}
	return 0, fmt.Errorf("%q is no day", text)
}

// parseClock reads a time of day, as 2:00 or 02:00.
func parseClock(text string, most Clock) (Clock, error) {
	hours, minutes, _ := strings.Cut(text, ":")
	h, err := strconv.ParseUint(hours, 10, 8)
	if err == nil && len(hours) <= 2 && len(minutes) == 2 {
		m, err := strconv.ParseUint(minutes, 10, 8)
		if c := Clock(h*60 + m); err == nil && m < 60 && c <= most {
			return c, nil
		}
	}
	return 0, fmt.Errorf("%q is no time of day", text)
}

// String returns c as clocks show it: "02:00".
func (c Clock) String() string { return fmt.Sprintf("%02d:%02d", int(c/60), int(c%60)) }

// String returns w as [ParseWeekly] reads it; empty for the zero Weekly.
func (w Weekly) String() string {
	if w.IsZero() {
		return ""
	}
	text := daysText(w.Days) + " " + w.From.String() + "-" + w.Until.String()
	if w.Zone != "" {
		text += " " + w.Zone
	}
	return text
}

// daysText writes days from Monday on, three and more in a row as a range.
func daysText(days []time.Weekday) string {
	var parts []string
	for i := 0; i < 7; {
		n := 0
		for i+n < 7 && slices.Contains(days, time.Weekday((i+n+1)%7)) {
			n++
		}
		name := func(i int) string { return time.Weekday((i + 1) % 7).String()[:3] }
		if n >= 3 {
			parts = append(parts, name(i)+"-"+name(i+n-1))
		} else {
			for d := range n {
				parts = append(parts, name(i+d))
			}
		}
		i += max(n, 1)
	}
	return strings.Join(parts, ",")
}

// MarshalText writes w as String does.
func (w Weekly) MarshalText() ([]byte, error) { return []byte(w.String()), nil }

// UnmarshalText reads what [ParseWeekly] reads; nothing is the zero Weekly.
func (w *Weekly) UnmarshalText(b []byte) error {
	if len(b) == 0 {
		*w = Weekly{}
		return nil
	}
	read, err := ParseWeekly(string(b), "")
	if err == nil {
		*w = read
	}
	return err
}
