package discovery

import (
	"encoding/binary"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// sample is a message with all that we send.
func sample() *message {
	dotted := hallType.under(`Mr. \ größe`)
	return &message{id: 7, response: true,
		questions: []question{{name: hallType, typ: typePTR, unicast: true}, {name: dotted, typ: typeANY}},
		answers: []record{pointer(hallType, dotted), location(dotted, shop, 8443),
			{name: dotted, typ: typeTXT, flush: true, ttl: otherTTL, data: "\x03a=b\x04flag"}},
		authority:   []record{address(shop, netip.MustParseAddr("192.0.2.1"))},
		additionals: []record{address(shop, netip.MustParseAddr("fd00::1")), address(shop.under("deep"), netip.MustParseAddr("fd00::2"))},
	}
}

func TestPackAndUnpack(t *testing.T) {
	want := sample()
	packet := want.pack()
	got, err := unpack(packet)
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v, %v\nwant %+v", got, err, want)
	}
	if n := strings.Count(string(packet), "\x04shop"); n != 1 {
		t.Errorf("shop is in the packet %d times", n)
	}
}

// A large message becomes several packets that hold it all.
func TestPackWithin(t *testing.T) {
	m := &message{questions: []question{{name: hallType, typ: typePTR}}}
	for i := range 200 {
		m.answers = append(m.answers, pointer(hallType, hallType.under(strings.Repeat("x", 1+i%60))))
	}
	const limit = 512
	var answers []record
	packets := m.packWithin(limit)
	for i, p := range packets {
		got, err := unpack(p)
		if err != nil || len(p) > limit {
			t.Fatalf("packet %d: %d bytes, %v", i, len(p), err)
		}
		if last := i == len(packets)-1; got.truncated == last {
			t.Errorf("packet %d of %d: truncated %v", i, len(packets), got.truncated)
		}
		if len(got.questions) > 0 != (i == 0) {
			t.Errorf("packet %d: %d questions", i, len(got.questions))
		}
		answers = append(answers, got.answers...)
	}
	if !reflect.DeepEqual(answers, m.answers) {
		t.Errorf("%d answers of %d", len(answers), len(m.answers))
	}
	huge := &message{response: true, answers: []record{{name: shop, typ: typeTXT, data: strings.Repeat("\x01a", 400)}, pointer(hallType, hallName)}}
	if got := huge.packWithin(limit); len(got) != 2 || len(got[0]) < 800 {
		t.Errorf("a large record makes %d packets", len(got))
	}
}

// packet returns a query with a body after its header.
func packet(counts [4]uint16, body string) []byte {
	p := make([]byte, headerSize)
	for i, c := range counts {
		binary.BigEndian.PutUint16(p[4+2*i:], c)
	}
	return append(p, body...)
}

func TestUnpackRefuses(t *testing.T) {
	long := strings.Repeat("\x3f"+strings.Repeat("a", 63), 4) + "\x00"
	for name, p := range map[string][]byte{
		"nothing":                      {},
		"half a header":                make([]byte, 11),
		"more than may be":             make([]byte, maxPacket+1),
		"another opcode":               {2: 0x28, 11: 0},
		"an error":                     {3: 2, 11: 0},
		"a question that is not there": packet([4]uint16{1}, ""),
		"too many":                     packet([4]uint16{0xffff, 0xffff, 0xffff, 0xffff}, ""),
		"a label that goes too far":    packet([4]uint16{1}, "\x05abc"),
		"a name without an end":        packet([4]uint16{1}, "\x03abc"),
		"a name that is too long":      packet([4]uint16{1}, long+"\x00\x01\x00\x01"),
		"a pointer to itself":          packet([4]uint16{1}, "\xc0\x0c\x00\x01\x00\x01"),
		"a pointer to the back":        packet([4]uint16{1}, "\xc0\x0e\x00\x00\x01\x00\x01"),
		"a pointer into the header":    packet([4]uint16{1}, "\xc0\x00\x00\x01\x00\x01"),
		"half a pointer":               packet([4]uint16{1}, "\xc0"),
		"a reserved label":             packet([4]uint16{1}, "\x41a\x00\x00\x01\x00\x01"),
		"data that goes too far":       packet([4]uint16{0, 1}, "\x01a\x00\x00\x01\x00\x01\x00\x00\x00\x00\x00\x05abcd"),
	} {
		t.Run(name, func(t *testing.T) {
			if m, err := unpack(p); err == nil {
				t.Errorf("got %+v", m)
			}
		})
	}
}

