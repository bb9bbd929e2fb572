package port

import "net/netip"

// A Scope says from where a bound address can be reached.
type Scope string

// The scopes, from the narrowest to the widest.
const (
	Loopback  Scope = "loopback"   // this machine only
	LinkLocal Scope = "link_local" // the attached link: RFC 3927, RFC 4291
	Private   Scope = "private"    // RFC 1918, RFC 4193, RFC 6598
	Public    Scope = "public"     // one globally routed address
	All       Scope = "all"        // every address of the machine
)

var scopes = [...]Scope{Loopback, LinkLocal, Private, Public, All}

var shared = netip.MustParsePrefix("100.64.0.0/10") // RFC 6598

// ScopeOf returns the scope of a bound address.
func ScopeOf(a netip.Addr) Scope {
	a = a.Unmap()
	switch {
	case a.IsUnspecified():
		return All
	case a.IsLoopback():
		return Loopback
	case a.IsLinkLocalUnicast(), a.IsLinkLocalMulticast():
		return LinkLocal
	case a.IsPrivate(), shared.Contains(a):
		return Private
	}
	return Public
}

// Exposed reports whether somebody off this machine may reach s.
func (s Scope) Exposed() bool { return s.width() > 0 }

// Wider returns the wider of two scopes.
func (s Scope) Wider(t Scope) Scope {
	if t.width() > s.width() {
		return t
	}
	return s
}

// width returns the place of s from the narrowest on; the empty scope is -1.
func (s Scope) width() int {
	for i, t := range scopes {
		if s == t {
			return i
		}
	}
	return -1
}
