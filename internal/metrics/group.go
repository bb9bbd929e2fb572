package metrics

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// families are the families of clients, in the order of a group's counts.
var families = [2]port.Family{port.IPv4, port.IPv6}

// A key is what a port is to the metrics: our own network namespace's.
type key struct {
	proto port.Proto
	port  uint16
}

// A group is everything that is told of one port.
type group struct {
	key
	label     string // the port's number
	watched   bool
	counted   bool
	counts    [len(families)]port.Counts
	clients   *port.Clients // nil when they were not counted
	addresses []*address
}

// A survey gathers a View's facts by port.
type survey struct {
	view   *board.View
	groups map[key]*group
}

// groupsOf returns the ports that v covers, by number.
func groupsOf(v *board.View) []*group {
	s := survey{v, make(map[key]*group, len(v.Listeners))}
	for _, p := range v.Watched {
		s.group(key{port.TCP, p})
	}
	for i := range v.Listeners {
		s.listener(&v.Listeners[i])
	}
	s.count()
	return slices.SortedFunc(maps.Values(s.groups), func(a, b *group) int {
		return cmp.Or(cmp.Compare(a.port, b.port), cmp.Compare(a.proto, b.proto))
	})
}

func (s *survey) group(k key) *group {
	g := s.groups[k]
	if g == nil {
		g = &group{key: k, label: strconv.Itoa(int(k.port)), watched: s.watched(k.port)}
		// No count yet is not a count of zero.
		g.counted = g.watched && k.proto == port.TCP && !s.view.Look.ConnectionsAt.IsZero()
		s.groups[k] = g
	}
	return g
}

func (s *survey) watched(p uint16) bool { return slices.Contains(s.view.Watched, p) }

func (s *survey) listener(l *port.Listener) {
	if l.Foreign || s.view.Ephemeral.Contains(l.Port) && !s.watched(l.Port) {
		return
	}
	g := s.group(key{l.Proto, l.Port})
	for i := range l.Binds {
		g.address(&l.Binds[i]).add(l, &l.Binds[i])
	}
}

// count adds the connections of covered ports. A port that is counted but
// neither held nor watched has just been closed.
func (s *survey) count() {
	for i := range s.view.Connections {
		c := &s.view.Connections[i]
		if g := s.groups[key{port.TCP, c.Port}]; g != nil {
			f := max(slices.Index(families[:], c.Family), 0)
			g.counts[f], g.counted = g.counts[f].Plus(c.Counts), true
		}
	}
	for i := range s.view.Clients {
		c := &s.view.Clients[i]
		if g := s.groups[key{port.TCP, c.Port}]; g != nil && g.clients == nil {
			g.clients = c
		}
	}
}

// address returns the group's address that b is bound to.
func (g *group) address(b *port.Bind) *address {
	label := addressLabel(b)
	for _, a := range g.addresses {
		if a.label == label {
			return a
		}
	}
	a := &address{label: label, scope: b.Scope}
	g.addresses = append(g.addresses, a)
	return a
}

// established returns the group's accepted connections over both families.
func (g *group) established() uint32 {
	return g.counts[0].Established + g.counts[1].Established
}