// What is no record of ours is left out, and the rest read.
func TestUnpackLeavesOut(t *testing.T) {
	const good = "\x01a\x00\x00\x01\x00\x01\x00\x00\x00\x05\x00\x04\x7f\x00\x00\x01"
	for name, bad := range map[string]string{
		"another class":              "\x01b\x00\x00\x01\x00\x03\x00\x00\x00\x05\x00\x04\x7f\x00\x00\x01",
		"another type":               "\x01b\x00\x00\x2f\x00\x01\x00\x00\x00\x05\x00\x04\x7f\x00\x00\x01",
		"an address of three bytes":  "\x01b\x00\x00\x01\x00\x01\x00\x00\x00\x05\x00\x03\x7f\x00\x00",
		"a pointer with more behind": "\x01b\x00\x00\x0c\x00\x01\x00\x00\x00\x05\x00\x04\x01a\x00\x00",
		"a pointer that loops":       "\x01b\x00\x00\x0c\x00\x01\x00\x00\x00\x05\x00\x02\xc0\x2a",
		"a place without a name":     "\x01b\x00\x00\x21\x00\x01\x00\x00\x00\x05\x00\x06\x00\x00\x00\x00\x00\x00",
		"a text that goes too far":   "\x01b\x00\x00\x10\x00\x01\x00\x00\x00\x05\x00\x02\x02a",
	} {
		t.Run(name, func(t *testing.T) {
			m, err := unpack(packet([4]uint16{0, 3}, good+bad+good))
			if err != nil || len(m.answers) != 2 || m.answers[1].addr().String() != "127.0.0.1" {
				t.Errorf("got %+v, %v", m, err)
			}
		})
	}
}

// FuzzUnpack reads anything. What can be read can be written and read again, and
// what dnsmessage can read as well is the same there.
func FuzzUnpack(f *testing.F) {
	f.Add(sample().pack())
	f.Add(packet([4]uint16{1}, "\xc0\x0c\x00\x01\x00\x01"))
	f.Add(packet([4]uint16{1, 1}, "\x01a\x05local\x00\x00\x0c\x80\x01\xc0\x0c\x00\x0c\x00\x01\x00\x00\x00\x05\x00\x02\xc0\x0e"))
	f.Fuzz(func(t *testing.T, packet []byte) {
		m, err := unpack(packet)
		if err != nil {
			return
		}
		again, err := unpack(m.pack())
		if err != nil && len(m.pack()) <= maxPacket {
			t.Fatalf("%+v cannot be read again: %v", m, err)
		}
		if err == nil && !sameMessage(m, again) {
			t.Fatalf("%+v\nis later %+v", m, again)
		}
		agree(t, packet, m)
	})
}

// sameMessage compares all but what a packet does not say twice.
func sameMessage(a, b *message) bool {
	return a.response == b.response && sameRecords(a.answers, b.answers) && sameRecords(a.authority, b.authority) &&
		sameRecords(a.additionals, b.additionals) &&
		slices.EqualFunc(a.questions, b.questions, func(x, y question) bool {
			return x.typ == y.typ && x.unicast == y.unicast && x.name.fold() == y.name.fold()
		})
}

// sameRecords compares records: compression may change the case of a name to that
// of one before.
func sameRecords(a, b []record) bool {
	return slices.EqualFunc(a, b, func(x, y record) bool {
		return x.key() == y.key() && x.ttl == y.ttl && x.flush == y.flush
	})
}

// agree compares the questions and answers with those that dnsmessage reads.
func agree(t *testing.T, packet []byte, m *message) {
	var p dnsmessage.Parser
	if _, err := p.Start(packet); err != nil {
		return
	}
	questions, err := p.AllQuestions()
	if err != nil {
		return
	}
	at := 0
	for _, q := range questions {
		if class := q.Class &^ classTop; class != classIN && class != classANY {
			continue
		}
		if got := m.questions[at]; plain(got.name) != q.Name.String() || got.typ != uint16(q.Type) {
			t.Fatalf("question %+v, dnsmessage has %+v", got, q)
		}
		at++
	}
	answers, err := p.AllAnswers()
	if err != nil {
		return
	}
	for _, r := range m.answers {
		if !slices.ContainsFunc(answers, func(a dnsmessage.Resource) bool { return sameAsTheirs(r, a) }) {
			t.Fatalf("answer %+v is not in dnsmessage's %+v", r, answers)
		}
	}
}

func sameAsTheirs(r record, a dnsmessage.Resource) bool {
	if plain(r.name) != a.Header.Name.String() || r.typ != uint16(a.Header.Type) {
		return false
	}
	switch body := a.Body.(type) {
	case *dnsmessage.AResource:
		return r.data == string(body.A[:])
	case *dnsmessage.AAAAResource:
		return r.data == string(body.AAAA[:])
	case *dnsmessage.PTRResource:
		return plain(name(r.data)) == body.PTR.String()
	case *dnsmessage.SRVResource:
		host, port := r.place()
		return plain(host) == body.Target.String() && port == body.Port
	case *dnsmessage.TXTResource:
		return len(strings.Join(body.TXT, ""))+len(body.TXT) == len(r.data)
	}
	return false
}

// plain returns a name as dnsmessage has it: not escaped.
func plain(n name) string {
	var b strings.Builder
	for label, rest := n.first(); rest != ""; label, rest = rest.first() {
		b.WriteString(label + ".")
	}
	if b.Len() == 0 {
		return "."
	}
	return b.String()
}
