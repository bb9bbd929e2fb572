package reach

import (
	"context"
	"net/netip"

	"github.com/portreeve/portreeve/internal/health"
)

// Touch connects to an address and hangs up at once by a reset (SO_LINGER 0),
// so that neither end keeps a TIME_WAIT and local ports do not run out. It
// returns nil when the address answered, soon after ctx ends at the latest,
// and costs a few system calls and no goroutine.
//
// Mode [health.Accept], also the empty one, completes the handshake: the
// application there accepts a connection and finds it reset, and the kernel
// there completes handshakes for a hung application too until its backlog is
// full. Mode [health.Listen] leaves the last packet of the handshake out (by
// TCP_QUICKACK 0, which delays it, and the reset, which overtakes it), so the
// application sees nothing: it means that the port is held open, not that
// anybody lives behind it. A firewall that answers for others (SYN proxy,
// load balancer) passes in both.
//
// What the error says of the target, [Classify] tells.
func (n *Network) Touch(ctx context.Context, addr netip.AddrPort, mode health.Mode) error {
	s, err := n.connect(ctx, addr, mode)
	if err != nil {
		return err
	}
	s.close()
	return nil
}
