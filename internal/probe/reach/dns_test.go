package reach

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/net/dns/dnsmessage"
)

// A nameServer is a DNS server with a few names.
type nameServer struct {
	conn  net.PacketConn
	asked atomic.Int32

	mu      sync.Mutex
	answers map[string][]string // addresses by name, without the last dot; nil: no such name
	rcode   dnsmessage.RCode    // of every answer, when it is not success
	ttl     uint32              // of every answer
	silent  bool
	mute6   bool // does not answer for IPv6
}

// serveNames starts a name server on an address.
func serveNames(address string, answers map[string][]string) (*nameServer, error) {
	conn, err := net.ListenPacket("udp", address)
	if err != nil {
		return nil, err
	}
	s := &nameServer{conn: conn, answers: answers}
	go s.serve()
	return s, nil
}

// newNameServer starts a name server for a test.
func newNameServer(t *testing.T, answers map[string][]string) *nameServer {
	t.Helper()
	s, err := serveNames("127.0.0.1:0", answers)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.conn.Close() })
	return s
}

// dial is an [Options.DialResolver] that leads to the server, whichever the
// system's configuration names.
func (s *nameServer) dial(ctx context.Context, network, _ string) (net.Conn, error) {
	return new(net.Dialer).DialContext(ctx, network, s.conn.LocalAddr().String())
}

// set changes what the server does.
func (s *nameServer) set(change func(*nameServer)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	change(s)
}

func (s *nameServer) serve() {
	b := make([]byte, 1500)
	for {
		n, from, err := s.conn.ReadFrom(b)
		if err != nil {
			return
		}
		s.asked.Add(1)
		if reply := s.reply(b[:n]); reply != nil {
			_, _ = s.conn.WriteTo(reply, from)
		}
	}
}

func (s *nameServer) reply(query []byte) []byte {
	var m dnsmessage.Message
	if err := m.Unpack(query); err != nil || len(m.Questions) != 1 {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	q := m.Questions[0]
	if s.silent || s.mute6 && q.Type == dnsmessage.TypeAAAA {
		return nil
	}
	m.Response, m.RecursionAvailable, m.RCode, m.Additionals = true, true, s.rcode, nil
	addrs, known := s.answers[strings.TrimSuffix(q.Name.String(), ".")]
	if !known && m.RCode == dnsmessage.RCodeSuccess {
		m.RCode = dnsmessage.RCodeNameError
	}
	for _, text := range addrs {
		a := netip.MustParseAddr(text)
		head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET, TTL: s.ttl}
		switch {
		case m.RCode != dnsmessage.RCodeSuccess:
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	if soa, ok := s.negative(q.Name); ok && len(m.Answers) == 0 {
		m.Authorities = append(m.Authorities, soa)
	}
	reply, err := m.Pack()
	if err != nil {
		return nil
	}
	return reply
}

// negative returns the record that says how long an answer without addresses
// holds. It is called with mu held.
func (s *nameServer) negative(zone dnsmessage.Name) (dnsmessage.Resource, bool) {
	head := dnsmessage.ResourceHeader{Name: zone, Class: dnsmessage.ClassINET, TTL: 3600}
	return dnsmessage.Resource{Header: head, Body: &dnsmessage.SOAResource{NS: zone, MBox: zone, MinTTL: s.ttl}}, s.ttl > 0
}
