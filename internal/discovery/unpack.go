package discovery

import (
	"encoding/binary"
	"errors"
)

// The bits of the second word of a message (RFC 1035, 4.1.1).
const (
	flagResponse      = 0x8000
	flagAuthoritative = 0x0400
	flagTruncated     = 0x0200
	maskOpcode        = 0x7800
	maskCode          = 0x000f
)

const headerSize = 12

// maxRecords bounds the work that one packet can make: nobody has so much to
// say at once.
const maxRecords = 256

// errMessage is the error of a packet that is no message, or none for us.
var errMessage = errors.New("malformed message")

// unpack reads a message. Nothing of packet stays in it.
func unpack(packet []byte) (*message, error) {
	if len(packet) < headerSize || len(packet) > maxPacket {
		return nil, errMessage
	}
	word := func(i int) uint16 { return binary.BigEndian.Uint16(packet[2*i:]) }
	flags := word(1)
	if flags&(maskOpcode|maskCode) != 0 { // RFC 6762, 18.3 and 18.11
		return nil, errMessage
	}
	counts := [4]int{int(word(2)), int(word(3)), int(word(4)), int(word(5))}
	if counts[0]+counts[1]+counts[2]+counts[3] > maxRecords {
		return nil, errMessage
	}
	m := &message{id: word(0), response: flags&flagResponse != 0, truncated: flags&flagTruncated != 0}
	u := &unpacker{packet: packet, at: headerSize}
	for range counts[0] {
		if q, ok := u.question(); ok {
			m.questions = append(m.questions, q)
		}
	}
	for i, section := range []*[]record{&m.answers, &m.authority, &m.additionals} {
		for range counts[i+1] {
			if r, ok := u.record(); ok {
				*section = append(*section, r)
			}
		}
	}
	return m, u.err
}

// An unpacker reads a packet from front to back. After an error it reads
// nothing more.
type unpacker struct {
	packet []byte
	at     int
	err    error
}

// question reads a question. It is not ok when it is of a class that we have no
// part in.
func (u *unpacker) question() (question, bool) {
	q := question{name: u.name()}
	q.typ = u.uint16()
	class := u.uint16()
	q.unicast = class&classTop != 0
	class &^= classTop
	return q, u.err == nil && (class == classIN || class == classANY)
}

// record reads a record. It is not ok when it is of a class or type that we have
// no use for, or when it is none of its type.
func (u *unpacker) record() (record, bool) {
	r := record{name: u.name()}
	r.typ = u.uint16()
	class := u.uint16()
	r.flush = class&classTop != 0
	r.ttl = uint32(u.uint16())<<16 | uint32(u.uint16())
	if r.ttl > 1<<31-1 { // RFC 2181, 8
		r.ttl = 0
	}
	end := int(u.uint16())
	end += u.at
	if u.err != nil || end > len(u.packet) {
		u.fail(errMessage)
		return r, false
	}
	data, ok := u.data(r.typ, end)
	r.data, u.at = data, end
	return r, ok && class&^classTop == classIN
}

// data reads the data of a record up to end, without compression.
func (u *unpacker) data(typ uint16, end int) (string, bool) {
	raw := u.packet[u.at:end]
	switch typ {
	case typeA:
		return string(raw), len(raw) == 4
	case typeAAAA:
		return string(raw), len(raw) == 16
	case typeTXT:
		return string(raw), isText(raw)
	case typePTR, typeSRV:
		head, _ := nameIn(typ)
		if len(raw) <= head {
			return "", false
		}
		inner := &unpacker{packet: u.packet, at: u.at + head}
		to := inner.name()
		return string(raw[:head]) + string(to), inner.err == nil && inner.at == end
	}
	return "", false
}

func (u *unpacker) uint16() uint16 {
	if u.err != nil || u.at+2 > len(u.packet) {
		u.fail(errMessage)
		return 0
	}
	u.at += 2
	return binary.BigEndian.Uint16(u.packet[u.at-2:])
}

// name reads a name. Each pointer must lead further to the front than the one
// before, so there is an end to them.
func (u *unpacker) name() name {
	var labels [maxName]byte
	length, at, limit := 0, u.at, u.at
	jumped := false
	for u.err == nil {
		label, to, ok := u.label(at)
		switch {
		case !ok, length+len(label) > maxName, to >= limit, label == nil && to < headerSize:
			u.fail(errName)
		case label == nil: // a pointer
			if !jumped {
				u.at, jumped = at+2, true
			}
			at, limit = to, to
		default:
			length += copy(labels[length:], label)
			at += len(label)
			if len(label) == 1 {
				if !jumped {
					u.at = at
				}
				return name(labels[:length])
			}
		}
	}
	return ""
}

// label returns the label at a place of the packet, its length before it, or
// else where the pointer leads that is there (RFC 1035, 4.1.4).
func (u *unpacker) label(at int) (label []byte, to int, ok bool) {
	if at >= len(u.packet) {
		return nil, 0, false
	}
	c := int(u.packet[at])
	switch {
	case c <= maxLabel && at+1+c <= len(u.packet):
		return u.packet[at : at+1+c], 0, true
	case c >= 0xc0 && at+1 < len(u.packet):
		return nil, (c&0x3f)<<8 | int(u.packet[at+1]), true
	}
	return nil, 0, false
}

func (u *unpacker) fail(err error) {
	if u.err == nil {
		u.err = err
	}
}
