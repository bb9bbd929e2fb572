package app

import (
	"net"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"
)

// A pass says whither the checks of one app may go. It is asked at each connect,
// and so what it says counts at once: watchers keep the probe of a check whose
// question is the same as before, while the app may have moved and the
// configuration may allow less.
type pass struct {
	roster *roster
	app    atomic.Pointer[netip.Addr]
}

func (r *roster) newPass(app netip.Addr) *pass {
	p := &pass{roster: r}
	p.move(app)
	return p
}

// move takes it that the app is at another address, from the next connect on.
func (p *pass) move(to netip.Addr) {
	if at := p.app.Load(); at == nil || *at != to {
		p.app.Store(&to)
	}
}

// permits tells why an address must not be asked; nil when it may.
func (p *pass) permits(to netip.AddrPort) error {
	return p.roster.asker.permits(p.roster.networks(*p.app.Load()), to)
}

// networks returns the addresses that checks of an app may reach: what is open to
// all, and what the app itself reaches.
func (r *roster) networks(app netip.Addr) []netip.Prefix {
	r.mu.Lock()
	networks := slices.Clone(r.allow)
	r.mu.Unlock()
	app = app.Unmap()
	if !app.IsValid() {
		return networks
	}
	own := r.own()
	if slices.ContainsFunc(own, func(p netip.Prefix) bool { return p.Contains(app) }) {
		return append(networks, own...)
	}
	return append(networks, netip.PrefixFrom(app, app.BitLen()))
}

// own returns this machine's own addresses, as they were a moment ago: thousands
// of registrations are entered together.
func (r *roster) own() []netip.Prefix {
	r.mu.Lock()
	defer r.mu.Unlock()
	if now := time.Now(); r.ownAt.IsZero() || now.Sub(r.ownAt) > time.Second {
		r.ownNetworks, r.ownAt = ownNetworks(), now
	}
	return r.ownNetworks
}

// ownNetworks returns this machine's own addresses.
func ownNetworks() []netip.Prefix {
	own := []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	addrs, _ := net.InterfaceAddrs() // the loopback ones will do
	for _, a := range addrs {
		if p, err := netip.ParsePrefix(a.String()); err == nil {
			own = append(own, netip.PrefixFrom(p.Addr(), p.Addr().BitLen()))
		}
	}
	return own
}
