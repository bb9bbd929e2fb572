package metrics

import (
	"net/netip"
	"slices"

	"github.com/portreeve/portreeve/internal/port"
)

// lasting reports whether connections stay in a state for as long as a program
// lets them. The kernel leaves the other states by itself, within seconds.
func lasting(state string) bool {
	return state == "established" || state == "unaccepted" || state == "close_wait"
}

// connectionsOf adds the counts of g. Passing states of a port that is not
// watched are told while they are not zero and there is room.
func (s sheet) connectionsOf(g *group, f *fold) {
	if !g.counted {
		return
	}
	for i, family := range families {
		for j, n := range g.counts[i].ByState() {
			state := s.states[j]
			if g.watched || lasting(state) || f.admit(i, j, n) {
				s.gauge(s.connections, float64(n), string(port.TCP), g.label, string(family), state)
			}
		}
	}
}

// clientsOf adds who is connected to g, at most top of them by address. A
// watched port without connections has no clients even when nobody counted.
func (s sheet) clientsOf(g *group, top int) {
	c := g.clients
	if c == nil {
		if !g.watched || !g.counted || g.established() > 0 {
			return
		}
		c = &port.Clients{}
	}
	most := uint32(0)
	for _, t := range c.Top {
		most = max(most, t.Connections)
	}
	s.gauge(s.clients, float64(c.Distinct), string(port.TCP), g.label)
	s.gauge(s.clientMax, float64(most), string(port.TCP), g.label)
	if top > 0 {
		s.busiest(g, c, top)
	}
}

// busiest adds the first clients of c by address and all others together. An
// address that comes again goes with the others: a second series of it would
// spoil the scrape.
func (s sheet) busiest(g *group, c *port.Clients, top int) {
	rest := uint64(c.Other)
	var named []netip.Addr
	for _, t := range c.Top {
		addr := t.Addr.Unmap()
		if len(named) == top || slices.Contains(named, addr) {
			rest += uint64(t.Connections)
			continue
		}
		named = append(named, addr)
		s.gauge(s.client, float64(t.Connections), string(port.TCP), g.label, addr.String())
	}
	s.gauge(s.client, float64(rest), string(port.TCP), g.label, other)
}
