package compat

import (
	"bytes"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A frame is what stands around a page.
type frame struct {
	Title   string
	Icon    string
	Host    string
	Version string
	Zone    string
	Local   bool // the visitor may see the other pages, too
	Refresh int  // seconds; 0: the page stays as it is
}

// A refusalPage is a refusal for people.
type refusalPage struct {
	frame
	Head   string
	Detail string
	Hint   string
	Fields []health.FieldError
	Offer  *offer
}

// A statusPage is a survey for people.
type statusPage struct {
	frame
	Mark    mark
	Verdict string
	Figures []figure
	Said    string // what the visitor has just asked for
	At      moment
	Reload  string // link: the same, reloading itself or not
	Shows   []choice
	Rows    []row
	Turn    string // which page of how many, empty when there is one
	Earlier string // links; empty: none
	Later   string
	Empty   string // said instead of rows
}

// A figure is a number under the verdict.
type figure struct {
	Name  string
	Value int
}

// A choice is one of some views of the page.
type choice struct {
	Label, Link string
	Current     bool
}

func (s *server) frame(r ask, title, class string) frame {
	host := foreign.Text(s.Board.View().Machine.Host).Clip(maxColumn)
	return frame{Title: title, Icon: "icon-" + class + ".svg", Host: host, Version: s.Version, Zone: zone(time.Now()), Local: r.by.Local}
}

// page writes a page whole, or says that it could not be made.
func (s *server) page(w http.ResponseWriter, status int, name string, data any) {
	var b bytes.Buffer
	if err := s.pages.ExecuteTemplate(&b, name, data); err != nil {
		s.Log.Error("page could not be made", "page", name, "err", err)
		http.Error(w, "The page could not be made.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	w.Write(b.Bytes())
}

// refreshEvery is how often the page reloads itself when asked to, in seconds.
const refreshEvery = 5

func (s *server) statusPage(r ask, v survey, query url.Values) statusPage {
	m, verdict := v.Counts.verdict()
	p := statusPage{
		frame: s.frame(r, m.Shape+" "+verdict, m.Class), Mark: m, Verdict: verdict, Figures: v.Counts.figures(), Said: said(query.Get("done")), At: at(v.Time, v.Time),
	}
	show := ""
	if v.mine {
		show = "mine"
	}
	if query.Get("refresh") == strconv.Itoa(refreshEvery) {
		p.Refresh = refreshEvery
	}
	p.Reload = statusLink(show, v.Page, refreshEvery-p.Refresh)
	p.Shows = []choice{
		{fmt.Sprintf("all %d", v.Counts.All), statusLink("", 1, p.Refresh), !v.mine},
		{fmt.Sprintf("%d of your address", v.Counts.Yours), statusLink("mine", 1, p.Refresh), v.mine},
	}
	for i := range v.Apps {
		p.Rows = append(p.Rows, rowOf(&v.Apps[i], v.Time, r.by.Local))
	}
	if v.Pages > 1 {
		p.Turn = fmt.Sprintf("page %d of %d", v.Page, v.Pages)
	}
	if v.Page > 1 {
		p.Earlier = statusLink(show, v.Page-1, p.Refresh)
	}
	if v.Page < v.Pages {
		p.Later = statusLink(show, v.Page+1, p.Refresh)
	}
	p.Empty = emptyWords(v)
	return p
}

func emptyWords(v survey) string {
	if v.mine && v.Counts.All > 0 {
		return "No app has signed up from your address."
	}
	return "No app has signed up yet. One does by POST " + Path + "monitor with appname and url, as the healthchecker client does."
}

// said says what has just been done: it shows in the list within a moment.
func said(d string) string {
	switch done(d) {
	case paused:
		return "The app " + paused.words() + "."
	case resumed:
		return "The app " + resumed.words() + "."
	case stopped:
		return "The app " + stopped.words() + ", until it signs up again."
	}
	return ""
}

// statusLink returns the path of a view of the page.
func statusLink(show string, page, refresh int) string {
	q := url.Values{}
	if show != "" {
		q.Set("show", show)
	}
	if page > 1 {
		q.Set("page", strconv.Itoa(page))
	}
	if refresh > 0 {
		q.Set("refresh", strconv.Itoa(refresh))
	}
	if len(q) == 0 {
		return Path + "status"
	}
	return Path + "status?" + q.Encode()
}

// verdict says how the apps are, in one line.
func (c counts) verdict() (mark, string) {
	switch {
	case c.All == 0:
		return unclear, "No app has signed up"
	case c.Down > 0:
		return bad, fmt.Sprintf("%d of %s %s down", c.Down, apps(c.All), is(c.Down))
	case c.Crashing > 0:
		return caution, fmt.Sprintf("%d of %s %s restarting", c.Crashing, apps(c.All), keep(c.Crashing))
	case c.Degrading > 0:
		return caution, fmt.Sprintf("%d of %s %s degrading", c.Degrading, apps(c.All), is(c.Degrading))
	case c.Up == 0:
		return unclear, fmt.Sprintf("Nothing is known of %s", apps(c.All))
	case c.Up < c.All:
		return fine, fmt.Sprintf("%d of %s %s up", c.Up, apps(c.All), is(c.Up))
	}
	return fine, fmt.Sprintf("%s %s up", apps(c.All), is(c.All))
}

// figures are the numbers that are not nought, besides the one of the verdict.
func (c counts) figures() []figure {
	all := []figure{{"down", c.Down}, {"in a crash loop", c.Crashing}, {"degrading", c.Degrading}, {"up", c.Up}, {"not known", c.Unknown}, {"paused", c.Paused}}
	var out []figure
	for _, f := range all {
		if f.Value > 0 {
			out = append(out, f)
		}
	}
	return out
}

func apps(n int) string {
	if n == 1 {
		return "1 app"
	}
	return fmt.Sprintf("%d apps", n)
}

func is(n int) string {
	if n == 1 {
		return "is"
	}
	return "are"
}

func keep(n int) string {
	if n == 1 {
		return "keeps"
	}
	return "keep"
}
