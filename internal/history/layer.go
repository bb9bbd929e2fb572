package history

import (
	"sort"
	"time"
)

// A layer is a wall of time that is painted from a moment on, over and over:
// what was painted later covers what was there. So a moment has one state, also
// when the clock showed it twice.
type layer struct{ cuts []cut }

// A cut is where another state begins.
type cut struct {
	at     time.Time
	state  State
	outage int
}

// paint has a state hold from a moment on.
func (l *layer) paint(at time.Time, state State, outage int) {
	at = at.Round(0) // a monotonic clock knows nothing of days long gone
	n := sort.Search(len(l.cuts), func(i int) bool { return !l.cuts[i].at.Before(at) })
	l.cuts = l.cuts[:n]
	if n == 0 || l.cuts[n-1].state != state || l.cuts[n-1].outage != outage {
		l.cuts = append(l.cuts, cut{at, state, outage})
	}
}

// over lays l over another layer: where l's state is "", the other's shows. The
// spans follow each other without a hole; the last one has no end.
func (l *layer) over(under *layer) []Span {
	var spans []Span
	var top, bottom cut
	bottom.state = Unobserved
	for i, j := 0, 0; i < len(l.cuts) || j < len(under.cuts); {
		var at time.Time
		if j == len(under.cuts) || i < len(l.cuts) && !under.cuts[j].at.Before(l.cuts[i].at) {
			top, at = l.cuts[i], l.cuts[i].at
			i++
		} else {
			bottom, at = under.cuts[j], under.cuts[j].at
			j++
		}
		shown := bottom
		if top.state != "" {
			shown = cut{state: top.state}
		}
		spans = add(spans, Span{From: at, State: shown.state, outage: shown.outage})
	}
	return spans
}

// add ends the last span where the next begins, unless they are one.
func add(spans []Span, next Span) []Span {
	n := len(spans)
	if n > 0 && spans[n-1].From.Equal(next.From) {
		spans, n = spans[:n-1], n-1 // the last cut at a moment counts
	}
	if n > 0 && spans[n-1].State == next.State && spans[n-1].outage == next.outage {
		return spans
	}
	if n > 0 {
		spans[n-1].Until = next.From
	}
	return append(spans, next)
}
