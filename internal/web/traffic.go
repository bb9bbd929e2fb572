package web

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// maxTraffic is how many ports the table of connections shows.
const maxTraffic = 20

// A traffic is the table of connections per port: the busiest first, and
// watched ports even when nobody is connected.
type traffic struct {
	Counted  moment // when
	Rows     []trafficRow
	Left     string // what is left out
	TimeWait uint32
	Now      bool // whether there has been a count at all
}

type trafficRow struct {
	Port      uint16
	Service   cell
	Watched   bool
	Total     uint32
	Families  string // how many by IPv4 and IPv6
	Spark     *spark
	Clients   cell
	Top       []topClient
	Others    string
	States    string // those that are not established
	Unclaimed bool   // nobody listens
	Waiting   uint32
}

// A topClient is one of the busiest clients, with its share of the port's
// connections in percent.
type topClient struct {
	Addr  string
	Count uint32
	Share uint32
}

// traffic makes the table, of the picked rows' ports where there is a filter.
func (c *composer) traffic(picked []port.Listener) traffic {
	v := c.view
	t := traffic{Counted: ago(v.Look.ConnectionsAt, c.now), TimeWait: v.TimeWait, Now: !v.Look.ConnectionsAt.IsZero()}
	all := slices.DeleteFunc(v.ConnectionsByPort(0), func(p board.PortConnections) bool {
		return c.query.filter.String() != "" && !onPort(picked, p.Port)
	})
	slices.SortStableFunc(all, func(a, b board.PortConnections) int { return cmp.Compare(load(&b), load(&a)) })
	quiet, more := 0, 0
	for i := range all {
		p := &all[i]
		switch {
		case load(p) == 0 && !p.Watched:
			quiet++
		case len(t.Rows) == maxTraffic:
			more++
		default:
			t.Rows = append(t.Rows, trafficRowOf(p))
		}
	}
	t.Left = leftOut(quiet, more)
	return t
}

// leftOut says which ports have no row.
func leftOut(quiet, more int) string {
	var parts []string
	if more > 0 {
		parts = append(parts, plural(more, "port")+" with fewer connections")
	}
	if quiet > 0 {
		parts = append(parts, plural(quiet, "port")+" without any")
	}
	if len(parts) == 0 {
		return ""
	}
	return "Left out here: " + strings.Join(parts, ", ") + "."
}

func onPort(rows []port.Listener, p uint16) bool {
	return slices.ContainsFunc(rows, func(l port.Listener) bool { return l.Port == p && l.Proto == port.TCP && !l.Foreign })
}

// load is what makes a port worth a row: connections in any state.
func load(p *board.PortConnections) (n uint64) {
	for i, s := range p.Total.ByState() {
		if i == 0 {
			n += uint64(s) << 16 // established ones first
		}
		n += uint64(s)
	}
	return n
}

func trafficRowOf(p *board.PortConnections) trafficRow {
	const most = 3
	r := trafficRow{
		Port: p.Port, Watched: p.Watched, Unclaimed: !p.Listening, Total: p.Total.Established, Waiting: p.Total.Unaccepted,
		Spark: drawSpark(p.History), States: stateList(p.Total, false),
		Families: fmt.Sprintf("%d IPv4, %d IPv6", p.IPv4.Established, p.IPv6.Established),
	}
	switch {
	case p.Service != "":
		r.Service = cell{Text: p.Service.Clip(nameRunes), Title: p.Service.String()}
	case p.Listening:
		r.Service = cell{Text: "unknown", Class: "none", Title: "The owner could not be seen"}
	default:
		r.Service = cell{Text: "nobody listens", Class: "miss", Title: "Nobody listens on this port now"}
	}
	r.Clients = clientsCell(p)
	for _, t := range p.Clients.Top[:min(most, len(p.Clients.Top))] {
		r.Top = append(r.Top, topClient{t.Addr.String(), t.Connections, t.Connections * 100 / max(1, p.Total.Established)})
	}
	if more := p.Clients.Distinct - len(r.Top); more > 0 && len(r.Top) > 0 {
		r.Others = fmt.Sprintf("and %d more", more)
	}
	return r
}

// clientsCell counts the clients, and says so when that is not exact.
func clientsCell(p *board.PortConnections) cell {
	switch {
	case p.Clients.Error > 0:
		return cell{Text: fmt.Sprintf("over %d", p.Clients.Distinct-1), Title: fmt.Sprintf("More clients than are kept apart; each count may be too high by %d at most", p.Clients.Error)}
	case p.Clients.Distinct == 0 && p.Total.Established > 0:
		return cell{Text: "not told apart", Class: "none", Title: "The clients of this port are not counted one by one"}
	}
	return cell{Text: fmt.Sprint(p.Clients.Distinct)}
}
