package discovery

import (
	"encoding/binary"
	"maps"
)

// The sections of a message, in their order.
const (
	sectionQuestion = iota
	sectionAnswer
	sectionAuthority
	sectionAdditional
)

// pack returns m as one packet, however large.
func (m *message) pack() []byte {
	p := newPacker(m)
	for _, q := range m.questions {
		p.question(q)
	}
	for i, section := range [][]record{m.answers, m.authority, m.additionals} {
		for _, r := range section {
			p.record(sectionAnswer+i, r)
		}
	}
	return p.packet
}

// packWithin returns m as packets of at most limit bytes, or a bit more where a
// single record is larger. Answers go on in the next packet: a query says so by
// its truncation bit (RFC 6762, 7.2). Additional records that no longer fit are
// left out. There must be no authority section.
func (m *message) packWithin(limit int) [][]byte {
	var packets [][]byte
	p := newPacker(m)
	next := func(more bool) {
		p.truncate(more)
		packets = append(packets, p.packet)
		p = newPacker(m)
	}
	for _, q := range m.questions {
		if !p.try(limit, func() { p.question(q) }) {
			next(false)
			p.question(q)
		}
	}
	for _, r := range m.answers {
		if !p.try(limit, func() { p.record(sectionAnswer, r) }) {
			next(!m.response)
			p.record(sectionAnswer, r)
		}
	}
	for _, r := range m.additionals {
		p.try(limit, func() { p.record(sectionAdditional, r) })
	}
	next(false)
	return packets
}

// A packer writes a packet from front to back, compressing names.
type packer struct {
	packet []byte
	names  map[name]int // folded: where they are in the packet
}

func newPacker(m *message) *packer {
	p := &packer{packet: make([]byte, headerSize, 512), names: map[name]int{}}
	flags := uint16(0)
	if m.response {
		flags = flagResponse | flagAuthoritative
	} else if m.truncated {
		flags = flagTruncated
	}
	binary.BigEndian.PutUint16(p.packet, m.id)
	binary.BigEndian.PutUint16(p.packet[2:], flags)
	return p
}

// truncate says in the header that known answers follow in another packet.
func (p *packer) truncate(more bool) {
	if more {
		p.packet[2] |= flagTruncated >> 8
	}
}

// try writes something and takes it back where the packet becomes too large by
// it, unless it is the first.
func (p *packer) try(limit int, write func()) bool {
	length, head := len(p.packet), [headerSize]byte(p.packet)
	write()
	if len(p.packet) <= limit || length == headerSize {
		return true
	}
	p.packet = p.packet[:length]
	copy(p.packet, head[:])
	maps.DeleteFunc(p.names, func(_ name, at int) bool { return at >= length })
	return false
}

func (p *packer) question(q question) {
	p.count(sectionQuestion)
	p.name(q.name)
	p.uint16(q.typ)
	p.class(q.unicast)
}

func (p *packer) record(section int, r record) {
	p.count(section)
	p.name(r.name)
	p.uint16(r.typ)
	p.class(r.flush)
	p.uint16(uint16(r.ttl >> 16))
	p.uint16(uint16(r.ttl))
	p.uint16(0)
	start := len(p.packet)
	if head, ok := nameIn(r.typ); ok {
		p.packet = append(p.packet, r.data[:head]...)
		p.name(name(r.data[head:]))
	} else {
		p.packet = append(p.packet, r.data...)
	}
	binary.BigEndian.PutUint16(p.packet[start-2:], uint16(len(p.packet)-start))
}

// count counts what is in a section.
func (p *packer) count(section int) {
	at := p.packet[4+2*section:]
	binary.BigEndian.PutUint16(at, binary.BigEndian.Uint16(at)+1)
}

func (p *packer) class(top bool) {
	if top {
		p.uint16(classIN | classTop)
	} else {
		p.uint16(classIN)
	}
}

func (p *packer) uint16(v uint16) { p.packet = binary.BigEndian.AppendUint16(p.packet, v) }

// name writes a name, or as much of it as is not in the packet already.
func (p *packer) name(n name) {
	const farthest = 1<<14 - 1 // that a pointer can lead
	for rest := n; len(rest) > 1; _, rest = rest.first() {
		folded := rest.fold()
		if at, ok := p.names[folded]; ok {
			p.uint16(0xc000 | uint16(at))
			return
		}
		if len(p.packet) <= farthest {
			p.names[folded] = len(p.packet)
		}
		p.packet = append(p.packet, rest[:1+int(rest[0])]...)
	}
	p.packet = append(p.packet, 0)
}
