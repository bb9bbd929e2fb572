package registration

import (
	"net/netip"
	"strings"
)

// A Key is what quotas and rates are counted by: a token, this machine, an IPv4
// address, or the /64 of an IPv6 one, for whoever has one address of those has
// all (RFC 4291, section 2.5.1: the rest is the interface's). Who is nobody of
// those and shows an owner's token counts by that. The zero Key is that of callers
// whom nobody knows. It is comparable.
type Key struct {
	token string
	owns  string
	local bool
	net   netip.Prefix
}

// Key returns what the caller's requests are counted by.
func (c Caller) Key() Key {
	switch {
	case c.Token != "":
		return Key{token: c.Token}
	case c.Local:
		return Key{local: true}
	case c.Addr.IsValid():
		return keyOf(c.Addr)
	}
	return Key{owns: c.Owns}
}

func keyOf(addr netip.Addr) Key {
	addr = addr.Unmap().WithZone("")
	bits := addr.BitLen()
	if addr.Is6() {
		bits = 64
	}
	net, err := addr.Prefix(bits)
	if err != nil {
		return Key{}
	}
	return Key{net: net}
}

// Site returns what a key's requests are counted by besides: the /48 of an IPv6
// address, for that is what a site is given (RFC 6177), and who has one has 65,536
// of its /64s. It is the key itself where there is nothing wider.
func (k Key) Site() Key {
	const bits = 48
	if !k.net.IsValid() || !k.net.Addr().Is6() || k.net.Bits() <= bits {
		return k
	}
	net, err := k.net.Addr().Prefix(bits)
	if err != nil {
		return k
	}
	return Key{net: net}
}

// Key returns what the registration counts against: see [Caller.Key].
func (r *Registration) Key() Key {
	if token, ok := strings.CutPrefix(r.Owner, tokenIdentity); ok {
		return Key{token: token}
	}
	if r.Owner == localIdentity {
		return Key{local: true}
	}
	addr, _ := netip.ParseAddr(strings.TrimPrefix(r.Owner, addressIdentity))
	return keyOf(addr)
}
