package reach

import (
	"encoding/binary"
	"net/netip"

	"golang.org/x/sys/unix"
)

// A protest is an ICMP error about a connection.
type protest struct {
	errno unix.Errno
	by    netip.Addr
	// nobody is set when it says that nobody of that address is on the link:
	// what a router says, and the kernel itself after three seconds.
	nobody bool
}

// Numbers of RFC 792 and RFC 4443, section 3.1.
const (
	icmpUnreachable, icmpHost        = 3, 1
	icmpv6Unreachable, icmpv6Address = 1, 3
)

// protest returns the ICMP error that the kernel keeps for the socket. Kernels
// before 5.11 keep none for a TCP socket that is not connected yet.
func (s *socket) protest() (protest, bool) {
	var payload [64]byte
	var control [128]byte
	_, n, _, _, err := unix.Recvmsg(s.fd, payload[:], control[:], unix.MSG_ERRQUEUE|unix.MSG_DONTWAIT)
	if err != nil {
		return protest{}, false
	}
	return parseProtest(control[:n])
}

// parseProtest reads the control messages of IP_RECVERR and IPV6_RECVERR.
func parseProtest(control []byte) (protest, bool) {
	messages, err := unix.ParseSocketControlMessage(control)
	if err != nil {
		return protest{}, false
	}
	for _, m := range messages {
		v4 := m.Header.Level == unix.IPPROTO_IP && m.Header.Type == unix.IP_RECVERR
		v6 := m.Header.Level == unix.IPPROTO_IPV6 && m.Header.Type == unix.IPV6_RECVERR
		if v4 || v6 {
			return parseExtendedError(m.Data)
		}
	}
	return protest{}, false
}

// parseExtendedError reads a struct sock_extended_err (include/uapi/linux/
// errqueue.h) and the address of the offender behind it, if there is one.
func parseExtendedError(b []byte) (protest, bool) {
	const size = 16 // of the struct: errno, origin, type, code, padding, info, data
	if len(b) < size+2 {
		return protest{}, false
	}
	origin, kind, code := b[4], b[5], b[6]
	p := protest{errno: unix.Errno(binary.NativeEndian.Uint32(b))}
	switch {
	case origin == unix.SO_EE_ORIGIN_ICMP:
		p.nobody = kind == icmpUnreachable && code == icmpHost
	case origin == unix.SO_EE_ORIGIN_ICMP6:
		p.nobody = kind == icmpv6Unreachable && code == icmpv6Address
	default:
		return protest{}, false
	}
	switch family, rest := binary.NativeEndian.Uint16(b[size:]), b[size+2:]; {
	case family == unix.AF_INET && len(rest) >= 6: // port, address
		p.by = netip.AddrFrom4([4]byte(rest[2:6]))
	case family == unix.AF_INET6 && len(rest) >= 22: // port, flow label, address
		p.by = netip.AddrFrom16([16]byte(rest[6:22]))
	}
	return p, true
}
