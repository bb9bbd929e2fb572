package metrics

import (
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// A reach is a kind of address that somebody may listen on.
type reach struct {
	proto  port.Proto
	family port.Family
	scope  port.Scope
}

// reaches lists every kind of address, so that none is absent for being zero.
func reaches() []reach {
	var all []reach
	for _, proto := range []port.Proto{port.TCP, port.UDP} {
		for _, family := range families {
			for _, scope := range []port.Scope{port.Loopback, port.LinkLocal, port.Private, port.Public, port.All} {
				all = append(all, reach{proto, family, scope})
			}
		}
	}
	return all
}

// machine adds what is told of the machine as a whole.
func (s sheet) machine(v *board.View) {
	for _, kind := range port.EventKinds() {
		s.counter(s.events, float64(v.PortEvents[kind]), string(kind))
	}
	if v.Look.ListenersAt.IsZero() {
		return
	}
	count := reachesOf(v.Listeners)
	for _, r := range reaches() {
		s.gauge(s.listeners, float64(count[r]), string(r.proto), string(r.family), string(r.scope))
	}
	s.gauge(s.unattributed, float64(unattributed(v.Listeners)))
}

// reachesOf counts the addresses that are listened on in our own namespace; a
// container's 0.0.0.0 is not the machine's. Several sockets on one address
// count once.
func reachesOf(rows []port.Listener) map[reach]int {
	type place struct {
		key
		address string
	}
	count, seen := map[reach]int{}, make(map[place]bool, len(rows))
	for i := range rows {
		l := &rows[i]
		if l.Foreign {
			continue
		}
		for j := range l.Binds {
			b := &l.Binds[j]
			at := place{key{l.Proto, l.Port}, addressLabel(b)}
			if !seen[at] {
				seen[at] = true
				count[reach{l.Proto, b.Family, b.Scope}]++
			}
		}
	}
	return count
}

// unattributed counts the sockets whose process could not be seen, in every
// namespace. The kernel's own sockets have none.
func unattributed(rows []port.Listener) int {
	n := 0
	for i := range rows {
		if o := &rows[i].Owner; !o.Known && o.Reason != port.UnseenKernel {
			n += len(rows[i].Binds)
		}
	}
	return n
}

// looks adds how fresh the numbers are and what they cost.
func (s sheet) looks(l *board.Look) {
	s.look("listeners", l.ListenersAt, l.ListenersCost, false)
	s.look("connections", l.ConnectionsAt, l.ConnectionsCost, l.CountFailed)
}

func (s sheet) look(collector string, at time.Time, cost time.Duration, failed bool) {
	if at.IsZero() {
		s.gauge(s.success, 0, collector)
		return
	}
	s.gauge(s.success, number(!failed && time.Since(at) <= freshness(cost)), collector)
	s.gauge(s.duration, cost.Seconds(), collector)
	s.gauge(s.lookedAt, seconds(at), collector)
}

// freshness is the age up to which a look of that cost counts as a success.
// Looks come as often as a small share of a core allows, and a costly one makes
// the next few rare. So this is generous: an old number is no failure yet, and
// whoever wants to know sooner has the timestamp.
func freshness(cost time.Duration) time.Duration {
	return max(5*time.Minute, 1000*cost)
}

func number(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
