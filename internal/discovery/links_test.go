package discovery

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"testing"
	"time"
)

// Who asks by the loopback interface is answered if that is wanted.
func TestLoopback(t *testing.T) {
	t.Parallel()
	h := newHost(t)
	o := Options{Loopback: true, Log: testLog(t)}
	h.respond(&Responder{Options: o, Host: "shop", Services: []Service{hall(8443)}})
	s := &sightings{t: t}
	h.run(func(ctx context.Context) error { return o.Browse(ctx, "_portreeve._tcp", s.add) })
	f := s.await("of hall", func(f Found) bool { return len(f.Addrs) == 2 })
	if got := fmt.Sprint(f.Addrs, " on ", f.Interface); got != "[127.0.0.1 ::1] on lo" {
		t.Errorf("found %s", got)
	}
}

// Two responders of this package on real sockets agree who has the name, and a
// link-local address is good enough where there is no other.
func TestTwoOnARealLink(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct{ name, one, two, three string }{
		{"IPv4", "192.0.2.1/24", "192.0.2.2/24", "192.0.2.3/24"},
		{"IPv6 link-local", "fe80::1/64", "fe80::2/64", "fe80::3/64"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			lan, one, two, three := newLan(t), newHost(t), newHost(t), newHost(t)
			lan.plug(one, "eth0", tt.one)
			lan.plug(two, "eth0", tt.two)
			lan.plug(three, "eth0", tt.three)
			for i, h := range []*host{one, two} {
				h.respond(&Responder{Options: Options{Log: testLog(t)}, Host: "shop", Services: []Service{hall(uint16(8000 + i))}})
			}
			found := three.browse("_portreeve._tcp")
			first := found.await("of hall", func(f Found) bool { return f.Instance == "hall" })
			second := found.await("of hall (2)", func(f Found) bool { return f.Instance == "hall (2)" })
			if first.Port == second.Port || first.Host == second.Host || first.Addrs[0] == second.Addrs[0] {
				t.Errorf("found %+v and %+v", first, second)
			}
		})
	}
}

// An interface that comes while we run is used, without a restart.
func TestRealInterfaceComes(t *testing.T) {
	t.Parallel()
	lan, us, them := newLan(t), newHost(t), newHost(t)
	us.respond(&Responder{Options: Options{Log: testLog(t)}, Host: "shop", Services: []Service{hall(8443)}})
	lan.plug(them, "eth0", "192.0.2.2/24")
	found := them.browse("_portreeve._tcp")
	lan.plug(us, "eth0", "192.0.2.1/24")
	found.await("of hall", func(f Found) bool { return f.Port == 8443 })
	us.ip("addr add 192.0.2.77/24 dev eth0")
	found.await("of its second address", func(f Found) bool { return len(f.Addrs) == 2 })
}

// A simple resolver on a real link gets an answer of its own, from our port.
func TestRealSimpleResolver(t *testing.T) {
	t.Parallel()
	lan, us, them := newLan(t), newHost(t), newHost(t)
	lan.plug(us, "eth0", "192.0.2.1/24")
	lan.plug(them, "eth0", "192.0.2.2/24")
	us.respond(&Responder{Options: Options{Log: testLog(t)}, Host: "shop", Services: []Service{hall(8443)}})
	found := them.browse("_portreeve._tcp")
	found.await("of hall", func(f Found) bool { return f.Port == 8443 })

	var resolver *net.UDPConn
	them.do(func() (err error) {
		resolver, err = net.ListenUDP("udp4", &net.UDPAddr{IP: net.IPv4(192, 0, 2, 2)})
		return err
	})
	defer resolver.Close()
	ask := &message{id: 4711, questions: []question{{name: shop, typ: typeA}}}
	if _, err := resolver.WriteToUDPAddrPort(ask.pack(), netip.MustParseAddrPort("224.0.0.251:5353")); err != nil {
		t.Fatal(err)
	}
	if err := resolver.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, maxPacket)
	n, from, err := resolver.ReadFromUDPAddrPort(buf)
	if err != nil || from != netip.MustParseAddrPort("192.0.2.1:5353") {
		t.Fatalf("answer from %v, %v", from, err)
	}
	if m, err := unpack(buf[:n]); err != nil || m.id != 4711 || text(m.answers...) != "shop.local A 192.0.2.1 10s" {
		t.Errorf("answer %+v, %v", m, err)
	}
}
