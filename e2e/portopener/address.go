package main

import (
	"fmt"
	"net/netip"
	"strings"
)

// checkAddresses parses --addr and --clients-from and makes sure that they
// belong to the IP version asked for.
func (r raw) checkAddresses(o *Options) error {
	if r.addr != "" {
		addr, err := netip.ParseAddr(r.addr)
		if err != nil {
			return hint(fmt.Errorf("--addr %q: not an IP address", r.addr), "give an address of this machine: 127.0.0.1, ::1, 0.0.0.0, ::")
		}
		o.Addr = addr.Unmap()
	}
	if err := o.checkBind(); err != nil {
		return err
	}
	for text := range strings.FieldsFuncSeq(r.clientsFrom, func(c rune) bool { return c == ',' }) {
		addr, err := netip.ParseAddr(text)
		if err != nil {
			return hint(fmt.Errorf("--clients-from %q: not an IP address", text), "separate addresses by commas: 127.0.0.2,127.0.0.3")
		}
		o.ClientsFrom = append(o.ClientsFrom, addr.Unmap())
	}
	return o.checkSources()
}

func (o *Options) checkBind() error {
	if !o.Addr.IsValid() {
		return nil
	}
	both := o.IPv == "both"
	switch {
	case both && o.Addr != netip.IPv6Unspecified():
		return hint(fmt.Errorf("--ipv both with --addr %s: one address is of one version", o.Addr), "leave --addr out for 127.0.0.1 and ::1, or use --addr :: for one dual-stack socket")
	case !both && o.Addr.Is4() != (o.IPv == "4"):
		return hint(fmt.Errorf("--addr %s is not of IP version %s", o.Addr, o.IPv), "give --ipv 6 with an IPv6 address")
	}
	return nil
}

// checkSources demands a source for every IP version that has one at all: a
// client cannot reach an IPv6 server from an IPv4 address.
func (o *Options) checkSources() error {
	for _, source := range o.ClientsFrom {
		if o.IPv != "both" && source.Is4() != (o.IPv == "4") {
			return hint(fmt.Errorf("--clients-from %s is not of IP version %s", source, o.IPv), "give sources of the server's IP version")
		}
	}
	return nil
}

// binds lists the addresses to listen on, and the network that net.Listen
// wants for each: "tcp" on [::] is a dual-stack socket, "tcp6" is not.
func (o *Options) binds() []bind {
	transport := "tcp"
	if o.UDP {
		transport = "udp"
	}
	v4, v6 := netip.AddrFrom4([4]byte{127, 0, 0, 1}), netip.IPv6Loopback()
	switch {
	case o.IPv == "both" && o.Addr.IsValid():
		return []bind{{transport, o.Addr}}
	case o.Addr.IsValid():
		return []bind{{transport + o.IPv, o.Addr}}
	case o.IPv == "both":
		return []bind{{transport + "4", v4}, {transport + "6", v6}}
	case o.IPv == "6":
		return []bind{{transport + "6", v6}}
	default:
		return []bind{{transport + "4", v4}}
	}
}

type bind struct {
	network string
	addr    netip.Addr
}

// targets lists the addresses that clients connect to, one for each IP
// version: a wildcard is reached through loopback.
func (o *Options) targets() []netip.Addr {
	var targets []netip.Addr
	if o.IPv != "6" {
		targets = append(targets, reachable(o.Addr, netip.AddrFrom4([4]byte{127, 0, 0, 1})))
	}
	if o.IPv != "4" {
		targets = append(targets, reachable(o.Addr, netip.IPv6Loopback()))
	}
	return targets
}

func reachable(addr, loopback netip.Addr) netip.Addr {
	if !addr.IsValid() || addr.IsUnspecified() {
		return loopback
	}
	return addr
}

// sourcesFor gives the client addresses of the same IP version as target; none
// means that the kernel chooses.
func (o *Options) sourcesFor(target netip.Addr) []netip.Addr {
	var sources []netip.Addr
	for _, source := range o.ClientsFrom {
		if source.Is4() == target.Is4() {
			sources = append(sources, source)
		}
	}
	return sources
}
