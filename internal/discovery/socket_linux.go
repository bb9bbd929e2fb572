package discovery

import (
	"encoding/binary"
	"fmt"
	"net/netip"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
)

// The groups of multicast DNS (RFC 6762, 3).
var (
	group4 = netip.AddrPortFrom(netip.AddrFrom4([4]byte{224, 0, 0, 251}), mdnsPort)
	group6 = netip.AddrPortFrom(netip.AddrFrom16([16]byte{0: 0xff, 1: 0x02, 15: 0xfb}), mdnsPort)
)

// A socket is bound to the group, not to the machine's addresses. So it hears
// only what is sent to all on the link, and never takes a packet that was meant
// for another responder on this machine: of several sockets at one address the
// kernel gives such a packet to one. The price is that we cannot be asked, or
// answered, at port 5353 of our own address (RFC 6762, 15).
type socket struct {
	file  *os.File
	raw   syscall.RawConn
	index int
	group netip.AddrPort
}

// open joins the group of a family on an interface.
func (machine) open(i iface, f family) (conn, error) {
	domain, group := unix.AF_INET, group4
	if f == ipv6 {
		domain, group = unix.AF_INET6, group6
	}
	fd, err := unix.Socket(domain, unix.SOCK_DGRAM|unix.SOCK_NONBLOCK|unix.SOCK_CLOEXEC, unix.IPPROTO_UDP)
	if err != nil {
		return nil, fmt.Errorf("open socket: %w", err)
	}
	if err := prepare(fd, i, f); err != nil {
		unix.Close(fd)
		return nil, err
	}
	s := &socket{file: os.NewFile(uintptr(fd), group.String()), index: i.index, group: group}
	if err := unix.Bind(fd, s.sockaddr(group)); err != nil {
		s.file.Close()
		return nil, fmt.Errorf("bind to %s: %w", group, err)
	}
	if s.raw, err = s.file.SyscallConn(); err != nil {
		s.file.Close()
		return nil, err
	}
	return s, nil
}

// An option is a setting of a socket (ip(7), ipv6(7)).
type option struct{ level, name, value int }

// everyone is the setting of IPv6 by which a socket hears also what others have
// joined. It came with Linux 4.20; on older ones we tell interfaces apart.
var everyone = option{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_ALL, 0}

// prepare sets what is common to both families, joins the group, and ties what
// is sent to the interface. Packets never pass a router (SO_DONTROUTE).
func prepare(fd int, i iface, f family) error {
	options := []option{
		{unix.SOL_SOCKET, unix.SO_REUSEADDR, 1},
		{unix.SOL_SOCKET, unix.SO_REUSEPORT, 1},
		{unix.SOL_SOCKET, unix.SO_DONTROUTE, 1},
	}
	if f == ipv6 {
		options = append(options, options6(i)...)
	} else {
		options = append(options, options4...)
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, o.level, o.name, o.value); err != nil && o != everyone {
			return fmt.Errorf("set up socket: %w", err)
		}
	}
	return join(fd, i, f)
}

// options4 are those of IPv4. A socket hears only groups that it has joined
// itself (IP_MULTICAST_ALL).
var options4 = []option{
	{unix.IPPROTO_IP, unix.IP_MULTICAST_ALL, 0},
	{unix.IPPROTO_IP, unix.IP_MULTICAST_TTL, 255},
	{unix.IPPROTO_IP, unix.IP_MULTICAST_LOOP, 1},
	{unix.IPPROTO_IP, unix.IP_TTL, 255},
	{unix.IPPROTO_IP, unix.IP_RECVTTL, 1},
	{unix.IPPROTO_IP, unix.IP_PKTINFO, 1},
}

