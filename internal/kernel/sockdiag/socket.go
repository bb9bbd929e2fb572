package sockdiag

import (
	"encoding/binary"
	"errors"
	"net/netip"

	"golang.org/x/sys/unix"
)

// A State is the state of a socket, with the numbers of the kernel's
// include/net/tcp_states.h. UDP sockets use Established and Closed alone.
type State uint8

// The states of a socket.
const (
	Established State = iota + 1
	SynSent
	SynRecv
	FinWait1
	FinWait2
	TimeWait
	Closed
	CloseWait
	LastAck
	Listen
	Closing
)

// A States is a set of states.
type States uint32

// StatesOf returns the set of the given states.
func StatesOf(states ...State) States {
	var set States
	for _, s := range states {
		set |= 1 << s
	}
	return set
}

// A Socket is one socket as the kernel describes it (struct inet_diag_msg).
type Socket struct {
	Family     uint8 // unix.AF_INET or unix.AF_INET6
	State      State
	LocalPort  uint16
	RemotePort uint16
	Interface  uint32 // index of the device it is bound to; 0 for any
	Cookie     uint64 // unique while the machine is up
	// RQueue and WQueue of a listening TCP socket are the connections that
	// wait for accept and the limit on them; of others, bytes.
	RQueue uint32
	WQueue uint32
	UID    uint32
	Inode  uint32 // 0 while no process holds the socket

	local, remote [16]byte
	attributes    []byte
}

const messageSize = 4 + socketIDSize + 20 // struct inet_diag_msg

var errShortMessage = errors.New("message shorter than an inet_diag_msg")

// parse reads an inet_diag_msg and the attributes behind it, which stay in b.
func (s *Socket) parse(b []byte) error {
	if len(b) < messageSize {
		return errShortMessage
	}
	native, network := binary.NativeEndian, binary.BigEndian
	s.Family, s.State = b[0], State(b[1])
	s.LocalPort, s.RemotePort = network.Uint16(b[4:]), network.Uint16(b[6:])
	copy(s.local[:], b[8:24])
	copy(s.remote[:], b[24:40])
	s.Interface = native.Uint32(b[40:])
	s.Cookie = uint64(native.Uint32(b[44:])) | uint64(native.Uint32(b[48:]))<<32
	s.RQueue, s.WQueue = native.Uint32(b[56:]), native.Uint32(b[60:])
	s.UID, s.Inode = native.Uint32(b[64:]), native.Uint32(b[68:])
	s.attributes = b[messageSize:]
	return nil
}

// Local returns the address the socket is bound to, never v4-mapped.
func (s *Socket) Local() netip.Addr { return s.address(&s.local) }

// Remote returns the address of the other end, never v4-mapped.
func (s *Socket) Remote() netip.Addr { return s.address(&s.remote) }

func (s *Socket) address(b *[16]byte) netip.Addr {
	if s.Family == unix.AF_INET {
		return netip.AddrFrom4([4]byte(b[:4]))
	}
	return netip.AddrFrom16(*b).Unmap()
}

// Drops returns how many packets were dropped at the socket, for want of room
// in its queue among other reasons. It is false unless the query asked for
// memory counters.
func (s *Socket) Drops() (uint32, bool) {
	counters, ok := attribute(s.attributes, attrSKMemInfo)
	const at = 4 * unix.SK_MEMINFO_DROPS
	if !ok || len(counters) < at+4 {
		return 0, false // SK_MEMINFO_DROPS came with Linux 4.7
	}
	return binary.NativeEndian.Uint32(counters[at:]), true
}

// V6Only reports whether an IPv6 socket refuses IPv4. The kernel tells so for
// listening TCP sockets and unconnected UDP sockets.
func (s *Socket) V6Only() bool {
	v, ok := attribute(s.attributes, attrSKV6Only)
	return ok && len(v) > 0 && v[0] != 0
}

// Protocol returns the transport protocol, which the kernel tells only of
// destroyed sockets.
func (s *Socket) Protocol() (Protocol, bool) {
	v, ok := attribute(s.attributes, attrProtocol)
	if !ok || len(v) == 0 {
		return 0, false
	}
	return Protocol(v[0]), true
}
