package web

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// A query is the state of the page, all of it in the URL, so that a link shows
// a colleague the same thing.
type query struct {
	filterText string // as it was written, wrong or not
	filter     port.Filter
	order      port.Order
	page       int // from 1

	checksText string // the checks' filter, order and page
	checks     board.CheckFilter
	checkOrder board.CheckOrder
	checkPage  int

	open     []string // ids of unfolded rows
	window   window
	refresh  int // seconds; 0: not without a script
	mistakes []mistake
}

// A mistake is a part of the URL that could not be used. The page is shown
// without it.
type mistake struct{ Field, Reason, Hint string }

// A window is how far back the timeline goes.
type window struct {
	Key  string
	Span time.Duration
}

func windows() []window {
	return []window{{"1h", time.Hour}, {"6h", 6 * time.Hour}, {"24h", 24 * time.Hour}, {"7d", 7 * 24 * time.Hour}}
}

var day = windows()[2]

// maxRefresh is the longest reload interval, in seconds.
const maxRefresh = 3600

// maxFilter bounds the length of a filter: each term is tried on every row.
const maxFilter = 500

// Bounds of the unfolded rows that a URL can name, for every link of the page
// repeats them: how many, and how long a row's id is at most.
const (
	maxOpen = 30
	maxID   = len(checkID) + 63
)

// plainQuery is the state of the page as it is without saying anything.
func plainQuery() query { return query{page: 1, checkPage: 1, window: day} }

// parseQuery reads the state out of a URL.
func parseQuery(v url.Values) query {
	q := plainQuery()
	var err error
	q.filterText = q.text(v, "filter")
	if q.filter, err = port.ParseFilter(q.filterText); err != nil {
		q.wrong("filter", err)
	}
	if q.order, err = port.ParseOrder(v.Get("sort")); err != nil {
		q.wrong("sort", err)
	}
	q.page = q.number(v, "page", 1, 1<<20, "pages are numbered from 1")
	q.parseChecks(v)
	if open := v.Get("open"); open != "" {
		q.open = strings.Split(open, ",")
		q.open = slices.DeleteFunc(q.open[:min(len(q.open), maxOpen)], func(id string) bool { return len(id) > maxID })
	}
	q.refresh = q.number(v, "refresh", 0, maxRefresh, "seconds between two reloads are 1 to 3600")
	if key := v.Get("window"); key != "" {
		i := slices.IndexFunc(windows(), func(w window) bool { return w.Key == key })
		if i < 0 {
			q.mistakes = append(q.mistakes, mistake{"window", fmt.Sprintf("unknown window %q", key), "windows are 1h, 6h, 24h, 7d"})
			return q
		}
		q.window = windows()[i]
	}
	return q
}

// parseChecks reads the state of the section of checks.
func (q *query) parseChecks(v url.Values) {
	var err error
	q.checksText = q.text(v, "checks")
	if q.checks, err = board.ParseCheckFilter(q.checksText); err != nil {
		q.wrong("checks", err)
	}
	if q.checkOrder, err = board.ParseCheckOrder(v.Get("checks_sort")); err != nil {
		q.wrong("checks_sort", err)
	}
	q.checkPage = q.number(v, "checks_page", 1, 1<<20, "pages are numbered from 1")
}

// text reads a filter's text, unless it is too long.
func (q *query) text(v url.Values, key string) string {
	text := strings.TrimSpace(v.Get(key))
	if len(text) > maxFilter {
		q.mistakes = append(q.mistakes, mistake{key, "longer than " + strconv.Itoa(maxFilter) + " characters", "leave some terms out"})
		return ""
	}
	return text
}

func (q *query) wrong(field string, err error) {
	m := mistake{Field: field, Reason: err.Error()}
	var fe *port.FilterError
	if errors.As(err, &fe) {
		m = mistake{field, fe.Reason, fe.Advice}
	}
	q.mistakes = append(q.mistakes, m)
}

// number reads a number from none, which stands for nothing given, to most.
func (q *query) number(v url.Values, key string, none, most int, hint string) int {
	text := v.Get(key)
	if text == "" {
		return none
	}
	n, err := strconv.Atoi(text)
	if err != nil || n < 1 || n > most {
		q.mistakes = append(q.mistakes, mistake{key, fmt.Sprintf("%q is no such number", text), hint})
		return none
	}
	return n
}

// A change is one piece of state that a link sets; the empty value takes it
// away.
type change struct{ key, value string }

// state returns all of q. What is as it would be without saying is empty.
func (q query) state() []change {
	state := []change{
		{"filter", q.filterText}, {"sort", string(q.order)}, {"window", q.window.Key}, {"page", strconv.Itoa(q.page)},
		{"checks", q.checksText}, {"checks_sort", string(q.checkOrder)}, {"checks_page", strconv.Itoa(q.checkPage)},
		{"open", strings.Join(q.open, ",")}, {"refresh", strconv.Itoa(q.refresh)},
	}
	for i, c := range state {
		state[i].value = said(c)
	}
	return state
}

// said returns a change's value, unless that is so without saying.
func said(c change) string {
	usual := ""
	switch c.key {
	case "page", "checks_page":
		usual = "1"
	case "refresh":
		usual = "0"
	case "window":
		usual = day.Key
	}
	if c.value == usual {
		return ""
	}
	return c.value
}

// keep returns the state that a form has to keep: all but what it sets, and
// what is unfolded.
func (q query) keep(but ...string) []change {
	return slices.DeleteFunc(q.state(), func(c change) bool { return c.value == "" || c.key == "open" || slices.Contains(but, c.key) })
}

// link returns the URL of the page with q's state but for the changes.
func (q query) link(changes ...change) string {
	var b strings.Builder
	b.WriteString("/")
	for _, c := range q.state() {
		for _, d := range changes {
			if d.key == c.key {
				c.value = said(d)
			}
		}
		if c.value == "" {
			continue
		}
		b.WriteByte("?&"[min(b.Len()-1, 1)])
		b.WriteString(c.key + "=" + legible.Replace(url.QueryEscape(c.value)))
	}
	return b.String()
}

// legible gives back what may stand in a query as it is (RFC 3986, section
// 3.4), so that people can read and change the address.
var legible = strings.NewReplacer("%3A", ":", "%2F", "/", "%2C", ",")

// opened reports whether the row is unfolded.
func (q query) opened(id string) bool { return slices.Contains(q.open, id) }
