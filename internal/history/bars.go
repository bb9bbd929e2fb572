package history

import "time"

// A Bar is one of a row that shows a history: a day, or an hour.
type Bar struct {
	From   time.Time `json:"from"`
	Until  time.Time `json:"until"` // the first moment after it
	Uptime Uptime    `json:"uptime"`
	// State is the one to show: the worst that was observed, or what kept most of
	// the bar from being observed.
	State State `json:"state"`
}

// Bars returns one bar from each edge to the next; the edges ascend. None for
// fewer than two.
func (l *Ledger) Bars(edges []time.Time) []Bar {
	if len(edges) < 2 {
		return nil
	}
	spans := l.Spans(edges[0], edges[len(edges)-1])
	var bars []Bar
	for i, from := range edges[:len(edges)-1] {
		until := edges[i+1]
		for len(spans) > 0 && !spans[0].Until.After(from) {
			spans = spans[1:]
		}
		part := within(spans, from, until)
		bars = append(bars, Bar{From: from, Until: until, Uptime: sum(part), State: worst(part)})
	}
	return bars
}

// within returns the parts of spans that lie between two moments.
func within(spans []Span, from, until time.Time) []Span {
	var part []Span
	for _, s := range spans {
		if !s.From.Before(until) {
			break
		}
		if s.From.Before(from) {
			s.From = from
		}
		if s.Until.After(until) {
			s.Until = until
		}
		part = append(part, s)
	}
	return part
}

// worst returns the state to show of spans.
func worst(spans []Span) State {
	times := map[State]time.Duration{}
	for _, s := range spans {
		times[s.State] += s.length()
	}
	for _, s := range []State{Down, Degrading, Up} {
		if times[s] > 0 {
			return s
		}
	}
	most := Unobserved
	for _, s := range []State{Paused, Maintenance, Unreachable} {
		if times[s] > times[most] {
			most = s
		}
	}
	return most
}

// Days returns the edges of the last n days, as the clocks of now's zone have
// them: n midnights, the last one today's, and now.
func Days(now time.Time, n int) []time.Time {
	year, month, day := now.Date()
	var edges []time.Time
	for i := range n {
		edges = append(edges, time.Date(year, month, day-n+1+i, 0, 0, 0, 0, now.Location()))
	}
	return append(edges, now)
}

// Steps returns the edges of n bars of equal length that end at until.
func Steps(until time.Time, each time.Duration, n int) []time.Time {
	var edges []time.Time
	for i := n; i >= 0; i-- {
		edges = append(edges, until.Add(-time.Duration(i)*each))
	}
	return edges
}
