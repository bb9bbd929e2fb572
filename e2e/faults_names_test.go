package e2e

import (
	"fmt"
	"net"
	"net/netip"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// A nameserver answers for the names of an island: h7.test. is its seventh
// target, dual.test. has an address of each family, and others do not exist.
type nameserver struct {
	conn  net.PacketConn
	asked atomic.Int64
}

const resolverAddress = "10.8.0.53"

func (w *island) names() *nameserver {
	w.t.Helper()
	s := &nameserver{}
	w.router.do(func() (err error) {
		s.conn, err = net.ListenPacket("udp", resolverAddress+":53")
		return err
	})
	w.t.Cleanup(s.stop)
	go s.serve(w)
	return s
}

func (s *nameserver) stop() { s.conn.Close() }

func (s *nameserver) serve(w *island) {
	b := make([]byte, 512)
	for {
		n, from, err := s.conn.ReadFrom(b)
		if err != nil {
			return
		}
		s.asked.Add(1)
		var m dnsmessage.Message
		if m.Unpack(b[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		s.answer(&m, w)
		if reply, err := m.Pack(); err == nil {
			_, _ = s.conn.WriteTo(reply, from)
		}
	}
}

// answer makes a query the answer to itself.
func (s *nameserver) answer(m *dnsmessage.Message, w *island) {
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	add := func(body dnsmessage.ResourceBody) {
		m.Answers = append(m.Answers, dnsmessage.Resource{Header: dnsmessage.ResourceHeader{Name: q.Name, Class: q.Class, TTL: 1}, Body: body})
	}
	var i int
	switch {
	case q.Name.String() == "dual.test." && q.Type == dnsmessage.TypeAAAA:
		add(&dnsmessage.AAAAResource{AAAA: netip.MustParseAddr("fd09::1").As16()})
	case q.Name.String() == "dual.test.":
		add(&dnsmessage.AResource{A: w.target(0).As4()})
	case one(fmt.Sscanf(q.Name.String(), "h%d.test.", &i)):
		if q.Type == dnsmessage.TypeA {
			add(&dnsmessage.AResource{A: w.target(i).As4()})
		}
	default:
		m.RCode = dnsmessage.RCodeNameError
	}
}

func one(n int, err error) bool { return n == 1 && err == nil }

func TestNameserver(t *testing.T) {
	w := newIsland(t)
	s := w.names()
	for name, want := range map[string]dnsmessage.RCode{"h7.test.": 0, "dual.test.": 0, "nobody.test.": dnsmessage.RCodeNameError} {
		m := dnsmessage.Message{Questions: []dnsmessage.Question{{Name: dnsmessage.MustNewName(name), Type: dnsmessage.TypeA, Class: dnsmessage.ClassINET}}}
		s.answer(&m, w)
		if m.RCode != want || (len(m.Answers) == 1) != (want == 0) {
			t.Errorf("%s: %+v", name, m)
		}
	}
}
