package discovery

import "net/netip"

// A Found is a service on the local network as its announcer describes it. Its
// texts are foreign: see the package comment.
type Found struct {
	Instance string // the name that people see; any bytes
	Type     string // as it was asked for: "_http._tcp"
	Host     string // the name of its machine, such as "shop.local", dots and backslashes in labels escaped
	Port     uint16
	// Addrs are where it may be, the best first: IPv4, then IPv6, then addresses
	// that mean something on the link only, IPv6 ones of these with the
	// interface as their zone.
	Addrs     []netip.Addr
	Text      map[string]string // keys in lower case; of a key given twice the first
	Interface string            // where it was heard
	Gone      bool              // it took leave, or has not been heard of for too long
}
