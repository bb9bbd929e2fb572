package sockdiag

import (
	"encoding/binary"
	"errors"

	"golang.org/x/sys/unix"
)

// A message is one netlink message (struct nlmsghdr).
type message struct {
	kind     uint16
	flags    uint16
	sequence uint32
	payload  []byte
}

var errBadMessage = errors.New("message that does not fit its buffer")

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
		flags:    binary.NativeEndian.Uint16(b[6:]),
		sequence: binary.NativeEndian.Uint32(b[8:]),
		payload:  b[headerSize:length],
	}
	return m, b[min(align(int(length)), len(b)):], nil
}

// errno returns the error that a message of the kinds NLMSG_ERROR and
// NLMSG_DONE carries as a negative number, 0 for none. A dump whose protocol
// the kernel lacks ends that way.
func (m *message) errno() unix.Errno {
	if len(m.payload) < 4 {
		return 0
	}
	return unix.Errno(-int32(binary.NativeEndian.Uint32(m.payload)))
}

// attribute returns the value of the first attribute of a kind (struct
// nlattr). Attributes behind one that does not fit are not looked at.
func attribute(b []byte, kind uint16) (value []byte, ok bool) {
	const kindMask = 0x3fff // without NLA_F_NESTED and NLA_F_NET_BYTEORDER
	for len(b) >= attrHeaderSize {
		length := int(binary.NativeEndian.Uint16(b))
		if length < attrHeaderSize || length > len(b) {
			return nil, false
		}
		if binary.NativeEndian.Uint16(b[2:])&kindMask == kind {
			return b[attrHeaderSize:length], true
		}
		b = b[min(align(length), len(b)):]
	}
	return nil, false
}

// align rounds up to the word that messages and attributes are padded to.
func align(n int) int { return (n + 3) &^ 3 }
