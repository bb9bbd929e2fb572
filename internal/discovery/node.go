package discovery

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"maps"
	"net/netip"
	"slices"
	"sync"
	"time"
)

// A role is what a node plays: a responder or a browser. One goroutine calls it.
type role interface {
	// join, alter and part tell of a link that came, has other addresses than
	// before, or went.
	join(*link)
	alter(*link)
	part(*link)
	// hear takes a message.
	hear(heard)
	// act does what is due and returns when something is due again, never zero.
	act() time.Time
	// leave is the last call, while the links are still there.
	leave()
}

// A heard is a message that came.
type heard struct {
	*message
	link *link
	from origin
}

// surveyEvery is how often a node looks which interfaces there are.
const surveyEvery = 3 * time.Second

// A node holds the links, hands what it hears to its role, and wakes it.
type node struct {
	options Options
	network network
	log     *slog.Logger
	role    role

	links    map[linkID]*link
	own      map[netip.Addr]bool // the addresses of this machine
	troubles map[linkID]string   // with a link, or, of the zero one, with all, that were logged
	crowded  bool                // it was logged that there are too many
	alone    bool                // it was logged that there is none
	heard    chan heard
	broken   chan *link
	readers  sync.WaitGroup
}

func newNode(o Options) *node {
	n := &node{options: o, network: o.network, log: o.logger(),
		links: map[linkID]*link{}, troubles: map[linkID]string{}, own: map[netip.Addr]bool{},
		heard: make(chan heard), broken: make(chan *link)}
	if n.network == nil {
		n.network = machine{}
	}
	return n
}

// run plays the role until the context ends, and returns nil; or at once, with an
// error, where no network can be used. Interfaces are listed and sockets opened by
// the goroutine that calls, so in the network namespace of its thread.
func (n *node) run(ctx context.Context) error {
	if _, err := n.network.interfaces(); errors.Is(err, errors.ErrUnsupported) {
		return err
	}
	survey := time.NewTicker(surveyEvery)
	defer survey.Stop()
	alarm := time.NewTimer(0)
	defer alarm.Stop()
	n.survey()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-survey.C:
			n.survey()
		case l := <-n.broken:
			n.drop(l)
		case h := <-n.heard:
			if n.links[h.link.id()] == h.link && h.link.near(h.from) {
				n.role.hear(h)
			}
		case <-alarm.C:
		}
		alarm.Reset(time.Until(n.role.act()))
	}
	n.role.leave()
	for _, l := range n.links {
		l.close()
	}
	n.readers.Wait()
	return nil
}

// survey opens the links that are there now, and closes those that are not.
func (n *node) survey() {
	all, err := n.network.interfaces()
	if err != nil {
		n.complain(linkID{}, "list interfaces", "err", err)
		return
	}
	clear(n.own)
	found := map[linkID]iface{}
	for _, i := range all {
		for _, p := range i.addrs {
			n.own[p.Addr()] = true
		}
		for _, f := range []family{ipv4, ipv6} {
			if n.options.uses(i) && i.has(f) {
				found[linkID{i.index, f}] = i
			}
		}
	}
	for id, l := range n.links {
		if i, ok := found[id]; !ok || i.name != l.name {
			n.drop(l)
		}
	}
	maps.DeleteFunc(n.troubles, func(id linkID, _ string) bool { _, ok := found[id]; return !ok })
	for id, i := range found {
		n.adopt(id, i)
	}
	if alone := len(n.links) == 0; alone != n.alone {
		n.alone = alone
		if alone {
			n.log.Warn("discovery: no interface can multicast, waiting for one")
		}
	}
}

// maxLinks bounds the sockets that are open.
const maxLinks = 256

// adopt opens a link, or learns its addresses.
func (n *node) adopt(id linkID, i iface) {
	if l, ok := n.links[id]; ok {
		if changed := !slices.Equal(l.addrs, i.addrs); changed {
			l.addrs = i.addrs
			n.role.alter(l)
		}
		l.mtu = i.mtu
		return
	}
	if len(n.links) >= maxLinks {
		if !n.crowded {
			n.crowded = true
			n.log.Warn("discovery: too many interfaces, some are left out", "used", maxLinks)
		}
		return
	}
	c, err := n.network.open(i, id.family)
	if err != nil {
		n.complain(id, "cannot multicast on an interface", "interface", i.name, "family", id.family, "err", err)
		return
	}
	delete(n.troubles, id)
	l := &link{iface: i, family: id.family, conn: c, closed: make(chan struct{})}
	n.links[id] = l
	n.log.Debug("discovery: interface up", "interface", l.name, "family", l.family)
	n.readers.Go(func() { n.listen(l) })
	n.role.join(l)
}

// drop closes a link.
func (n *node) drop(l *link) {
	if n.links[l.id()] != l {
		return
	}
	delete(n.links, l.id())
	l.close()
	n.log.Debug("discovery: interface down", "interface", l.name, "family", l.family)
	n.role.part(l)
}

// complain logs a trouble, unless it is the one of before.
func (n *node) complain(id linkID, what string, args ...any) {
	if text := fmt.Sprint(what, args); n.troubles[id] != text {
		n.troubles[id] = text
		n.log.Warn("discovery: "+what, args...)
	}
}

// hearing is how many packets a second a link hears; the rest are thrown away
// unread. A network that works has a tenth of it.
const hearing = 500

// listen reads what comes on a link until it is closed.
func (n *node) listen(l *link) {
	buf := make([]byte, maxPacket+1)
	allowed := quota{perSecond: hearing}
	for {
		size, from, err := l.conn.receive(buf)
		if err != nil {
			select {
			case n.broken <- l:
			case <-l.closed:
			}
			return
		}
		if !allowed.take(time.Now()) {
			continue
		}
		m, err := unpack(buf[:size])
		if err != nil {
			continue
		}
		select {
		case n.heard <- heard{m, l, from}:
		case <-l.closed:
			return
		}
	}
}

// send sends to an address, or to all on the link if that is not valid. It
// reports whether it could.
func (n *node) send(l *link, packet []byte, to netip.AddrPort) bool {
	err := l.conn.send(packet, to)
	if failed := err != nil; failed != l.fails {
		l.fails = failed
		if failed {
			n.log.Warn("discovery: cannot send on an interface", "interface", l.name, "family", l.family, "err", err)
		}
	}
	return err == nil
}
