package web

import (
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
)

// A frame is what stands around a page that is about one thing: its head, the
// way back, and the foot.
type frame struct {
	Title   string
	Icon    string
	Machine string
	Stamp   string // of the view, as the machine page has it
	Looked  moment
	Zone    string
	Version string
	Metrics bool
	Refresh int
	Reload  string // link: this page, reloading itself
	HasPast bool   // whether there is a page of incidents
	Acts    bool   // whether the page's visitors may ask for something
}

// frame makes the frame of a page whose state is in query, at a path.
func (s *Server) frame(v *board.View, m mark, title, path string, query url.Values, now time.Time) frame {
	f := frame{
		Title: m.Shape + " " + title, Icon: "icon-" + m.Class + ".svg", Machine: foreign.Text(v.Machine.Host).Clip(nameRunes), Stamp: stamp(v),
		Looked: at(v.Look.ListenersAt, now), Zone: zone(now), Version: s.options.Version, Metrics: s.options.Metrics != nil,
		HasPast: s.options.History != nil, Acts: s.options.Registry != nil,
	}
	if n, err := strconv.Atoi(query.Get("refresh")); err == nil && n > 0 && n <= maxRefresh {
		f.Refresh = n
	}
	f.Reload = linkTo(path, query, "refresh", "5")
	return f
}

// linkTo returns a path with the state of a query but for one change; the empty
// value takes a key away. Keys of which there is no value are left out.
func linkTo(path string, query url.Values, key, value string) string {
	keys := []string{}
	for k := range query {
		if k != key && query.Get(k) != "" {
			keys = append(keys, k)
		}
	}
	if value != "" {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	link := path
	for i, k := range keys {
		v := query.Get(k)
		if k == key {
			v = value
		}
		link += string("?&"[min(i, 1)]) + url.QueryEscape(k) + "=" + legible.Replace(url.QueryEscape(v))
	}
	return link
}

// only returns a query without keys that a page does not know, so that no link
// repeats them.
func only(query url.Values, known ...string) url.Values {
	out := url.Values{}
	for _, k := range known {
		if v := query.Get(k); v != "" && len(v) <= maxFilter {
			out.Set(k, v)
		}
	}
	return out
}

// checkPagePath is where the page of a check is.
func checkPagePath(name string) string { return "/checks/" + url.PathEscape(name) }

// incidentsPath is where the page of incidents is.
const incidentsPath = "/incidents"

// routePages adds the pages that are about one thing.
func (s *Server) routePages(mux *router) {
	mux.HandleFunc("GET /checks/{name}", s.looks(s.serveCheckPage))
	if s.options.History != nil {
		mux.HandleFunc("GET "+incidentsPath, s.looks(s.serveIncidents))
	}
}
