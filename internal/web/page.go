package web

import (
	"bytes"
	"net/http"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
	"github.com/portreeve/portreeve/internal/port"
)

// A page is everything that the machine page shows, in its order.
type page struct {
	Machine  string
	System   string // operating system
	Up       moment
	Looked   moment
	Stamp    string // of the view: a script asks for the page again when it has moved on
	Zone     string
	Version  string
	Source   string
	Icon     string
	Verdict  verdict
	Strips   []strip
	More     string // problems that got no strip of their own
	Form     form
	Ports    listenerTable
	Traffic  traffic
	Checks   *checkTable // nil without checks
	Timeline timeline
	Blind    []blind
	Refresh  int
	Reload   string // link: this page, reloading itself
	Metrics  bool
	Past     bool // whether there is a page of incidents
}

// A form is the filter's, with the rest of the state in hidden fields.
type form struct {
	Filter   string
	Keep     []change
	Clear    string // link
	Mistakes []mistake
}

// Key and Value are for templates.
func (c change) Key() string   { return c.key }
func (c change) Value() string { return c.value }

// A blind spot is something that could not be seen, why, and what would help.
type blind struct{ Text, Hint string }

// A composer makes the parts of one page.
type composer struct {
	view    *board.View
	query   query
	now     time.Time
	summary board.Summary
	own     func(health.Target) bool     // whether a target is a port of this machine
	checks  map[uint16][]*health.State   // those that are, by port
	shown   map[string]bool              // the checks that are on this page
	acked   map[string]*history.Incident // outages that somebody looks after, by check
	untold  []strip                      // what people could not be told
	roll    Roll                         // of who signed up; nil: nobody can

	acts       bool // whether people may ask for something
	refreshing bool // for the page's own script, which keeps the details of folded rows
}

func newComposer(v *board.View, q query, now time.Time) *composer {
	return &composer{view: v, query: q, now: now, summary: v.Summary(), own: ownTargets(v), checks: checksByPort(v)}
}

// refreshHeader is how the page's script says that it has the page already.
const refreshHeader = "Portreeve-Refresh"

func (s *Server) servePage(w http.ResponseWriter, r *http.Request) {
	v := s.board.View()
	c := newComposer(v, parseQuery(r.URL.Query()), time.Now())
	c.roll = s.roll()
	c.refreshing = r.Header.Get(refreshHeader) != ""
	c.acked, c.untold = s.openByCheck(r, v), s.alertStrips(c.now)
	setLookedAt(w.Header(), v.Look.ListenersAt)
	s.render(w, r, "page.html", c.page(&s.options))
}

func (c *composer) page(o *Options) *page {
	v, q := c.view, c.query
	picked := pick(v, q)
	var checks *checkTable // first, for others link to what is on the page
	if c.summary.Checks > 0 {
		t := c.checkTable()
		checks = &t
	}
	p := &page{
		Machine: foreign.Text(v.Machine.Host).Clip(nameRunes), System: v.Machine.OS.Clip(nameRunes), Up: ago(v.Machine.BootedAt, c.now),
		Looked: at(v.Look.ListenersAt, c.now), Stamp: stamp(v), Zone: zone(c.now), Version: o.Version, Source: v.Source,
		Verdict: c.verdict(), Form: c.form(), Ports: c.listenerTable(picked), Traffic: c.traffic(picked),
		Checks: checks, Timeline: c.timeline(picked), Blind: blindSpots(v.Degraded, o.Notices), Refresh: q.refresh, Metrics: o.Metrics != nil, Past: o.History != nil,
		Reload: q.link(change{"refresh", "5"}),
	}
	p.Strips, p.More = c.strips()
	p.Icon = "icon-" + p.Verdict.Mark.Class + ".svg"
	return p
}

func (c *composer) form() form {
	q := c.query
	f := form{Filter: q.filterText, Clear: q.link(change{"filter", ""}, change{"page", "1"}) + "#ports", Keep: q.keep("filter", "page")}
	f.Mistakes = slices.DeleteFunc(slices.Clone(q.mistakes), func(m mistake) bool { return ofChecks(m) && c.summary.Checks > 0 })
	return f
}

func blindSpots(lists ...[]port.Degraded) []blind {
	var out []blind
	for _, list := range lists {
		for _, d := range list {
			out = append(out, blind{foreign.Text(d.Text).String(), foreign.Text(d.Hint).String()})
		}
	}
	return out
}

// maxBuffer bounds the buffers that are kept for the next page.
const maxBuffer = 1 << 20

// render writes a page made of a template. The buffer makes sure that a page
// which cannot be rendered is an error, not half a page.
func (s *Server) render(w http.ResponseWriter, r *http.Request, name string, data any) {
	buf, _ := s.buffers.Get().(*bytes.Buffer)
	if buf == nil {
		buf = new(bytes.Buffer)
	}
	buf.Reset()
	defer func() {
		if buf.Cap() <= maxBuffer { // one big page must not be held for ever
			s.buffers.Put(buf)
		}
	}()
	if err := s.pages.ExecuteTemplate(buf, name, data); err != nil {
		s.log.Error("web: render page", "err", err)
		p := problem{Status: http.StatusInternalServerError, Detail: "This page could not be rendered; the log says why."}
		p.serve(w, r)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/html; charset=utf-8")
	h.Set("Cache-Control", "no-store")
	if r.Method != http.MethodHead {
		w.Write(buf.Bytes())
	}
}
