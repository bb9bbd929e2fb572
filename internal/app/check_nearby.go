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

// refusedHere reports whether a port of this machine refused: then who listens
// can be seen.
func refusedHere(c term.Check) bool {
	r := c.State.Last
	return r != nil && r.Reason == health.Refused && r.Answer != nil && ownAddress(r.Answer.Address.Addr())
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

// nearby adds to refused checks who listens near the port, as far as that can
// be seen: an application that finds its port taken often takes the next.
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
	for i := range checks {
		if refusedHere(checks[i]) {
			checks[i].Nearby = nearbyText(view, checks[i].State.Last.Answer.Address)
		}
	}
}

// nearbyText words who listens on the port at another address, else on the
// ports around it.
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
