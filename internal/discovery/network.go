package discovery

import "net/netip"

// A network is where packets go: the machine's, or one that a test plays.
type network interface {
	// interfaces lists those that are up and can multicast. The error
	// [errors.ErrUnsupported] means that there will never be any.
	interfaces() ([]iface, error)
	// open joins the multicast group of a family on an interface.
	open(iface, family) (conn, error)
}

// A conn sends and receives the multicast DNS of one family on one interface.
type conn interface {
	// send sends to an address, or to the group if that is not valid.
	send(packet []byte, to netip.AddrPort) error
	// receive waits for a packet and returns its length and origin. After Close
	// it returns an error.
	receive(buf []byte) (int, origin, error)
	Close() error
}

// An origin is where a packet came from.
type origin struct {
	addr netip.AddrPort
	ttl  int // what is left of it; 0: unknown
}

// A family is IPv4 or IPv6.
type family int

const (
	ipv4 family = 4
	ipv6 family = 6
)

// An iface is a network interface with its addresses.
type iface struct {
	index    int
	name     string
	mtu      int
	loopback bool
	addrs    []netip.Prefix
}

// String says IPv4 or IPv6.
func (f family) String() string { return "IPv" + string(rune('0'+f)) }