// options6 are those of IPv6.
func options6(i iface) []option {
	return []option{
		{unix.IPPROTO_IPV6, unix.IPV6_V6ONLY, 1},
		everyone,
		{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_IF, i.index},
		{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_HOPS, 255},
		{unix.IPPROTO_IPV6, unix.IPV6_MULTICAST_LOOP, 1},
		{unix.IPPROTO_IPV6, unix.IPV6_UNICAST_HOPS, 255},
		{unix.IPPROTO_IPV6, unix.IPV6_RECVHOPLIMIT, 1},
		{unix.IPPROTO_IPV6, unix.IPV6_RECVPKTINFO, 1},
	}
}

func join(fd int, i iface, f family) error {
	var err error
	if f == ipv6 {
		err = unix.SetsockoptIPv6Mreq(fd, unix.IPPROTO_IPV6, unix.IPV6_JOIN_GROUP,
			&unix.IPv6Mreq{Multiaddr: group6.Addr().As16(), Interface: uint32(i.index)})
	} else {
		mreq := &unix.IPMreqn{Multiaddr: group4.Addr().As4(), Ifindex: int32(i.index)}
		if err = unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_ADD_MEMBERSHIP, mreq); err == nil {
			err = unix.SetsockoptIPMreqn(fd, unix.IPPROTO_IP, unix.IP_MULTICAST_IF, mreq)
		}
	}
	if err != nil {
		return fmt.Errorf("join multicast group: %w", err)
	}
	return nil
}

// sockaddr returns an address as the kernel takes it. Those of IPv6 that need an
// interface get ours.
func (s *socket) sockaddr(a netip.AddrPort) unix.Sockaddr {
	if a.Addr().Is4() {
		return &unix.SockaddrInet4{Port: int(a.Port()), Addr: a.Addr().As4()}
	}
	to := &unix.SockaddrInet6{Port: int(a.Port()), Addr: a.Addr().As16()}
	if a.Addr().IsLinkLocalUnicast() || a.Addr().IsMulticast() {
		to.ZoneId = uint32(s.index)
	}
	return to
}

func (s *socket) send(packet []byte, to netip.AddrPort) error {
	if !to.IsValid() {
		to = s.group
	}
	var err error
	if failed := s.raw.Write(func(fd uintptr) bool {
		err = unix.Sendto(int(fd), packet, 0, s.sockaddr(to))
		return true // a packet that must wait is lost instead: it would come too late
	}); failed != nil {
		return failed
	}
	return err
}

func (s *socket) receive(buf []byte) (int, origin, error) {
	control := make([]byte, 128)
	for {
		var n, length int
		var from unix.Sockaddr
		var err error
		if failed := s.raw.Read(func(fd uintptr) bool {
			n, length, _, from, err = unix.Recvmsg(int(fd), buf, control, 0)
			return err != unix.EAGAIN
		}); failed != nil {
			return 0, origin{}, failed
		}
		if err != nil {
			return 0, origin{}, fmt.Errorf("receive: %w", err)
		}
		if ttl, index := readControl(control[:length]); index == s.index {
			return n, origin{addrPort(from), ttl}, nil
		}
	}
}

// readControl returns what is left of the TTL and where the packet came in.
func readControl(control []byte) (ttl, index int) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return 0, 0
	}
	for _, m := range messages {
		word := func(at int) int { return int(binary.NativeEndian.Uint32(m.Data[at:])) }
		switch {
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_TTL,
			m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_HOPLIMIT:
			ttl = word(0)
		case m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_PKTINFO:
			index = word(0) // struct in_pktinfo
		case m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_PKTINFO:
			index = word(16) // struct in6_pktinfo
		}
	}
	return ttl, index
}

func addrPort(from unix.Sockaddr) netip.AddrPort {
	switch a := from.(type) {
	case *unix.SockaddrInet4:
		return netip.AddrPortFrom(netip.AddrFrom4(a.Addr), uint16(a.Port))
	case *unix.SockaddrInet6:
		return netip.AddrPortFrom(netip.AddrFrom16(a.Addr), uint16(a.Port))
	}
	return netip.AddrPort{}
}

// Close ends receive.
func (s *socket) Close() error { return s.file.Close() }
