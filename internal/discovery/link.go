package discovery

import (
	"net/netip"
	"slices"
	"time"
)

// mdnsPort is that of multicast DNS (RFC 6762, 1).
const mdnsPort = 5353

// A link is one family on one interface. RFC 6762 sees the two families of an
// interface as two links (20).
type link struct {
	iface
	family family
	conn   conn
	closed chan struct{} // closed when the link goes down
	fails  bool          // the last packet could not be sent
}

// A linkID tells links apart.
type linkID struct {
	index  int
	family family
}

func (l *link) id() linkID { return linkID{l.index, l.family} }

func (l *link) close() {
	close(l.closed)
	_ = l.conn.Close() // nothing can be done about it
}

// room is how large a packet may be that the link carries in one piece.
func (l *link) room() int {
	const ip4, ip6, udp, least = 20, 40, 8, 512
	head := ip4 + udp
	if l.family == ipv6 {
		head = ip6 + udp
	}
	return max(min(l.mtu, maxPacket)-head, least)
}

// near tells whether a packet surely came from this link and not through a
// router: those take from the 255 that who speaks multicast DNS sends with, and
// simple resolvers, who send with less, show an address of the link (RFC 6762, 11).
func (l *link) near(from origin) bool { return from.ttl == 255 || l.reaches(from.addr.Addr()) }

// reaches tells whether an address is on the link, so that a packet to it goes
// through no router.
func (l *link) reaches(a netip.Addr) bool {
	return a.Is6() && a.IsLinkLocalUnicast() ||
		slices.ContainsFunc(l.addrs, func(p netip.Prefix) bool { return p.Contains(a.WithZone("")) })
}

// has tells whether an interface has an address of a family.
func (i iface) has(f family) bool {
	return slices.ContainsFunc(i.addrs, func(p netip.Prefix) bool { return p.Addr().Is4() == (f == ipv4) })
}

// maxAddrs bounds the addresses of a family in an answer.
const maxAddrs = 16

// announced returns the addresses under which who asks on the interface finds
// us. An address that is good on the link only is not told when there is a
// better one: of a link-local IPv6 address whoever does not know on which
// interface it was heard can make nothing.
func (i iface) announced() []netip.Addr {
	var good4, good6, link4, link6 []netip.Addr
	for _, p := range i.addrs {
		switch a := p.Addr(); {
		case a.Is4() && a.IsLinkLocalUnicast():
			link4 = append(link4, a)
		case a.Is4():
			good4 = append(good4, a)
		case a.IsLinkLocalUnicast():
			link6 = append(link6, a)
		default:
			good6 = append(good6, a)
		}
	}
	if len(good4) == 0 {
		good4 = link4
	}
	if len(good4)+len(good6) == 0 {
		good6 = link6
	}
	return append(slices.Clip(good4[:min(len(good4), maxAddrs)]), good6[:min(len(good6), maxAddrs)]...)
}

// A quota allows so many things in a second, and as many at once.
type quota struct {
	perSecond int
	left      float64
	last      time.Time
}

// take reports whether one more is allowed now.
func (q *quota) take(now time.Time) bool {
	full := float64(q.perSecond)
	if q.last.IsZero() {
		q.left = full
	} else {
		q.left = min(full, q.left+full*now.Sub(q.last).Seconds())
	}
	q.last = now
	if q.left < 1 {
		return false
	}
	q.left--
	return true
}
