package web

import (
	"net/url"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// pastParts is how a check has been.
type pastParts struct {
	Heard     bool   // no answers to take time: it sends heartbeats
	LeftOut   moment // changes before it were too many
	Rows      []pastRow
	Bars      []bars
	Windows   []windowLink
	Window    string
	Plot      *plot
	Incidents []incidentRow
	AllLink   string // link: all of its incidents
	Items     []item
	Older     []item
	JSON      string // link: its changes in the API
}

// A pastRow is what one window comes to.
type pastRow struct {
	Window, Uptime, Coverage, Down, Outages string
	Class                                   string // of the uptime
	Answers                                 uint64
	Median, P95, P99, Max                   string
}

// How much of its past a check's page lists.
const (
	pastIncidents = 10
	pastItems     = 12
	pastOlder     = 60
)

// uptimeFigures are the uptimes for the first line of the page, with how much was
// observed where that was not all.
func uptimeFigures(rows []pastRow) []figure {
	var out []figure
	for _, r := range rows {
		value := r.Uptime
		if !strings.HasPrefix(r.Coverage, "100") {
			value += " of " + r.Coverage
		}
		out = append(out, figure{"up in " + r.Window, value, "#uptime"})
	}
	return out
}

// pastParts makes the parts of the page that are about the past.
func (s *Server) pastParts(c *composer, st *health.State, p *past, query url.Values) *pastParts {
	name := st.Spec.Name
	out := &pastParts{
		LeftOut: at(p.from, c.now), Window: day.Key, JSON: apiPath + checkPagePath(name) + "/history",
		AllLink: linkTo(incidentsPath, url.Values{}, "check", name),
		Bars: []bars{
			p.bars("90 days", history.Days(c.now.Local(), 90), "Mon 2 Jan", "2 Jan"),
			p.bars("24 hours", history.Steps(c.now, 15*time.Minute, 96), "15:04", "15:04"),
		},
	}
	shown := day
	for _, w := range spans() {
		if w.Key == query.Get("window") {
			shown, out.Window = w, w.Key
		}
		out.Rows = append(out.Rows, p.row(w))
	}
	for _, w := range spans() {
		key := w.Key
		if w == day {
			key = ""
		}
		out.Windows = append(out.Windows, windowLink{w.Key, linkTo(checkPagePath(name), query, "window", key) + "#latency", w == shown})
	}
	out.Plot = p.plot(shown)
	out.Incidents = s.incidentsOf(c, p)
	items := c.changeItems(p.changes)
	out.Items = items[:min(len(items), pastItems)]
	out.Older = items[len(out.Items):]
	return out
}

// row sums a window up.
func (p *past) row(w window) pastRow {
	u, t := p.measure(w.Span), p.took(w.Span)
	r := pastRow{Window: w.Key, Uptime: share(u.Ratio), Coverage: share(u.Coverage * float64(u.Window) / float64(w.Span)), Answers: t.Count}
	switch {
	case u.Coverage == 0:
		r.Uptime, r.Class = "not observed", unclear.Class
	case u.Down > 0:
		r.Down = lasted(time.Duration(u.Down))
	}
	if r.Outages = "none"; u.Outages > 0 {
		r.Outages = plural(u.Outages, "outage")
	}
	if t.Count > 0 {
		r.Median, r.P95, r.P99, r.Max = answerTime(t.P50), answerTime(t.P95), answerTime(t.P99), answerTime(t.Max)
	}
	return r
}

// incidentsOf lists the newest incidents of one check's past.
func (s *Server) incidentsOf(c *composer, p *past) []incidentRow {
	all := history.Incidents(p.changes)
	var out []incidentRow
	for i := len(all) - 1; i >= 0 && len(out) < pastIncidents; i-- {
		s.acknowledged(&all[i])
		out = append(out, c.incidentRow(&all[i]))
	}
	return out
}

// changeItems lists changes, the newest first.
func (c *composer) changeItems(changes []event.Recorded) []item {
	var out []item
	for i := len(changes) - 1; i >= 0 && len(out) < pastItems+pastOlder; i-- {
		it := c.changeItem(&changes[i])
		it.Subject, it.Link = changeWord(changes[i].Change), ""
		for _, sep := range []string{", ", ": "} {
			it.Text = strings.TrimPrefix(it.Text, it.Subject+sep)
		}
		out = append(out, it)
	}
	return out
}
