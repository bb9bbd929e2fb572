package client

import (
	"cmp"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/portreeve/portreeve/internal/discovery"
)

// A candidate is a place where a server may be.
type candidate struct {
	instance string // as it was announced; empty: it was named, or is the one on this machine
	server   Server
}

// Limits of what is believed of the network, where anybody can announce anything.
const (
	maxAnnounced = 64 // announcements kept
	maxAddrs     = 4  // addresses tried of each
)

// announced collects what is announced on the network. It is safe for concurrent
// use.
type announced struct {
	news chan struct{} // gets a value when something changed

	mu    sync.Mutex
	found map[heard]discovery.Found
}

// heard is what tells one announcement from another.
type heard struct{ instance, on string }

func newAnnounced() *announced {
	return &announced{news: make(chan struct{}, 1), found: map[heard]discovery.Found{}}
}

// tell takes up what was heard.
func (a *announced) tell(f discovery.Found) {
	a.mu.Lock()
	key := heard{f.Instance, f.Interface}
	if _, known := a.found[key]; f.Gone {
		delete(a.found, key)
	} else if known || len(a.found) < maxAnnounced {
		a.found[key] = f
	}
	a.mu.Unlock()
	select {
	case a.news <- struct{}{}:
	default: // somebody has still to look at the news before
	}
}

// candidates returns where to ask, the best first: TLS before plain HTTP, then by
// name, so that all who hear the same try the same first.
func (a *announced) candidates() []candidate {
	a.mu.Lock()
	var found []discovery.Found
	for _, f := range a.found {
		found = append(found, f)
	}
	a.mu.Unlock()
	slices.SortFunc(found, func(x, y discovery.Found) int {
		return cmp.Or(strings.Compare(y.Text["tls"], x.Text["tls"]), strings.Compare(x.Instance, y.Instance), strings.Compare(x.Interface, y.Interface))
	})
	var all []candidate
	for _, f := range found {
		all = append(all, candidatesOf(f)...)
	}
	return all
}

// candidatesOf returns a candidate for each address that a server announces.
func candidatesOf(f discovery.Found) []candidate {
	prefix, ok := strings.CutSuffix(f.Text["path"], apiPath)
	if !ok || f.Port == 0 || prefix != "" && !strings.HasPrefix(prefix, "/") {
		return nil // it speaks another version
	}
	scheme, hc := "http", singleHTTP("")
	if f.Text["tls"] == "1" {
		scheme, hc = "https", singleHTTP(strings.TrimSuffix(f.Host, "."))
	}
	var all []candidate
	for _, addr := range f.Addrs {
		if !believable(addr, f.Interface) || len(all) == maxAddrs {
			continue
		}
		u := url.URL{Scheme: scheme, Host: net.JoinHostPort(addr.String(), strconv.Itoa(int(f.Port))), Path: prefix}
		all = append(all, candidate{f.Instance, Server{URL: u.String(), HTTP: hc}})
	}
	return all
}

// believable reports whether a server heard on an interface may be at an address.
// Nobody can send us to our own loopback from outside, or to the metadata service
// of a cloud.
func believable(addr netip.Addr, on string) bool {
	addr = addr.Unmap()
	if addr.IsLoopback() {
		i, err := net.InterfaceByName(on)
		return err == nil && i.Flags&net.FlagLoopback != 0
	}
	metadata := addr == netip.AddrFrom4([4]byte{169, 254, 169, 254}) || addr == netip.MustParseAddr("fd00:ec2::254")
	return (addr.IsGlobalUnicast() || addr.IsLinkLocalUnicast()) && !metadata
}
