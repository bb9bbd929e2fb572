package metrics

import (
	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// The most that may have a port's number for a label.
const (
	maxPorts  = 200
	maxSeries = 2000
)

// other is the label of everything that is folded.
const other = "other"

// What a port costs at most, in series. The passing states are not part of an
// unwatched port's price: they take what room is left.
const (
	lastingStates = 3
	passingStates = 5
	clientSeries  = 2 // clients, client_connections_max
	addressSeries = 6 // listener_info, listener_{sockets,start_time_seconds,drops_total}, accept_queue_{length,limit}
	otherSeries   = len(families)*(lastingStates+passingStates) + 3
)

// price returns how many series g may have, by its nature and not by its
// traffic. Clients is how many of them are named.
func (g *group) price(clients int) int {
	n := addressSeries * len(g.addresses)
	if g.proto != port.TCP {
		return n
	}
	n += clientSeries + len(families)*lastingStates
	if g.watched {
		n += len(families) * passingStates
	}
	if clients > 0 {
		n += clients + 1
	}
	return n
}

// A fold shares out the room among the ports and sums up what gets none.
type fold struct {
	room    int // series that may still be told
	ports   int // ports that may still be told
	missing int // series left out
	counts  [len(families)][lastingStates + passingStates]uint64
	sockets map[port.Proto]int
	queue   uint64
}

func newFold() *fold {
	return &fold{room: maxSeries - otherSeries, ports: maxPorts, sockets: map[port.Proto]int{}}
}

// choose returns the groups that are told and folds the others.
func (f *fold) choose(groups []*group, clients int) []*group {
	for _, g := range groups {
		if g.watched {
			f.room -= g.price(clients)
			f.ports--
		}
	}
	told := make([]*group, 0, min(len(groups), maxPorts))
	for _, g := range groups {
		price := g.price(clients)
		switch {
		case g.watched:
			told = append(told, g)
		case f.ports > 0 && price <= f.room:
			told = append(told, g)
			f.room -= price
			f.ports--
		default:
			f.swallow(g)
			f.missing += price
		}
	}
	return told
}

// swallow adds what adds up of a port that is not told.
func (f *fold) swallow(g *group) {
	for i := range families {
		for j, n := range g.counts[i].ByState() {
			f.counts[i][j] += uint64(n)
		}
	}
	for _, a := range g.addresses {
		f.sockets[g.proto] += a.sockets
		if g.proto == port.TCP {
			f.queue += uint64(a.queue.Length)
		}
	}
}

// admit reports whether n connections of a family in a passing state are told.
// When there is no room they are folded.
func (f *fold) admit(family, state int, n uint32) bool {
	switch {
	case n == 0:
		return false
	case f.room > 0:
		f.room--
		return true
	}
	f.missing++
	f.counts[family][state] += uint64(n)
	return false
}

// ports adds every port of v, or folds it.
func (s sheet) ports(v *board.View, clients int) {
	f := newFold()
	for _, g := range f.choose(groupsOf(v), clients) {
		s.connectionsOf(g, f)
		s.clientsOf(g, clients)
		for _, a := range g.addresses {
			s.addressOf(g, a)
		}
	}
	s.gauge(s.folded, float64(f.missing))
	if f.missing > 0 {
		s.rest(f)
	}
}

// rest adds what was folded.
func (s sheet) rest(f *fold) {
	for i, family := range families {
		for j, state := range s.states {
			s.gauge(s.connections, float64(f.counts[i][j]), string(port.TCP), other, string(family), state)
		}
	}
	for proto, n := range f.sockets {
		s.gauge(s.sockets, float64(n), string(proto), other, other)
	}
	s.gauge(s.queueLength, float64(f.queue), string(port.TCP), other, other)
}
