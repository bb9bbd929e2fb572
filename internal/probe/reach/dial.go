package reach

import (
	"context"
	"net"
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

// Dial connects to an address and hands over the connection. Closing it resets
// it (SO_LINGER 0), so that no TIME_WAIT is left. Nothing is held back for
// fuller packets (TCP_NODELAY), and keep-alive is off. What its errors and
// those of the connection say of the target, [Classify] tells.
func (n *Network) Dial(ctx context.Context, addr netip.AddrPort) (net.Conn, error) {
	s, err := n.connect(ctx, addr, health.Accept)
	if err != nil {
		return nil, err
	}
	c, err := s.conn(addr)
	if err != nil {
		s.close()
		return nil, &connectError{addr: addr, cause: err, at: inKernel}
	}
	return c, nil
}

// conn makes a net.Conn of a connected socket, which is its own from then on.
func (s *socket) conn(addr netip.AddrPort) (*conn, error) {
	// From now on an ICMP error is a hint and not the end: RFC 1122, section
	// 4.2.3.9. The other side may answer all the same.
	if err := s.keepProtests(0); err != nil {
		return nil, err
	}
	if err := unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_NODELAY, 1); err != nil {
		return nil, err
	}
	if s.file == nil {
		s.file = os.NewFile(uintptr(s.fd), "tcp")
	}
	return &conn{s.file, net.TCPAddrFromAddrPort(s.own), net.TCPAddrFromAddrPort(addr)}, nil
}
