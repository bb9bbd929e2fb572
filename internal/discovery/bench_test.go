package discovery

import (
	"testing"
	"time"
)

// BenchmarkHostile measures what a hostile packet costs at most: to read, and to
// be heard by a responder and a browser.
func BenchmarkHostile(b *testing.B) {
	for i, name := range []string{"services", "truncated", "text", "names", "probe"} {
		packet := hostile(i)
		b.Run(name, func(b *testing.B) {
			l := &link{iface: iface{index: 1, name: "eth0", mtu: 1500, addrs: prefixes([]string{"192.0.2.1/24"})}, family: ipv4, conn: &collector{}}
			r := &responder{node: newNode(Options{}), claims: claimsOf(b, hall(8443)), presences: map[*link]*presence{}}
			r.join(l)
			r.presences[l].host.held = true
			for _, s := range r.presences[l].standings {
				s.held, s.due = true, time.Time{}
			}
			w := &browser{node: newNode(Options{}), domain: hallType, tell: func(Found) {}, views: map[int]*view{}}
			w.join(l)
			b.ReportAllocs()
			for b.Loop() {
				m, err := unpack(packet)
				if err != nil {
					b.Fatal(err)
				}
				h := heard{m, l, origin{group4, 255}}
				r.hear(h)
				r.act()
				w.hear(h)
				w.act()
			}
		})
	}
}

func claimsOf(t testing.TB, services ...Service) []*claim {
	t.Helper()
	claims, err := (&Responder{Host: "shop", Services: services}).claims()
	if err != nil {
		t.Fatal(err)
	}
	return claims
}
