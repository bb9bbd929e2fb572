// Package reach gets to an address, and knows whose fault it is when it does
// not get there.
//
// A check that fails for want of a descriptor, a local port, a route or a
// resolver says nothing about its target. So each step has its own errors,
// from which [Classify] makes a verdict: [Network.Resolve] turns a name into
// addresses, [Network.Touch] shakes hands with one and hangs up,
// [Network.Dial] shakes hands and hands over the connection. Both ask the
// [Policy] about the literal address just before they connect, whatever name,
// redirect or trick it came from.
package reach

import (
	"context"
	"log/slog"
	"net"
)

// Options are how a Network behaves. The zero Options are ready to use.
type Options struct {
	Policy  Policy       // nil: Configured()
	Log     *slog.Logger // nil: says nothing
	Lookups int          // names that may be looked up at once; 0: 64

	// DialResolver connects to a server of the resolver's, in place of
	// [net.Dialer.DialContext], with the same arguments.
	DialResolver func(ctx context.Context, network, server string) (net.Conn, error)
}

// defaultLookups keeps a resolver busy without drowning it.
const defaultLookups = 64

// A Network is this machine's way to others. It is safe for concurrent use.
type Network struct {
	policy      Policy
	names       *names
	descriptors *descriptors
}

// New returns a Network that uses the system's resolver configuration.
func New(o Options) *Network {
	if o.Policy == nil {
		o.Policy = Configured()
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Lookups <= 0 {
		o.Lookups = defaultLookups
	}
	d := newDescriptors()
	return &Network{policy: o.Policy, names: newNames(o, d), descriptors: d}
}

// With returns a Network with the same resolver and the same memory of names
// under another policy.
func (n *Network) With(p Policy) *Network {
	other := *n
	other.policy = p
	return &other
}
