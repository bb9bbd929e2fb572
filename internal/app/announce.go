package app

import (
	"cmp"
	"context"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/discovery"
	"github.com/portreeve/portreeve/internal/web"
)

// Types of service by which apps find us (RFC 6763, section 7).
const (
	ownType = client.ServiceType
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
	label := hostLabel(h.shortName())
	r := &discovery.Responder{
		Options: discovery.Options{Interfaces: interfacesOf(at.Addr()), Log: h.log}, Services: h.services(at.Port()), Host: label,
	}
	o.Hosts = append(slices.Clone(o.Hosts), localNames(label)...)
	h.observers = append(h.observers, func(ctx context.Context) error {
		if err := r.Run(ctx); err != nil { // which is no reason to watch nothing
			h.log.Error("not announced on the local network", "err", err, "option", "registration.announce")
		}
		return nil
	})
}

// services are what is announced.
func (h *house) services(port uint16) []discovery.Service {
	name := cut(cmp.Or(strings.ToValidUTF8(h.shortName(), "-"), "portreeve"), maxLabel)
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

// maxLabel is how long a part of a name may be, in bytes (RFC 1035, section 3.1).
const maxLabel = 63

// cut returns as many whole characters of valid text as fit n bytes.
func cut(text string, n int) string {
	if len(text) <= n {
		return text
	}
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return text[:n]
}

// hostLabel writes a name of a machine as one that can be found by multicast DNS:
// in letters, digits and hyphens.
func hostLabel(name string) string {
	label := strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' {
			return c
		}
		return '-'
	}, name)
	return cmp.Or(strings.Trim(cut(strings.Trim(label, "-"), maxLabel), "-"), "portreeve")
}

// maxRenamed is how many machines of one name a network may have by whose names we
// can be called: the number of the last.
const maxRenamed = 9

// localNames are what the network may call a machine: where another has the name,
// a number is added (RFC 6762, section 9).
func localNames(label string) []string {
	names := []string{label + ".local"}
	for n := 2; n <= maxRenamed; n++ {
		suffix := "-" + strconv.Itoa(n)
		names = append(names, cut(label, maxLabel-len(suffix))+suffix+".local")
	}
	return names
}

// interfacesOf returns the names of the interfaces by which an address is
// reached: none for one that means all.
func interfacesOf(addr netip.Addr) []string {
	if addr.IsUnspecified() {
		return nil
	}
	if zone := addr.Zone(); zone != "" {
		return []string{zone}
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
