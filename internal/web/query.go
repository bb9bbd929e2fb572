package web

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// A query is the state of the page, all of it in the URL, so that a link shows
// a colleague the same thing.
type query struct {
	filterText string // as it was written, wrong or not
	filter     port.Filter
	order      port.Order
	open       []string // ids of unfolded rows
	page       int      // from 1
	window     window
	refresh    int // seconds; 0: not without a script
	mistakes   []mistake
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
	maxOpen = 50
	maxID   = 32
)

// parseQuery reads the state out of a URL.
func parseQuery(v url.Values) query {
	q := query{filterText: strings.TrimSpace(v.Get("filter")), page: 1, window: day}
	if len(q.filterText) > maxFilter {
		q.mistakes = append(q.mistakes, mistake{"filter", "longer than " + strconv.Itoa(maxFilter) + " characters", "leave some terms out"})
		q.filterText = ""
	}
	var err error
	if q.filter, err = port.ParseFilter(q.filterText); err != nil {
		q.wrong("filter", err)
	}
	if q.order, err = port.ParseOrder(v.Get("sort")); err != nil {
		q.wrong("sort", err)
	}
	if open := v.Get("open"); open != "" {
		q.open = strings.Split(open, ",")
		q.open = slices.DeleteFunc(q.open[:min(len(q.open), maxOpen)], func(id string) bool { return len(id) > maxID })
	}
	q.page = q.number(v, "page", 1, 1<<20, "pages are numbered from 1")
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

// link returns the URL of the page with q's state but for the changes.
// Whatever is as it would be without saying is left out.
func (q query) link(changes ...change) string {
	state := []change{
		{"filter", q.filterText}, {"sort", string(q.order)}, {"window", q.window.Key},
		{"page", strconv.Itoa(q.page)}, {"open", strings.Join(q.open, ",")}, {"refresh", strconv.Itoa(q.refresh)},
	}
	var b strings.Builder
	b.WriteString("/")
	for _, c := range state {
		for _, d := range changes {
			if d.key == c.key {
				c.value = d.value
			}
		}
		if c.value == "" || c.value == unsaid[c.key] {
			continue
		}
		b.WriteByte("?&"[min(b.Len()-1, 1)])
		b.WriteString(c.key + "=" + legible.Replace(url.QueryEscape(c.value)))
	}
	return b.String()
}

var unsaid = map[string]string{"window": day.Key, "page": "1", "refresh": "0"}

// legible gives back what may stand in a query as it is (RFC 3986, section
// 3.4), so that people can read and change the address.
var legible = strings.NewReplacer("%3A", ":", "%2F", "/", "%2C", ",")

// opened reports whether the row is unfolded.
func (q query) opened(id string) bool { return slices.Contains(q.open, id) }
