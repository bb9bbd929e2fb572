package registration

import (
	"fmt"
	"strconv"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A span is what a field of a registration may be, both ends included.
type span struct{ least, most int64 }

// times and counts are the fields that have a range. Those of a check that asks
// are healthchecker's.
func times() map[string]span {
	return map[string]span{
		"interval": {int64(5 * time.Second), int64(300 * time.Second)},
		"timeout":  {int64(2 * time.Second), int64(60 * time.Second)},
		"period":   {int64(10 * time.Second), int64(744 * time.Hour)}, // the longest month
		"grace":    {int64(time.Second), int64(168 * time.Hour)},
	}
}

func counts() map[string]span {
	return map[string]span{"unhealthy_threshold": {2, 10}, "healthy_threshold": {2, 10}}
}

// RangeOf writes what a field may be, for people: "5s to 300s"; empty when it has
// no range.
func RangeOf(field string) string {
	if s, ok := times()[field]; ok {
		return short(health.Duration(s.least)) + " to " + short(health.Duration(s.most))
	}
	if s, ok := counts()[field]; ok {
		return fmt.Sprintf("%d to %d", s.least, s.most)
	}
	return ""
}

// OutOfRange returns what is wrong with a field whose value, as it was written,
// is of the right kind, and too small or too great: for values that a [Request]
// cannot hold, such as 0, which there means nothing.
func OutOfRange(field, value string) health.FieldError {
	return health.FieldError{Field: field, Reason: fmt.Sprintf("%s is out of range: %s", foreign.Text(value).Clip(maxName), RangeOf(field)), OutOfRange: true}
}

// misfits returns the fields among those named that are given and out of range.
func misfits(s *health.Spec, fields ...string) (wrong []health.FieldError) {
	given := map[string]int64{
		"interval": int64(s.Interval), "timeout": int64(s.Timeout), "period": int64(s.Period), "grace": int64(s.Grace),
		"unhealthy_threshold": int64(s.Thresholds.Unhealthy), "healthy_threshold": int64(s.Thresholds.Healthy),
	}
	for _, field := range fields {
		value, text := given[field], short(health.Duration(given[field]))
		may, ok := times()[field]
		if !ok {
			may, text = counts()[field], strconv.FormatInt(value, 10)
		}
		if value != 0 && (value < may.least || value > may.most) {
			wrong = append(wrong, OutOfRange(field, text))
		}
	}
	return wrong
}

// unsay takes times, thresholds and choices that are wrong for not given.
func unsay(s *health.Spec, wrong []health.FieldError) {
	for _, e := range wrong {
		switch e.Field {
		case "interval":
			s.Interval, s.Timeout = 0, 0 // nobody knows what would have to be shorter than what
		case "timeout":
			s.Timeout = 0
		case "unhealthy_threshold":
			s.Thresholds.Unhealthy = 0
		case "healthy_threshold":
			s.Thresholds.Healthy = 0
		case "mode":
			s.Mode = ""
		case "family":
			s.Family = ""
		}
	}
}

// short writes a duration in one unit where that is exact: 300s, 744h, 4.5s.
func short(d health.Duration) string {
	switch t := time.Duration(d); {
	case t != 0 && t%time.Hour == 0:
		return strconv.FormatInt(int64(t/time.Hour), 10) + "h"
	case t.Abs() < time.Hour && t%(100*time.Millisecond) == 0:
		return strconv.FormatFloat(t.Seconds(), 'f', -1, 64) + "s"
	default:
		return t.String()
	}
}
