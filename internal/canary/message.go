package canary

import (
	"encoding/binary"
	"errors"
	"iter"
	"net/netip"

	"golang.org/x/sys/unix"
)

// The sizes of what netlink messages begin with (linux/netlink.h).
const (
	headerSize     = 16 // struct nlmsghdr
	attrHeaderSize = 4  // struct nlattr
)

var (
	errBadMessage   = errors.New("message that does not fit its buffer")
	errShortMessage = errors.New("message shorter than its kind")
)

// A message is one netlink message (struct nlmsghdr).
type message struct {
	kind     uint16
	sequence uint32
	payload  []byte
}

// nextMessage splits the first message off b. The length in the header is not
// trusted: it is held against what is there.
func nextMessage(b []byte) (m message, rest []byte, err error) {
	if len(b) < headerSize {
		return message{}, nil, errBadMessage
	}
	length := binary.NativeEndian.Uint32(b)
	if length < headerSize || uint64(length) > uint64(len(b)) {
		return message{}, nil, errBadMessage
	}
	m = message{
		kind:     binary.NativeEndian.Uint16(b[4:]),
		sequence: binary.NativeEndian.Uint32(b[8:]),
		payload:  b[headerSize:length],
	}
	return m, b[min(align(int(length)), len(b)):], nil
}

// errno returns the error that a message of the kinds NLMSG_ERROR and
// NLMSG_DONE carries as a negative number, 0 for none.
func (m *message) errno() unix.Errno {
	if len(m.payload) < 4 {
		return 0
	}
	return unix.Errno(-int32(binary.NativeEndian.Uint32(m.payload)))
}

// attributes yields kinds and values of attributes (struct nlattr), up to the
// first that does not fit.
func attributes(b []byte) iter.Seq2[uint16, []byte] {
	const kindMask = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	return func(yield func(uint16, []byte) bool) {
		for len(b) >= attrHeaderSize {
			length := int(binary.NativeEndian.Uint16(b))
			if length < attrHeaderSize || length > len(b) {
				return
			}
			if !yield(binary.NativeEndian.Uint16(b[2:])&kindMask, b[attrHeaderSize:length]) {
				return
			}
			b = b[min(align(length), len(b)):]
		}
	}
}

// appendAttribute appends one attribute and its padding.
func appendAttribute(b []byte, kind uint16, value []byte) []byte {
	b = binary.NativeEndian.AppendUint16(b, uint16(attrHeaderSize+len(value)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = append(b, value...)
	return append(b, make([]byte, align(len(value))-len(value))...)
}

// number returns a value of four bytes, 0 for one of another size.
func number(value []byte) uint32 {
	if len(value) != 4 {
		return 0
	}
	return binary.NativeEndian.Uint32(value)
}

// address returns a value that is an IP address; the zero Addr for others.
func address(value []byte) netip.Addr {
	a, _ := netip.AddrFromSlice(value)
	return a
}

// family returns an address's family, and its bytes.
func family(a netip.Addr) (uint8, []byte) {
	if a.Is4() {
		return unix.AF_INET, a.AsSlice()
	}
	return unix.AF_INET6, a.AsSlice()
}

// align rounds up to the word that messages and attributes are padded to.
func align(n int) int { return (n + 3) &^ 3 }
