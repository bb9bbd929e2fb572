package health

import (
	"slices"
	"time"
)

// A Weekly is a stretch of time that comes again every week, by the clocks on
// the walls of its zone. The zero Weekly is none. In JSON it is written as its
// text: "Sun 02:00-04:00 Europe/London".
//
// Clocks are put forward and back. It begins at the first moment of its day at
// which the clock shows From or later, and ends at the first one at which it
// shows Until or later. So it is one stretch without a break each time:
//
//   - Over an hour that is left out, it is an hour shorter. If it lies in that
//     hour as a whole, there is none that week.
//   - Over an hour that comes twice, it is an hour longer. If it begins or ends
//     in such an hour, it does so the first time.
//
// One that must always be of the same length is best given in UTC.
//
// The zone's rules come from the machine, or from the program if time/tzdata
// is linked into it; package health brings none.
type Weekly struct {
	Days []time.Weekday // on which it begins, in the order of time.Weekday
	From Clock          // when it begins
	// Until is when it ends: the next day if that is not later than From.
	Until Clock
	Zone  string // of the IANA database; empty: UTC
}

// A Clock is a time of day in minutes since midnight.
type Clock int

const (
	minutesOfDay = Clock(24 * 60)
	// search is for how many days Next looks for an edge: three weeks, for there
	// are weeks without the hour that it looks for.
	search = 22
)

// IsZero reports whether there is no such stretch.
func (w Weekly) IsZero() bool { return len(w.Days) == 0 }

// At reports whether t is in one of the stretches.
func (w Weekly) At(t time.Time) bool {
	zone, err := w.location()
	return err == nil && covered(w.stretches(t.In(zone), -2, 1), t)
}

// Next returns the first moment after t at which a stretch begins or ends, and
// whether there is one: there is none when stretches join all the week round.
func (w Weekly) Next(t time.Time) (edge time.Time, ok bool) {
	zone, err := w.location()
	if err != nil {
		return time.Time{}, false
	}
	stretches := w.stretches(t.In(zone), -2, search)
	var edges []time.Time
	for _, s := range stretches {
		edges = append(edges, s.from, s.until)
	}
	slices.SortFunc(edges, time.Time.Compare)
	now := covered(stretches, t)
	for i, edge := range edges {
		// Where the search ends, a stretch that joins may have been left out.
		if i+1 < len(edges) && edge.After(t) && covered(stretches, edge) != now {
			return edge, true
		}
	}
	return time.Time{}, false
}

// A stretch is the time from a moment until before another.
type stretch struct{ from, until time.Time }

func covered(stretches []stretch, t time.Time) bool {
	return slices.ContainsFunc(stretches, func(s stretch) bool { return !t.Before(s.from) && t.Before(s.until) })
}

// stretches returns those that begin between two days, counted from the day of
// local, in their order.
func (w Weekly) stretches(local time.Time, first, last int) []stretch {
	var found []stretch
	year, month, day := local.Date()
	for d := first; d <= last; d++ {
		midnight := time.Date(year, month, day+d, 0, 0, 0, 0, time.UTC)
		if !slices.Contains(w.Days, midnight.Weekday()) {
			continue
		}
		until := w.Until
		if until <= w.From {
			until += minutesOfDay
		}
		s := stretch{w.From.after(midnight, local.Location()), until.after(midnight, local.Location())}
		if s.from.Before(s.until) {
			found = append(found, s)
		}
	}
	return found
}

// after returns the first moment at which the clocks of a zone show c or later
// of a day, which is given by its midnight in UTC.
func (c Clock) after(midnight time.Time, zone *time.Location) time.Time {
	shown := midnight.Add(time.Duration(c) * time.Minute)
	// No zone is that far from UTC: the moment comes after this one.
	at := shown.Add(-26 * time.Hour).In(zone)
	for {
		_, offset := at.Zone()
		moment := shown.Add(-time.Duration(offset) * time.Second).In(zone)
		if moment.Before(at) {
			return at // the clocks were put forward over it
		}
		_, turn := at.ZoneBounds() // which of the last day of some years ends before it
		if !turn.After(at) || moment.Before(turn) {
			return moment
		}
		at = turn
	}
}

// location returns the zone.
func (w Weekly) location() (*time.Location, error) { return time.LoadLocation(w.Zone) }
