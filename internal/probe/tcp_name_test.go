package probe

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// A zone answers for every name with the same addresses, or not at all.
type zone struct {
	mu    sync.Mutex
	addrs []netip.Addr
	dead  bool
}

func (z *zone) set(dead bool, addrs ...string) {
	z.mu.Lock()
	defer z.mu.Unlock()
	z.dead, z.addrs = dead, nil
	for _, a := range addrs {
		z.addrs = append(z.addrs, netip.MustParseAddr(a))
	}
}

// newZone starts a name server and returns the way to it.
func newZone(t *testing.T) (*zone, *reach.Network) {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	z := &zone{}
	go z.serve(conn)
	return z, reach.New(reach.Options{DialResolver: func(ctx context.Context, network, _ string) (net.Conn, error) {
		z.mu.Lock()
		defer z.mu.Unlock()
		if z.dead {
			return nil, errors.New("dial: network is unreachable")
		}
		return new(net.Dialer).DialContext(ctx, network, conn.LocalAddr().String())
	}})
}

func (z *zone) serve(conn net.PacketConn) {
	b := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(b)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(b[:n]) == nil && len(m.Questions) == 1 {
			_, _ = conn.WriteTo(z.reply(m), from)
		}
	}
}

func (z *zone) reply(m dnsmessage.Message) []byte {
	z.mu.Lock()
	defer z.mu.Unlock()
	q := m.Questions[0]
	m.Response, m.RecursionAvailable, m.Additionals = true, true, nil
	head := dnsmessage.ResourceHeader{Name: q.Name, Class: dnsmessage.ClassINET} // nothing to live
	for _, a := range z.addrs {
		switch {
		case a.Is4() && q.Type == dnsmessage.TypeA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AResource{A: a.As4()}})
		case a.Is6() && q.Type == dnsmessage.TypeAAAA:
			m.Answers = append(m.Answers, dnsmessage.Resource{Header: head, Body: &dnsmessage.AAAAResource{AAAA: a.As16()}})
		}
	}
	b, _ := m.Pack() // a message of ours can be packed; if not, the test hears nothing
	return b
}

// listenPair listens on one port of both loopback addresses.
func listenPair(t *testing.T) (v4, v6 *net.TCPListener, port string) {
	t.Helper()
	for range 20 {
		v4 = listenTCP(t, "127.0.0.1:0")
		_, port, _ = net.SplitHostPort(v4.Addr().String())
		if ln, err := net.Listen("tcp", "[::1]:"+port); err == nil {
			t.Cleanup(func() { ln.Close() })
			return v4, ln.(*net.TCPListener), port
		}
	}
	t.Fatal("no port is free in both families")
	return nil, nil, ""
}

// said words a result: verdict, reason, who answered, and what the resolver's
// part was.
func said(r health.Result) string {
	text := strings.TrimSpace(fmt.Sprintf("%s %s %s", r.Verdict, r.Reason, r.Answer.Address.Addr()))
	if r.Answer.StaleName {
		text += " stale"
	}
	return text
}

// TestTCPOfAName follows a name with both families through its life.
func TestTCPOfAName(t *testing.T) {
	v4, v6, port := listenPair(t)
	z, network := newZone(t)
	probes := map[health.Family]health.Probe{}
	for _, f := range []health.Family{health.FamilyAuto, health.FamilyBoth, health.FamilyIPv4, health.FamilyIPv6} {
		probes[f] = tcpProbe(t, health.Spec{Name: "x", Target: "tcp://name.example.:" + port, Family: f}, network)
	}
	steps := []struct {
		name                   string
		change                 func()
		auto, both, ipv4, ipv6 string
	}{
		{"both families answer", func() { z.set(false, "127.0.0.1", "::1") }, "pass  ::1", "pass  ::1", "pass  127.0.0.1", "pass  ::1"},
		{"the resolver dies", func() { z.set(true) }, "pass  ::1 stale", "pass  ::1 stale", "pass  127.0.0.1 stale", "pass  ::1 stale"},
		{"it comes back and IPv6 dies", func() { z.set(false, "127.0.0.1", "::1"); v6.Close() }, "warn family_dead 127.0.0.1", "fail refused ::1", "pass  127.0.0.1", "fail refused ::1"},
		{"it is withdrawn", func() { z.set(false, "127.0.0.1") }, "pass  127.0.0.1", "fail dns_nxdomain invalid IP", "pass  127.0.0.1", "fail dns_nxdomain invalid IP"},
		{"IPv4 dies too", func() { v4.Close() }, "fail refused 127.0.0.1", "fail dns_nxdomain invalid IP", "fail refused 127.0.0.1", "fail dns_nxdomain invalid IP"},
		{"with a dead resolver", func() { z.set(true) }, "fail refused 127.0.0.1 stale", "unknown local_resolver invalid IP", "fail refused 127.0.0.1 stale", "unknown local_resolver invalid IP"},
	}
	for _, s := range steps {
		s.change()
		for family, want := range map[health.Family]string{health.FamilyAuto: s.auto, health.FamilyBoth: s.both, health.FamilyIPv4: s.ipv4, health.FamilyIPv6: s.ipv6} {
			r := askTCP(t, probes[family], 10*time.Second)
			if got := said(r); got != want {
				t.Errorf("%s, %s: %s (%s), want %s", s.name, family, got, r.Text, want)
			}
			if r.Answer.Phases.Resolve <= 0 || r.Answer.Address.IsValid() && r.Answer.Phases.Connect <= 0 {
				t.Errorf("%s, %s: %+v", s.name, family, r.Answer.Phases)
			}
		}
	}
}

// TestTCPIPv4OnlyLocalhostIsQuiet has a name with both families and a server
// that never listened on IPv6.
func TestTCPIPv4OnlyLocalhostIsQuiet(t *testing.T) {
	_, v6, port := listenPair(t)
	v6.Close()
	z, network := newZone(t)
	z.set(false, "127.0.0.1", "::1")
	probe := tcpProbe(t, health.Spec{Name: "x", Target: "tcp://name.example.:" + port}, network)
	for range 3 {
		if got := said(askTCP(t, probe, 10*time.Second)); got != "pass  127.0.0.1" {
			t.Error(got)
		}
	}
}

// TestTCPTimeoutOfTheResolver: a target that had no time left did not fail.
func TestTCPTimeoutOfTheResolver(t *testing.T) {
	r := health.Result{Verdict: health.Fail, Reason: health.Timeout, Text: "192.0.2.1:80: no answer", Answer: &health.Answer{}}
	r.Answer.Phases = health.Phases{Resolve: health.Duration(time.Second), Connect: health.Duration(2 * time.Second)}
	if got := unhurried(r); got != r {
		t.Errorf("%+v", got)
	}
	r.Answer.Phases.Resolve = health.Duration(3 * time.Second)
	if got := unhurried(r); got.Verdict != health.Indeterminate || got.Reason != health.LocalResolver || got.Text != "the resolver took most of the time; 192.0.2.1:80: no answer" {
		t.Errorf("%+v", got)
	}
}
