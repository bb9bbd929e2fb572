package registration

import (
	"net/netip"
	"slices"
)

// A Door says who may sign up without a token: callers on this machine, and
// those of some networks.
type Door struct{ Allow []netip.Prefix }

// Admits reports whether a caller may come in. One for whom a proxy asks may
// not: nobody knows who it is.
func (d Door) Admits(c Caller) bool {
	addr := c.Addr.Unmap()
	return c.Local || slices.ContainsFunc(d.Allow, func(p netip.Prefix) bool { return p.Contains(addr) })
}
