package app

import (
	"cmp"
	"context"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/term"
)

const (
	nearPorts  = 10 // how far off a port may be to be meant
	mostNearby = 3  // listeners that are named
)

// failedHere reports whether a port of this machine failed in a way of which
// its kernel knows more: then who listens, and whether they accept, can be seen.
func failedHere(c term.Check) bool {
	r := c.State.Last
	if r == nil || r.Answer == nil || !ownAddress(r.Answer.Address.Addr()) {
		return false
	}
	return r.Reason == health.Refused || r.Reason == health.Timeout || r.Reason == health.Reset
}

// ownAddress reports whether an address is one of this machine's.
func ownAddress(a netip.Addr) bool {
	a = a.Unmap().WithZone("")
	if a.IsLoopback() {
		return true
	}
	addrs, err := net.InterfaceAddrs()
	return err == nil && slices.ContainsFunc(addrs, func(own net.Addr) bool {
		p, err := netip.ParsePrefix(own.String())
		return err == nil && p.Addr() == a
	})
}

// nearby adds to checks that failed here what the kernel knows of their port,
// as far as that can be seen.
func nearby(ctx context.Context, checks []term.Check) {
	looker, err := OpenLooker(LookConfig{})
	if err != nil {
		return // a hint is missing then, and nothing else
	}
	defer looker.Close()
	view, err := looker.Look(ctx)
	if err != nil {
		return
	}
	for i, c := range checks {
		if !failedHere(c) {
			continue
		}
		at := c.State.Last.Answer.Address
		if c.State.Last.Reason == health.Refused {
			checks[i].Nearby = nearbyText(view, at)
		} else {
			checks[i].Nearby = queueText(view, at)
		}
	}
}

// queueText words that the accept queue is full behind an address of this
// machine: from outside that looks like a firewall. It is empty when none is.
func queueText(v *board.View, at netip.AddrPort) string {
	for i := range v.Listeners {
		l := &v.Listeners[i]
		if l.Proto != port.TCP || l.Foreign || l.Port != at.Port() {
			continue
		}
		for _, b := range l.Binds {
			if !b.Queue.Full || !takes(b, at.Addr().Unmap()) {
				continue
			}
			text := fmt.Sprintf("the accept queue of :%d is full: the server does not accept (%d/%d)", l.Port, b.Queue.Length, b.Queue.Limit)
			if leader := l.Owner.Leader; leader != nil {
				text += fmt.Sprintf("; it is %s (pid %d)", leader.Name, leader.PID)
			}
			return text
		}
	}
	return ""
}

// takes reports whether connections to an address come to a socket: those to
// its own, or to all that its family has, IPv4 for most of IPv6 included.
func takes(b port.Bind, a netip.Addr) bool {
	if !b.Addr.IsUnspecified() {
		return b.Addr == a.WithZone("")
	}
	return b.Addr.Is4() == a.Is4() || b.Addr.Is6() && !b.V6Only
}

// nearbyText words who listens on the port at another address, else on the
// ports around it: an application that finds its port taken often takes the
// next.
func nearbyText(v *board.View, at netip.AddrPort) string {
	var near []*port.Listener
	for i := range v.Listeners {
		l := &v.Listeners[i]
		if l.Proto != port.TCP || l.Foreign || distance(l, at) > nearPorts {
			continue
		}
		if l.Port == at.Port() {
			return fmt.Sprintf("%s listens on port %d, but not at %s: see `portreeve ports port:%d`", listenerText(l), l.Port, at.Addr(), l.Port)
		}
		near = append(near, l)
	}
	text := fmt.Sprintf("nobody listens on port %d of this machine", at.Port())
	if len(near) == 0 {
		return text
	}
	slices.SortStableFunc(near, func(a, b *port.Listener) int { return cmp.Compare(distance(a, at), distance(b, at)) })
	var words []string
	for _, l := range near[:min(len(near), mostNearby)] {
		words = append(words, fmt.Sprintf("%s on %d", listenerText(l), l.Port))
	}
	return text + "; nearby are " + strings.Join(words, ", ")
}

func distance(l *port.Listener, at netip.AddrPort) int {
	return max(int(l.Port)-int(at.Port()), int(at.Port())-int(l.Port))
}

// listenerText names who listens.
func listenerText(l *port.Listener) string {
	switch {
	case l.Owner.Leader != nil:
		return fmt.Sprintf("%s (pid %d)", l.Owner.Leader.Name, l.Owner.Leader.PID)
	case l.Service.Name != "":
		return l.Service.Name.String()
	case l.Owner.User != "":
		return fmt.Sprintf("a process of user %s", l.Owner.User)
	}
	return "somebody"
}
