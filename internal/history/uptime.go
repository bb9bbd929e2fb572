package history

import (
	"encoding/json"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// An Uptime is how much of a time a check was up, of the time in which it was
// observed. Up, Down and Unobserved add up to Window exactly.
type Uptime struct {
	Window     health.Duration `json:"window"`
	Up         health.Duration `json:"up"`
	Degrading  health.Duration `json:"degrading"` // part of Up
	Down       health.Duration `json:"down"`
	Unobserved health.Duration `json:"unobserved"`
	// Ratio is the part of the observed time that the check was up, from 0 to 1.
	// It says nothing when Coverage is 0: it is 0 then, and null in JSON.
	Ratio float64 `json:"ratio"`
	// Coverage is the part of the window that was observed, from 0 to 1.
	Coverage float64 `json:"coverage"`
	Outages  int     `json:"outages"` // of which some time is in Down
}

// Windows returns the times that uptime is told of: 24 hours, 7, 30 and 90
// days.
func Windows() []time.Duration {
	const day = 24 * time.Hour
	return []time.Duration{day, 7 * day, 30 * day, 90 * day}
}

// Measure returns the uptime that a check's changes tell, from a moment until
// before another. The changes are as [Fold] takes them.
func Measure(changes []event.Recorded, from, until time.Time) Uptime {
	return Fold(changes).Measure(from, until)
}

// Measure returns the uptime from a moment until before another.
func (l *Ledger) Measure(from, until time.Time) Uptime {
	return sum(l.Spans(from, until))
}

// Uptimes returns the uptime of each of the [Windows] that end now.
func (l *Ledger) Uptimes(now time.Time) []Uptime {
	var uptimes []Uptime
	for _, w := range Windows() {
		uptimes = append(uptimes, l.Measure(now.Add(-w), now))
	}
	return uptimes
}

// sum adds spans up.
func sum(spans []Span) Uptime {
	var u Uptime
	last := 0
	for _, s := range spans {
		d := health.Duration(s.length())
		u.Window += d
		switch s.State {
		case Up:
			u.Up += d
		case Degrading:
			u.Up += d
			u.Degrading += d
		case Down:
			u.Down += d
			if s.outage != last {
				u.Outages, last = u.Outages+1, s.outage
			}
		default:
			u.Unobserved += d
		}
	}
	if observed := u.Up + u.Down; observed > 0 {
		u.Ratio = float64(u.Up) / float64(observed)
		u.Coverage = float64(observed) / float64(u.Window)
	}
	return u
}

// MarshalJSON writes u with a null for the ratio of what nobody observed.
func (u Uptime) MarshalJSON() ([]byte, error) {
	type plain Uptime // without this method
	if u.Coverage > 0 {
		return json.Marshal(plain(u))
	}
	return json.Marshal(struct {
		plain
		Ratio *float64 `json:"ratio"`
	}{plain: plain(u)})
}
