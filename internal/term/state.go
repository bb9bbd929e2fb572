package term

import (
	"fmt"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// A StateConnections is the number of connections of one family in one state
// on one port.
type StateConnections struct {
	Protocol    port.Proto  `json:"protocol"`
	Port        uint16      `json:"port"`
	Family      port.Family `json:"family"`
	State       string      `json:"state"` // of [port.States]
	Connections uint32      `json:"connections"`
}

// ByState tells the connections on each counted port by family and state, in
// the order of [port.States]. The states that say how a service does,
// established and unaccepted, are told even when zero, the others when there
// are any. A port of other than zero picks one.
func ByState(v *board.View, only uint16) []StateConnections {
	var out []StateConnections
	for _, p := range v.ConnectionsByPort(only) {
		for _, f := range []struct {
			family port.Family
			counts port.Counts
		}{{port.IPv4, p.IPv4}, {port.IPv6, p.IPv6}} {
			for i, n := range f.counts.ByState() {
				state := port.States()[i]
				if n > 0 || state == "established" || state == "unaccepted" {
					out = append(out, StateConnections{p.Protocol, p.Port, f.family, state, n})
				}
			}
		}
	}
	return out
}

// ConnsByState returns the table of connections with a row per port, family
// and state. On a terminal zeros are left out, except where a port has nothing
// but zeros.
func ConnsByState(items []StateConnections, terminal bool) Table {
	t := Table{Columns: []Column{{Title: "PORT"}, {Title: "FAMILY"}, {Title: "STATE"}, {Title: "CONNECTIONS", Short: "CONNS", Right: true}}}
	busy := map[uint16]bool{}
	for _, c := range items {
		busy[c.Port] = busy[c.Port] || c.Connections > 0
	}
	for _, c := range items {
		idle := c.Connections == 0 && (busy[c.Port] || c.State != "established")
		if terminal && idle {
			continue
		}
		t.Rows = append(t.Rows, Row{Key: fmt.Sprint(c.Port, c.Family, c.State), Cells: []Cell{
			portCell(c.Port), {Text: string(c.Family)}, {Text: c.State}, count(c.Connections),
		}})
	}
	return t
}
