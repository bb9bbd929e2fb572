package compat

import (
	"cmp"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// perPage is how many apps are told at once.
const perPage = 100

// A survey is one page of all apps that have signed up, those in trouble first,
// with how all of them are.
type survey struct {
	Time   time.Time `json:"time"`
	Counts counts    `json:"counts"`
	Page   int       `json:"page"`
	Pages  int       `json:"pages"`
	Apps   []app     `json:"apps"`

	mine bool // the caller's own alone
	host string
}

// counts say how the apps are.
type counts struct {
	All       int `json:"all"`
	Yours     int `json:"yours"`
	Down      int `json:"down"`
	Degrading int `json:"degrading"`
	Up        int `json:"up"`
	Unknown   int `json:"unknown"`
	Paused    int `json:"paused"` // these count as nothing else
	Crashing  int `json:"crash_loops"`
}

// status tells how all apps are: as a page, as JSON, or as plain text.
func (s *server) status(w http.ResponseWriter, r ask) *refusal {
	query := r.URL.Query()
	v, no := s.look(r, query)
	if no != nil {
		return no
	}
	w.Header().Set("Vary", "Accept")
	switch {
	case wants(r.Request, "text/html"):
		s.page(w, http.StatusOK, "status.html", s.statusPage(r, v, query))
	case wants(r.Request, "application/json"):
		writeJSON(w, v)
	default:
		writeText(w, v.Apps)
		writeTurn(w, v)
	}
	return nil
}

// look makes a survey when nobody else does. Who takes his answer slowly keeps
// nobody waiting: it is written afterwards.
func (s *server) look(r ask, query url.Values) (survey, *refusal) {
	select {
	case s.looking <- struct{}{}:
		defer func() { <-s.looking }()
		return s.survey(r.by, query, time.Now()), nil
	case <-r.Context().Done():
		return survey{}, &refusal{status: http.StatusServiceUnavailable, detail: "Too many are looking."}
	}
}

// wants reports whether r asks for a media type by name.
func wants(r *http.Request, kind string) bool { return strings.Contains(r.Header.Get("Accept"), kind) }

// survey counts all apps, and describes those of one page.
func (s *server) survey(by registration.Caller, query url.Values, now time.Time) survey {
	regs, view := s.Registrar.Registrations(), s.Board.View()
	v := survey{Time: now, mine: query.Get("show") == "mine", host: view.Machine.Host}
	entries := make([]entry, 0, len(regs))
	for i := range regs {
		e := entryOf(&regs[i], view, now)
		e.yours = e.of.OwnedBy(by)
		v.Counts.add(e)
		if e.yours || !v.mine {
			entries = append(entries, e)
		}
	}
	slices.SortFunc(entries, func(a, b entry) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), strings.Compare(calledOf(a.of), calledOf(b.of)), strings.Compare(a.of.Spec.Name, b.of.Spec.Name))
	})
	v.Pages = max(1, (len(entries)+perPage-1)/perPage)
	n, _ := strconv.Atoi(query.Get("page"))
	v.Page = min(max(1, n), v.Pages)
	shown := entries[(v.Page-1)*perPage : min(v.Page*perPage, len(entries))]
	v.Apps = make([]app, len(shown))
	for i, e := range shown {
		v.Apps[i] = describe(e.of, view, by, now)
	}
	return v
}

// A rank orders apps: the worst first.
type rank int

const (
	rankDown rank = iota
	rankTrouble
	rankUnknown
	rankUp
	rankPaused
)

// An entry is an app in the order of a survey.
type entry struct {
	of    *registration.Registration
	rank  rank
	loop  bool
	yours bool
	st    health.Status
}

func entryOf(r *registration.Registration, v *board.View, now time.Time) entry {
	e := entry{of: r, rank: rankUnknown, loop: r.CrashLoop(now), st: health.Unknown}
	st := stateOf(r, v)
	if st != nil {
		e.st = st.Status
	}
	switch {
	case st != nil && st.Has(health.Paused):
		e.rank = rankPaused
	case e.st == health.Unhealthy:
		e.rank = rankDown
	case e.st == health.Degrading, e.loop, unaskedOf(r):
		e.rank = rankTrouble
	case e.st == health.Healthy:
		e.rank = rankUp
	}
	return e
}

// add counts one app.
func (c *counts) add(e entry) {
	c.All++
	if e.yours {
		c.Yours++
	}
	if e.loop {
		c.Crashing++
	}
	switch {
	case e.rank == rankPaused:
		c.Paused++
	case e.st == health.Unhealthy:
		c.Down++
	case e.st == health.Degrading:
		c.Degrading++
	case e.st == health.Healthy:
		c.Up++
	default:
		c.Unknown++
	}
}
