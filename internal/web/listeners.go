package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// pageRows is how many listeners one page shows.
const pageRows = 50

// A listenerTable is the heart of the page: one row per service port.
type listenerTable struct {
	Columns    []column
	Rows       []row
	Matching   int
	Total      int
	First      int // of the rows shown, from 1
	Last       int
	Previous   string // link; empty on the first page
	Next       string
	ShowChecks bool
	Filtered   bool
}

// A column is a heading, and the link that sorts by it.
type column struct {
	Label, Class, Title, Link string
	Sorted                    string // "ascending", "descending"
}

// listenerTable makes the table of the rows that q picks.
func (c *composer) listenerTable(picked []port.Listener) listenerTable {
	q := c.query
	pages := max(1, (len(picked)+pageRows-1)/pageRows)
	page := min(q.page, pages)
	first := (page - 1) * pageRows
	shown := picked[first:min(first+pageRows, len(picked))]
	t := listenerTable{
		Columns: c.columns(), Matching: len(picked), Total: len(c.view.Listeners) + len(c.view.Unheld()),
		First: min(first+1, len(picked)), Last: first + len(shown), ShowChecks: len(c.checks) > 0,
		Filtered: q.filter.String() != "",
	}
	if page > 1 {
		t.Previous = q.link(change{"page", fmt.Sprint(page - 1)}) + "#ports"
	}
	if page < pages {
		t.Next = q.link(change{"page", fmt.Sprint(page + 1)}) + "#ports"
	}
	t.Rows = make([]row, len(shown))
	for i := range shown {
		t.Rows[i] = c.row(&shown[i])
		if r := &t.Rows[i]; i >= toldDetails && r.Detail != nil && !r.Open {
			r.Detail, r.Unfold = nil, c.unfold(r.ID)
		}
	}
	return t
}

// pick returns the rows that the filter picks in the order asked for, watched
// ports that nobody holds among them: in the order of urgency they come after
// the warnings.
func pick(v *board.View, q query) []port.Listener {
	rows := slices.Clip(v.Listeners)
	for _, p := range v.Unheld() {
		rows = append(rows, unheld(v, p))
	}
	rows = q.order.Sort(q.filter.Select(rows))
	if q.order == "" {
		slices.SortStableFunc(rows, func(a, b port.Listener) int { return cmp.Compare(urgency(&b), urgency(&a)) })
	}
	return rows
}

// unheld is a row's stand-in for a watched port that nobody holds. Connections
// may outlive their listener, so it has them too.
func unheld(v *board.View, p uint16) port.Listener {
	l := port.Listener{ID: fmt.Sprintf("tcp/%d/unheld", p), Proto: port.TCP, Port: p, NetNS: v.NetNS}
	for _, c := range v.ConnectionsByPort(p) {
		l.Connections = port.Traffic{Counts: c.Total, Counted: true, Clients: c.Clients.Distinct, Top: c.Clients.Top}
	}
	return l
}

func isUnheld(l *port.Listener) bool { return len(l.Binds) == 0 }

// urgency is the page's: an unknown owner alone lifts no row.
func urgency(l *port.Listener) int {
	switch {
	case l.State == port.Trouble:
		return 3
	case l.State == port.Warning:
		return 2
	case isUnheld(l):
		return 1
	}
	return 0
}

// columns returns the headings. A click sorts by the column, the next one the
// other way round, the third goes back to problems first.
func (c *composer) columns() []column {
	all := []struct{ key, label, class, title string }{
		{"port", "Port", "", ""}, {"bind", "Bound to", "", "From where it can be reached"}, {"service", "Service", "", ""},
		{"owner", "Held by", "", "Process, pid, user"}, {"up", "Up", "n", "Since the process started"}, {"-connections", "Connections", "n", "Established and accepted"},
		{"", "Last hour", "", "Most connections in each minute"}, {"-clients", "Busiest client", "", "And how many others there are"},
		{"-queue", "Queue", "n", "Connections waiting for accept / the limit"},
	}
	out := make([]column, 0, len(all)+1)
	for _, a := range all {
		col := column{Label: a.label, Class: a.class, Title: a.title}
		if a.key != "" {
			col.Link, col.Sorted = c.sortLink(a.key)
		}
		out = append(out, col)
	}
	return out
}

func (c *composer) sortLink(first string) (link, sorted string) {
	next, sorted := turn(string(c.query.order), first)
	return c.query.link(change{"sort", next}, change{"page", "1"}) + "#ports", sorted
}

// turn returns the order that a click on a column leads to, given the order
// that it has first, and how the column is sorted now.
func turn(order, first string) (next, sorted string) {
	key := strings.TrimPrefix(first, "-")
	second := key
	if first == key {
		second = "-" + key
	}
	next = first
	switch order {
	case first:
		next = second
	case second:
		next = ""
	}
	switch order {
	case key:
		sorted = "ascending"
	case "-" + key:
		sorted = "descending"
	}
	return next, sorted
}

// upSince returns since when a listener has been there, and whether that is
// all we know: a process whose start is hidden is at least as old as our first
// sight of it.
func upSince(l *port.Listener) (since time.Time, atLeast bool) {
	if p := l.Owner.Leader; p != nil && !p.StartedAt.IsZero() {
		return p.StartedAt, false
	}
	return l.FirstSeen, true
}
