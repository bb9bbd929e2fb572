package reach

import (
	"net/netip"
	"os"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

// A socket is a TCP socket on its way to one address. It is not wrapped into
// a net.Conn, for most are closed a moment later.
type socket struct {
	fd   int
	v4   bool
	to   unix.Sockaddr
	own  netip.AddrPort // our end, once the kernel has chosen it
	file *os.File       // owns fd once the socket had to wait
}

// newSocket opens a non-blocking socket for an address that is not
// IPv4-mapped.
func newSocket(addr netip.AddrPort, mode health.Mode) (socket, error) {
	family, to := sockaddr(addr)
	fd, err := unix.Socket(family, unix.SOCK_STREAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_TCP)
	if err != nil {
		return socket{}, err
	}
	s := socket{fd: fd, v4: family == unix.AF_INET, to: to}
	if err := s.prepare(mode); err != nil {
		s.close()
		return socket{}, err
	}
	return s, nil
}

// sockaddr returns an address as the kernel takes it.
func sockaddr(addr netip.AddrPort) (family int, to unix.Sockaddr) {
	if addr.Addr().Is4() {
		return unix.AF_INET, &unix.SockaddrInet4{Port: int(addr.Port()), Addr: addr.Addr().As4()}
	}
	return unix.AF_INET6, &unix.SockaddrInet6{Port: int(addr.Port()), Addr: addr.Addr().As16()}
}

// prepare sets what must be set before the first packet: it is too late for
// TCP_QUICKACK once the answer is there, and who rejects us in this machine
// does so within connect.
func (s *socket) prepare(mode health.Mode) error {
	if err := unix.SetsockoptLinger(s.fd, unix.SOL_SOCKET, unix.SO_LINGER, &unix.Linger{Onoff: 1}); err != nil {
		return err
	}
	if err := s.keepProtests(1); err != nil {
		return err
	}
	if mode == health.Listen {
		return unix.SetsockoptInt(s.fd, unix.IPPROTO_TCP, unix.TCP_QUICKACK, 0)
	}
	return nil
}

// keepProtests has the kernel keep ICMP errors for the socket, with who sent
// them, or not.
func (s *socket) keepProtests(on int) error {
	if s.v4 {
		return unix.SetsockoptInt(s.fd, unix.IPPROTO_IP, unix.IP_RECVERR, on)
	}
	return unix.SetsockoptInt(s.fd, unix.IPPROTO_IPV6, unix.IPV6_RECVERR, on)
}

// close closes the descriptor. A connection is reset.
func (s *socket) close() {
	if s.file != nil {
		s.file.Close()
		return
	}
	unix.Close(s.fd)
}

// connected asks the kernel how the connection is doing: nil when it stands,
// EALREADY while it does not, else why it never will. After such an error it
// must not be asked again: the kernel would start anew.
func (s *socket) connected() error {
	err := unix.Connect(s.fd, s.to)
	if err == unix.EISCONN {
		return nil
	}
	return err
}

// local returns the address of our end, the zero one if there is none.
func (s *socket) local() netip.AddrPort {
	name, err := unix.Getsockname(s.fd)
	if err != nil {
		return netip.AddrPort{}
	}
	switch name := name.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(name.Addr), uint16(name.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(name.Addr), uint16(name.Port))
	}
	return netip.AddrPort{}
}
