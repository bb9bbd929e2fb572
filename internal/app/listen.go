package app

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strconv"
	"syscall"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// listen opens the page's address. A port that is taken is said with who has
// it: to tell that is what portreeve is for.
func listen(ctx context.Context, address string) (net.Listener, error) {
	ln, err := new(net.ListenConfig).Listen(ctx, network(address), address)
	if err == nil {
		return ln, nil
	}
	_, portText, _ := net.SplitHostPort(address)
	switch {
	case errors.Is(err, syscall.EADDRINUSE):
		return nil, withHint(fmt.Errorf("port %s is already taken%s", portText, takenBy(ctx, address)), "choose another with --listen, or stop what holds it")
	case errors.Is(err, syscall.EADDRNOTAVAIL):
		return nil, withHint(fmt.Errorf("no interface of this machine has the address of %s", address), "`ip address` lists the addresses there are")
	case errors.Is(err, syscall.EACCES):
		return nil, withHint(fmt.Errorf("port %s needs a privilege to listen on", portText), "choose a port from 1024 on, or grant CAP_NET_BIND_SERVICE")
	}
	var op *net.OpError
	if errors.As(err, &op) {
		err = op.Err
	}
	return nil, usage(fmt.Errorf("cannot listen on %s: %w", address, err), "write ADDRESS:PORT, as in "+DefaultListen)
}

// network returns "tcp4" for an IPv4 address: for "tcp", 0.0.0.0 would mean
// every IPv6 address too, past a firewall that knows only IPv4.
func network(address string) string {
	host, _, _ := net.SplitHostPort(address)
	if a, err := netip.ParseAddr(host); err == nil && a.Is4() {
		return "tcp4"
	}
	return "tcp"
}

// pageURL returns where a browser on this machine finds what listens on addr.
func pageURL(addr net.Addr, encrypted bool) string {
	scheme := "http"
	if encrypted {
		scheme = "https"
	}
	at, err := netip.ParseAddrPort(addr.String())
	if err == nil && at.Addr().IsUnspecified() {
		return fmt.Sprintf("%s://localhost:%d/", scheme, at.Port())
	}
	return scheme + "://" + addr.String() + "/"
}

// takenBy words who listens on an address; empty when nobody can be seen.
func takenBy(ctx context.Context, address string) string {
	looker, err := OpenLooker(LookConfig{})
	if err != nil {
		return ""
	}
	defer looker.Close()
	view, err := looker.Look(ctx)
	if err != nil {
		return ""
	}
	l := holder(view, address)
	switch {
	case l == nil:
		return ""
	case l.Owner.Leader != nil:
		return fmt.Sprintf(" by %s (pid %d)", l.Owner.Leader.Name, l.Owner.Leader.PID)
	}
	return fmt.Sprintf(" by a process of user %s", l.Owner.User)
}

// holder returns the row that an address collides with.
func holder(v *board.View, address string) *port.Listener {
	host, portText, _ := net.SplitHostPort(address)
	number, _ := strconv.Atoi(portText)
	if host == "localhost" {
		host = "127.0.0.1"
	}
	wanted, _ := netip.ParseAddr(host)
	var found *port.Listener
	for i := range v.Listeners {
		l := &v.Listeners[i]
		if l.Proto != port.TCP || l.Foreign || int(l.Port) != number {
			continue
		}
		for _, b := range l.Binds {
			if b.Addr == wanted || found == nil && b.Scope == port.All {
				found = l
			}
		}
	}
	return found
}
