package web

import (
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/port"
)

// A cell is a value of a row. Class colours it; Title says more on hover.
type cell struct{ Text, Class, Title string }

// A row is one listener as the page shows it.
type row struct {
	ID          string // of the element, and in ?open=
	Mark        mark
	Port        uint16
	UDP         bool
	Elsewhere   bool // in another network namespace
	Scope       cell
	Service     cell
	Also        string // the other ports of its service
	Tags        []cell
	Owner       cell
	Up          moment
	UpAtLeast   bool
	Connections cell
	Waiting     uint32 // for accept
	Spark       *spark
	Client      client
	Queue       cell
	Drops       uint32
	ShowCheck   bool
	Checks      []checkCell
	Open        bool
	Folds       bool    // whether there is more to see; not of a port that nobody holds
	Detail      *detail // nil where it is not told yet, or the page's script keeps what it has
	Unfold      string  // link: the same page with the detail
}

// A client is who has the most connections.
type client struct {
	cell
	Count  uint32
	Limit  uint32 // 0: none configured
	High   uint32 // from where on it is near the limit
	Others string // how many others there are
}

type checkCell struct {
	Mark mark
	Text string
	Name string
	Link string
}

// toldDetails is how many rows of a table bring their details before anybody
// has asked for them.
const toldDetails = 12

// names of services and processes are cut to this many runes in a row; the
// whole stands in the unfolded part.
const nameRunes = 40

// row makes the row of l.
func (c *composer) row(l *port.Listener) row {
	r := row{
		ID: elementID(l.ID), Mark: markOf(l.State), Port: l.Port, UDP: l.Proto == port.UDP, Elsewhere: l.Foreign,
		Spark: c.spark(l), ShowCheck: len(c.checks) > 0, Checks: c.checkCells(l), Open: c.query.opened(elementID(l.ID)),
	}
	r.Connections, r.Waiting = c.connectionsCell(l), l.Connections.Unaccepted
	r.Client = c.clientOf(l)
	if isUnheld(l) {
		return unheldRow(r)
	}
	since, atLeast := upSince(l)
	r.Up, r.UpAtLeast = ago(since, c.now), atLeast
	r.Scope = scopeCell(l)
	r.Service, r.Also = serviceCell(l), also(l)
	r.Owner = ownerCell(&l.Owner)
	r.Queue, r.Drops = queueCell(l), l.Queue.Drops
	for _, p := range l.Problems {
		r.Tags = append(r.Tags, cell{Text: problemKind(p), Class: markOf(p.State()).Class, Title: p.Text()})
	}
	r.Folds = true
	if r.Open || !c.refreshing {
		r.Detail = c.detail(l)
	}
	return r
}

func unheldRow(r row) row {
	r.Mark = absent
	r.Service = cell{Text: "watched", Class: "none", Title: "You asked to watch this port"}
	r.Tags = []cell{{Text: absent.Word, Class: absent.Class}}
	r.Owner = cell{Text: "nobody", Class: "none"}
	r.Queue = cell{Text: "none", Class: "none"}
	return r
}

// unfold leads to the page as it is, but with a row unfolded.
func (c *composer) unfold(id string) string {
	return c.query.link(change{"open", strings.Join(append(slices.Clone(c.query.open), id), ",")}) + "#" + id
}

// elementID turns a row's id, proto/port/hash, into one for elements and URLs.
func elementID(id string) string { return strings.ReplaceAll(id, "/", "-") }
