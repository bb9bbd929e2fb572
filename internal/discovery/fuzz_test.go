package discovery

import (
	"net/netip"
	"testing"
	"time"
)

// FuzzRoles has a responder and a browser hear anything, from anywhere. Neither
// may panic, say something to somebody off the link, or hold more than it may.
func FuzzRoles(f *testing.F) {
	query := &message{questions: []question{{name: hallType, typ: typeANY}, {name: hallName, typ: typeANY, unicast: true}},
		authority: []record{location(hallName, shop, 9999)}}
	f.Add(query.pack(), true, uint16(mdnsPort))
	f.Add(sample().pack(), true, uint16(mdnsPort))
	f.Add((&message{response: true, answers: []record{pointer(hallType, hallName), location(hallName, shop, 1), address(shop, netip.MustParseAddr("192.0.2.9"))}}).pack(), false, uint16(mdnsPort))
	f.Add((&message{truncated: true, questions: query.questions}).pack(), false, uint16(40000))
	f.Fuzz(func(t *testing.T, packet []byte, near bool, from uint16) {
		m, err := unpack(packet)
		if err != nil {
			return
		}
		c := &collector{}
		l := &link{iface: iface{index: 1, name: "eth0", mtu: 1500, addrs: prefixes([]string{"192.0.2.1/24"})}, family: ipv4, conn: c}
		addr := netip.MustParseAddr("198.51.100.9")
		if near {
			addr = netip.MustParseAddr("192.0.2.9")
		}
		h := heard{m, l, origin{netip.AddrPortFrom(addr, from), 255}}
		hearAsResponder(t, h)
		hearAsBrowser(t, h)
		for _, to := range c.to {
			if to.IsValid() && to.Addr() != netip.MustParseAddr("192.0.2.9") {
				t.Errorf("said something to %v", to)
			}
		}
		if len(c.to) > 64 {
			t.Errorf("said %d packets", len(c.to))
		}
	})
}

func hearAsResponder(t *testing.T, h heard) {
	r := &responder{node: newNode(Options{}), claims: claimsOf(t, hall(8443)), presences: map[*link]*presence{}}
	r.join(h.link)
	p := r.presences[h.link]
	for _, s := range p.standings {
		s.due = time.Time{}
	}
	r.hear(h)
	for _, s := range p.standings {
		s.held = true
	}
	p.refresh()
	r.hear(h)
	r.hear(h)
	for _, o := range p.pending {
		o.due = time.Time{}
	}
	for _, q := range p.waiting {
		q.due = time.Time{}
	}
	r.act()
	r.leave()
	if len(p.pending) > maxRecords || len(p.waiting) > maxWaiting {
		t.Errorf("%d answers and %d inquiries wait", len(p.pending), len(p.waiting))
	}
}

func hearAsBrowser(t *testing.T, h heard) {
	b := &browser{node: newNode(Options{}), domain: hallType, serviceType: "_portreeve._tcp", tell: func(Found) {}, views: map[int]*view{}}
	b.join(h.link)
	b.hear(h)
	v := b.views[h.link.index]
	b.tellAll(v.news(b.serviceType, time.Now()))
	b.act()
	b.hear(h)
	b.act()
	if v.cache.bytes > maxBytes || v.cache.bytes < 0 {
		t.Errorf("the cache has %d bytes", v.cache.bytes)
	}
	b.part(h.link)
}

// A collector is a conn that notes to whom something was sent.
type collector struct{ to []netip.AddrPort }

func (c *collector) send(_ []byte, to netip.AddrPort) error {
	c.to = append(c.to, to)
	return nil
}

func (c *collector) receive([]byte) (int, origin, error) { select {} }

func (c *collector) Close() error { return nil }
