package sockdiag

import (
	"encoding/binary"

	"golang.org/x/sys/unix"
)

// A Query says which sockets to walk, over IPv4 and IPv6.
type Query struct {
	Protocol Protocol
	States   States
	// Ports are the local ports wanted, ascending and without repeats; none
	// means every port. A set with very many gaps is filtered coarsely: then
	// sockets of ports in between come too, and the visitor must look.
	Ports []uint16
	// Memory asks for each socket's memory counters, which hold its drops.
	Memory bool
}

// A Protocol is a transport protocol by its number in the IP header.
type Protocol uint8

// The protocols whose sockets can be walked.
const (
	TCP Protocol = unix.IPPROTO_TCP
	UDP Protocol = unix.IPPROTO_UDP
)

// The parts of linux/inet_diag.h and linux/sock_diag.h that x/sys lacks.
const (
	getSockets     = 18 // TCPDIAG_GETSOCK
	attrBytecode   = 1  // INET_DIAG_REQ_BYTECODE
	attrSKMemInfo  = 7  // INET_DIAG_SKMEMINFO
	attrProtocol   = 10 // INET_DIAG_PROTOCOL
	attrSKV6Only   = 11 // INET_DIAG_SKV6ONLY
	headerSize     = 16 // struct nlmsghdr
	attrHeaderSize = 4  // struct nlattr
	socketIDSize   = 48 // struct inet_diag_sockid
)

// appendRequest appends a dump request for q. The family AF_UNSPEC asks for
// both in one walk, which only the older request of the two can do, and only
// for TCP: the kernel reads it as "any family, for compatibility".
func appendRequest(b []byte, q *Query, family uint8, filter []byte, sequence uint32) []byte {
	kind := uint16(unix.SOCK_DIAG_BY_FAMILY)
	if family == unix.AF_UNSPEC {
		kind = getSockets
	}
	start := len(b)
	b = binary.NativeEndian.AppendUint32(b, 0) // the length, once it is known
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, unix.NLM_F_REQUEST|unix.NLM_F_DUMP)
	b = binary.NativeEndian.AppendUint32(b, sequence)
	b = binary.NativeEndian.AppendUint32(b, 0)
	if family == unix.AF_UNSPEC {
		b = appendCompat(b, q)
	} else {
		b = appendV2(b, q, family)
	}
	if len(filter) > 0 {
		b = binary.NativeEndian.AppendUint16(b, uint16(attrHeaderSize+len(filter)))
		b = binary.NativeEndian.AppendUint16(b, attrBytecode)
		b = append(b, filter...)
	}
	binary.NativeEndian.PutUint32(b[start:], uint32(len(b)-start))
	return b
}

// appendCompat appends a struct inet_diag_req.
func appendCompat(b []byte, q *Query) []byte {
	b = append(b, unix.AF_UNSPEC, 0, 0, q.extensions())
	b = appendSocketID(b, q)
	b = binary.NativeEndian.AppendUint32(b, uint32(q.States))
	return binary.NativeEndian.AppendUint32(b, 0)
}

// appendV2 appends a struct inet_diag_req_v2.
func appendV2(b []byte, q *Query, family uint8) []byte {
	b = append(b, family, uint8(q.Protocol), q.extensions(), 0)
	b = binary.NativeEndian.AppendUint32(b, uint32(q.States))
	return appendSocketID(b, q)
}

// appendSocketID appends a struct inet_diag_sockid, of which a dump looks at
// the ports alone.
func appendSocketID(b []byte, q *Query) []byte {
	var only uint16
	if len(q.Ports) == 1 {
		only = q.Ports[0]
	}
	var rest [socketIDSize - 2]byte
	return append(binary.BigEndian.AppendUint16(b, only), rest[:]...)
}

func (q *Query) extensions() uint8 {
	if q.Memory {
		return 1 << (attrSKMemInfo - 1)
	}
	return 0
}
