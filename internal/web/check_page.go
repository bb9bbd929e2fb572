package web

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

// A checkPage is everything that is known of one check: what is believed, what
// to do, how it has been.
type checkPage struct {
	frame
	Name   string
	About  string // its title
	Mark   mark
	Tags   []cell
	Since  moment
	Facts  []figure
	Strips []strip
	Target cell
	Heard  bool // it is not asked, but sends heartbeats
	Answer cell
	Took   string
	Asked  moment
	Detail *checkDetail

	Actions []action
	Blind   string // why there is no past
	Past    *pastParts
}

func (s *Server) serveCheckPage(w http.ResponseWriter, r *http.Request) {
	v, now, name := s.board.View(), time.Now(), r.PathValue("name")
	st := v.FindCheck(name)
	if st == nil {
		p := problem{Status: http.StatusNotFound, Detail: "There is no such check.", Hint: sentence(unknownCheck(v, clipped(name)))}
		p.serve(w, r)
		return
	}
	c := &composer{view: v, query: plainQuery(), now: now, own: ownTargets(v), acts: s.options.Registry != nil, roll: s.roll()}
	p := s.checkPage(r, c, st)
	setLookedAt(w.Header(), v.Look.ListenersAt)
	s.render(w, r, "check.html", p)
}

// checkPage makes the page of st as r asks for it.
func (s *Server) checkPage(r *http.Request, c *composer, st *health.State) *checkPage {
	query := only(r.URL.Query(), "window", "refresh")
	m := stateMark(st)
	row := c.checkRow(st, false)
	p := &checkPage{
		frame: s.frame(c.view, m, st.Spec.Name+" is "+m.Word, checkPagePath(st.Spec.Name), query, c.now),
		Name:  st.Spec.Name, About: clipped(st.Spec.Title), Mark: m, Tags: row.Tags, Since: row.Since,
		Target: row.Target, Heard: isPush(st.Spec), Answer: row.Answer, Took: row.Took, Asked: row.Asked, Detail: c.checkDetail(st),
	}
	if isOpen(st) {
		p.Since = moment{lasted(c.now.Sub(st.Down)), at(st.Down, c.now).ISO}
	}
	var known *past
	if s.options.History != nil {
		var err error
		if known, err = s.readPast(r.Context(), st.Spec.Name, c.now); err != nil {
			s.tellBlind(r.Context(), err, "check", st.Spec.Name)
			p.Blind = "The journal cannot be read now, so nothing is said of how this check was. The log says why."
		}
	}
	open := s.openOf(r, st)
	p.Strips = c.checkPageStrips(st, known, open)
	if p.Blind == "" && known != nil {
		p.Past = s.pastParts(c, st, known, query)
		p.Past.Heard = p.Heard
		p.Facts = uptimeFigures(p.Past.Rows)
	}
	if s.options.Registry != nil && !board.IsSelf(st) {
		p.Actions = checkActions(newDoer(r), st, open)
	}
	return p
}

// openOf returns the open incident of a check; nil when there is none.
func (s *Server) openOf(r *http.Request, st *health.State) *history.Incident {
	if !isOpen(st) {
		return nil
	}
	open, _ := s.openIncidents(r.Context(), &board.View{Checks: []*health.State{st}}, incidentQuery{limit: 1})
	return &open[0]
}

func checkActions(d doer, st *health.State, open *history.Incident) []action {
	var out []action
	if open != nil && open.Key != "" {
		out = append(out, d.acknowledge(open))
	}
	out = append(out, d.pause(st), d.plan(st.Spec.Name))
	if st.Spec.Origin.Registered() {
		out = append(out, d.signOff(st.Spec.Name))
	}
	return out
}

// checkPageStrips say what is with a check, and what to do.
func (c *composer) checkPageStrips(st *health.State, known *past, open *history.Incident) []strip {
	var out []strip
	s := strip{Mark: caution, Kind: worry(st)}
	if s.Kind == "" && board.IsSelf(st) && board.Urgency(st) > 0 {
		s.Mark, s.Kind = blinded, blinded.Word
	}
	if s.Kind == "down" {
		s.Mark = trouble
	}
	if s.Kind != "" {
		c.fill(&s, st)
		s.Link = ""
		acknowledge(&s, open)
		out = append(out, s)
	}
	out = append(out, c.registrationStrips(st)...)
	for _, o := range st.Overlays {
		if o != health.Flapping && o != health.Stale {
			out = append(out, c.overlayStrip(o, known))
		}
	}
	return out
}

// overlayStrip says what an overlay means, and who asked for it.
func (c *composer) overlayStrip(o health.Overlay, known *past) strip {
	s := strip{Mark: unclear, Kind: strings.ToLower(string(o)), Text: overlayMeaning(o) + "."}
	if o == health.Paused {
		s.Mark.Shape = "‖"
	}
	if known == nil {
		return s
	}
	for _, r := range slices.Backward(known.changes) {
		if r.Change.Overlay != o {
			continue
		}
		if !r.Change.Ended {
			s.Since, s.Text = at(r.At, c.now), s.Text+byWhom(r.Change)
		}
		return s
	}
	return s
}

// byWhom says who asked for an overlay, and why.
func byWhom(ch *health.Change) string {
	text := ""
	if ch.By == health.AfterOutage {
		text = " It had been down for too long."
	} else if ch.By != "" {
		text = " By " + ch.By.Clip(nameRunes)
		if ch.Text != "" {
			text += ": " + ch.Text.Clip(160)
		}
		text += "."
	} else if ch.Text != "" {
		text = " " + ch.Text.Clip(160)
	}
	return text
}
