package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// An incidentsPage lists outages, maintenance, and what could not be told.
type incidentsPage struct {
	frame
	Mark     mark
	Head     string
	Check    string // of which it lists alone
	States   []windowLink
	Rows     []incidentRow
	Next     string // link
	First    string // link: to the beginning of the list
	Blind    string
	Mistakes []mistake
	Alerts   []strip
	Windows  []windowRow
	Actions  []action
}

// A windowRow is a time of maintenance.
type windowRow struct {
	Mark   mark
	When   string
	Edge   moment // when it ends, or begins
	Checks string
	Why    string
	By     string
	End    *action
}

// incidentRows is how many incidents one page lists.
const incidentRows = 50

func (s *Server) serveIncidents(w http.ResponseWriter, r *http.Request) {
	v, now := s.board.View(), time.Now()
	c := &composer{view: v, query: plainQuery(), now: now, acts: s.options.Registry != nil}
	p := s.incidentsPage(r, c)
	setLookedAt(w.Header(), v.Look.ListenersAt)
	s.render(w, r, "incidents.html", p)
}

func (s *Server) incidentsPage(r *http.Request, c *composer) *incidentsPage {
	query := only(r.URL.Query(), "check", "state", "cursor", "refresh")
	open := 0
	for _, st := range c.view.Checks {
		if isOpen(st) && !board.IsSelf(st) {
			open++
		}
	}
	p := &incidentsPage{Mark: fine, Head: "No outage is under way", Check: query.Get("check"), Alerts: s.alertStrips(c.now)}
	if open > 0 {
		p.Mark, p.Head = trouble, plural(open, "outage")+" under way"
	}
	p.frame = s.frame(c.view, p.Mark, p.Head, incidentsPath, query, c.now)
	q := p.parse(query)
	for _, state := range incidentStates() {
		value := state
		if state == stateAll {
			value = ""
		}
		without := only(query, "check", "refresh")
		p.States = append(p.States, windowLink{state, linkTo(incidentsPath, without, "state", value), state == q.state})
	}
	p.list(r, s, c, query, q)
	if s.options.Registry != nil {
		d := newDoer(r)
		p.Windows = s.windowRows(c, d)
		p.Actions = []action{d.plan()}
	}
	return p
}

// parse reads what to list. What cannot be used is left out, and named.
func (p *incidentsPage) parse(query url.Values) incidentQuery {
	q := incidentQuery{check: p.Check, state: stateAll, limit: incidentRows}
	if state := query.Get("state"); slices.Contains(incidentStates(), state) {
		q.state = state
	} else if state != "" {
		p.Mistakes = append(p.Mistakes, mistake{"state", fmt.Sprintf("unknown state %q", clipped(state)), "states are " + strings.Join(incidentStates(), ", ")})
	}
	var err error
	if q.place, err = parsePlace(query.Get("cursor")); err != nil {
		p.Mistakes = append(p.Mistakes, mistake{"cursor", err.Error(), "follow the links at the end of a list"})
	}
	return q
}

// list reads the incidents.
func (p *incidentsPage) list(r *http.Request, s *Server, c *composer, query url.Values, q incidentQuery) {
	items, next, err := s.incidents(r.Context(), c.view, q)
	if err != nil {
		s.tellBlind(r.Context(), err)
		p.Blind = "The journal cannot be read now, so what is over is not listed. The log says why."
	}
	for i := range items {
		p.Rows = append(p.Rows, c.incidentRow(&items[i]))
	}
	if next != nil && len(items) > 0 {
		p.Next = linkTo(incidentsPath, query, "cursor", next.String())
	}
	if query.Get("cursor") != "" {
		p.First = linkTo(incidentsPath, query, "cursor", "")
	}
}

// windowRows lists maintenance that is now or to come.
func (s *Server) windowRows(c *composer, d doer) []windowRow {
	var out []windowRow
	for _, w := range s.windowItems(c.now) {
		r := windowRow{
			Mark: mark{"◇", "to come", unclear.Class}, When: "begins", Edge: at(w.Next, c.now), Checks: "all checks",
			Why: clipped(w.Why), By: clipped(w.By),
		}
		if w.Present {
			r.Mark, r.When = mark{"◆", "now", caution.Class}, "ends"
		}
		if len(w.Checks) > 0 {
			r.Checks = foreign.Text(strings.Join(w.Checks, ", ")).Clip(160)
		}
		if !w.Weekly.IsZero() {
			r.When = "every " + w.Weekly.String() + ", " + r.When
		}
		if w.ID != "" {
			end := d.unplan(&w.Window)
			r.End = &end
		} else {
			r.By = "configuration"
		}
		out = append(out, r)
	}
	return out
}

// clipped makes a text safe to look at, and short.
func clipped(text string) string { return foreign.Text(text).Clip(160) }

// openByCheck returns the open incidents that somebody looks after, by check.
func (s *Server) openByCheck(r *http.Request, v *board.View) map[string]*history.Incident {
	if s.options.Registry == nil || s.options.History == nil {
		return nil
	}
	var open []*health.State
	for _, st := range v.Checks {
		if isOpen(st) {
			open = append(open, st)
		}
	}
	out := map[string]*history.Incident{}
	for check, begun := range s.openings.find(r.Context(), open, openingFew) {
		if a, ok := s.options.Registry.Acknowledged(begun.Key()); ok {
			out[check] = &history.Incident{Key: begun.Key(), Check: check, Ack: &a}
		}
	}
	return out
}
