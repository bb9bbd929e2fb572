package web

import (
	"fmt"
	"net/netip"
	"slices"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// An ownPort is the kernel's side of a check that asks a port of this machine:
// who listens there, and how its accept queue is. The zero ownPort is of a
// check that asks elsewhere.
type ownPort struct {
	Text  string
	Class string // empty when nothing is wrong
	Link  string // to the listener
}

func (c *composer) ownPort(st *health.State) ownPort {
	t := c.view.Target(st)
	if c.own == nil || !c.own(t) || c.view.Look.ListenersAt.IsZero() {
		return ownPort{}
	}
	var other *port.Listener
	for i := range c.view.Listeners {
		l := &c.view.Listeners[i]
		switch {
		case l.Proto != port.TCP || l.Foreign || l.Port != t.Port:
		case slices.ContainsFunc(l.Binds, func(b port.Bind) bool { return accepts(b, t.Host) }):
			return c.heldPort(l)
		default:
			other = l
		}
	}
	if other != nil {
		return ownPort{fmt.Sprintf("on %d somebody listens, but on %s alone", t.Port, scopeCell(other).Title), caution.Class, c.listenerLink(other)}
	}
	return ownPort{Text: fmt.Sprintf("nobody listens on %d", t.Port), Class: absent.Class}
}

func (c *composer) heldPort(l *port.Listener) ownPort {
	p := ownPort{Text: serviceCell(l).Text + " listens", Link: c.listenerLink(l)}
	switch q := l.Queue; {
	case q.Full:
		p.Text, p.Class = fmt.Sprintf("the accept queue is full: %d/%d", q.Length, q.Limit), trouble.Class
	case q.Known:
		p.Text += fmt.Sprintf(", accept queue %d/%d", q.Length, q.Limit)
	}
	return p
}

// listenerLink leads to a listener's row, unfolded, wherever it is.
func (c *composer) listenerLink(l *port.Listener) string {
	id := elementID(l.ID)
	return c.query.link(change{"filter", fmt.Sprintf("port:%d", l.Port)}, change{"page", "1"}, change{"open", id}) + "#" + id
}

// accepts reports whether a socket bound so takes connections to a host that is
// this machine.
func accepts(b port.Bind, host string) bool {
	bound := b.Addr.Unmap().WithZone("")
	a, err := netip.ParseAddr(host)
	if err != nil { // a name, whose addresses may be of both families
		return bound.IsUnspecified() || bound.IsLoopback() || hostOf(host) != "localhost"
	}
	a = a.Unmap().WithZone("")
	if bound.IsUnspecified() {
		return bound.Is4() == a.Is4() || bound.Is6() && !b.V6Only
	}
	return bound == a
}

// ownTargets returns what tells whether a target is a port of this machine: by
// its name, a loopback address, or an address that something is bound to.
func ownTargets(v *board.View) func(health.Target) bool {
	names := map[string]bool{"localhost": true, hostOf(v.Machine.Host): true}
	bound := map[netip.Addr]bool{}
	for i := range v.Listeners {
		for _, b := range v.Listeners[i].Binds {
			if a := b.Addr.Unmap().WithZone(""); !v.Listeners[i].Foreign && !a.IsUnspecified() && !a.IsMulticast() {
				bound[a] = true
			}
		}
	}
	return func(t health.Target) bool {
		if t.Host == "" {
			return false
		}
		a, literal := t.Addr()
		ip := a.Addr().Unmap().WithZone("")
		return names[hostOf(t.Host)] || literal && (ip.IsLoopback() || bound[ip])
	}
}

// checksByPort returns the checks whose target is a port of this machine.
func checksByPort(v *board.View) map[uint16][]*health.State {
	own, byPort := ownTargets(v), map[uint16][]*health.State{}
	for _, st := range v.Checks {
		if t := v.Target(st); own(t) && !board.IsSelf(st) {
			byPort[t.Port] = append(byPort[t.Port], st)
		}
	}
	return byPort
}

// checksOf returns those of them that ask l. Checks speak TCP, and reach no
// other network namespace by an address of this machine.
func checksOf(byPort map[uint16][]*health.State, l *port.Listener) []*health.State {
	if l.Proto != port.TCP || l.Foreign {
		return nil
	}
	return byPort[l.Port]
}
