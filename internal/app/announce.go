package app

import (
	"cmp"
	"net"
	"net/netip"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/discovery"
	"github.com/portreeve/portreeve/internal/web"
)

// Types of service by which apps find us (RFC 6763, section 7).
const (
	ownType = "_portreeve._tcp"
	webType = "_http._tcp"
	// oldInstance is what clients of healthchecker look for.
	oldInstance = "_healthchecker"
)

// announce tells the local network where apps sign up. It is asked for, so an
// address that nobody else reaches is worth a warning.
func (h *house) announce(ln net.Listener, o *web.Options) {
	if !h.config.Registration.Announce {
		return
	}
	at, err := netip.ParseAddrPort(ln.Addr().String())
	if err != nil || at.Addr().IsLoopback() {
		h.log.Warn("not announced on the local network: nobody else reaches this address", "listen", ln.Addr().String(), "option", "registration.announce")
		return
	}
	r := &discovery.Responder{
		Options: discovery.Options{Interfaces: interfacesOf(at.Addr()), Log: h.log}, Services: h.services(at.Port()),
	}
	o.Hosts = append(slices.Clone(o.Hosts), h.shortName()+".local")
	h.observers = append(h.observers, r.Run)
}

// services are what is announced.
func (h *house) services(port uint16) []discovery.Service {
	name := cmp.Or(h.shortName(), "portreeve")
	encrypted := "0"
	if h.config.Auth.TLSCert != "" {
		encrypted = "1"
	}
	all := []discovery.Service{{
		Instance: name, Type: ownType, Port: port,
		Text: map[string]string{"version": h.config.Version, "tls": encrypted, "path": "/api/v1"},
	}}
	if h.config.Registration.Compat {
		all = append(all, discovery.Service{Instance: oldInstance, Type: webType, Port: port, Text: map[string]string{"version": h.config.Version}})
	}
	return all
}

// shortName is what this machine calls itself, without its domain.
func (h *house) shortName() string {
	name, _, _ := strings.Cut(h.board.View().Machine.Host, ".")
	return name
}

// interfacesOf returns the names of the interfaces by which an address is
// reached: none for one that means all.
func interfacesOf(addr netip.Addr) []string {
	if addr.IsUnspecified() {
		return nil
	}
	all, _ := net.Interfaces() // none: then it is announced on all
	for _, i := range all {
		addrs, _ := i.Addrs()
		for _, a := range addrs {
			if p, err := netip.ParsePrefix(a.String()); err == nil && p.Addr() == addr.Unmap() {
				return []string{i.Name}
			}
		}
	}
	return nil
}
