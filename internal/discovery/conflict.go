package discovery

import (
	"slices"
	"time"
)

// judge compares what somebody says with what we say.
func (r *responder) judge(p *presence, rec record, from origin, now time.Time) {
	z := p.zone()
	if own, ok := z.byKey[rec.key()]; ok {
		if rec.ttl < own.ttl/2 { // others would forget it too early (RFC 6762, 6.6)
			r.queue(p, own, now, oneSecond)
		}
		return
	}
	s := z.byName[rec.name.fold()]
	switch {
	case s == nil || rec.typ == typePTR || rec.ttl == 0 || r.ours(p, s, rec, now):
	case !s.held:
		r.rename(p, s.claim, from, now)
	case slices.Contains(p.types(s), rec.typ): // RFC 6762, 9
		r.log.Info("discovery: somebody else uses our name", "name", s.claim.name().String(), "from", from.addr.Addr(), "interface", p.name)
		s.probe(now, s.claim.clash(now))
		p.refresh()
	}
}

// ours tells whether a record contradicts nothing because we say the same, or
// said so lately, or because it leads to this machine: another responder of the
// machine, or ourselves on another interface of the same link, which has other
// addresses (RFC 6762, 14).
func (r *responder) ours(p *presence, s *standing, rec record, now time.Time) bool {
	const lately = 10 * time.Second // longer than a packet is under way
	if r.own[rec.addr()] {
		return true
	}
	k := rec.key()
	for _, other := range r.presences {
		if now.Sub(other.sent[k]) < lately {
			return true
		}
	}
	return slices.ContainsFunc(p.records(s), func(own record) bool { return own.key() == k })
}

// rename takes another name, on all links, since one service under two names
// would confuse people. Where nobody else has the old one, it is taken leave of.
func (r *responder) rename(p *presence, c *claim, from origin, now time.Time) {
	old := c.name()
	for _, other := range r.presences {
		if s := other.of(c); other.index != p.index && other.live(s) {
			r.goodbye(other, other.records(s))
		}
	}
	c.rename()
	pause := c.clash(now)
	for _, other := range r.presences {
		other.of(c).probe(now, pause)
		other.refresh()
	}
	r.log.Warn("discovery: name is taken, using another", "name", old.String(), "by", from.addr.Addr(), "interface", p.name, "new", c.name().String())
}

// contest sees who may have a name for which we and somebody else ask at once:
// who has the later records. The other waits and asks again, and then hears that
// the name is taken (RFC 6762, 8.2).
func (r *responder) contest(p *presence, h heard, now time.Time) {
	if len(h.authority) == 0 {
		return
	}
	for _, s := range p.standings {
		if s.held {
			continue
		}
		name := s.claim.name().fold()
		var theirs []record
		for _, rec := range h.authority {
			if rec.name.fold() == name {
				theirs = append(theirs, rec)
			}
		}
		mine := p.unique(s)
		slices.SortFunc(mine, compare)
		slices.SortFunc(theirs, compare)
		foreign := slices.ContainsFunc(theirs, func(rec record) bool { return !r.ours(p, s, rec, now) })
		if foreign && slices.CompareFunc(mine, theirs, compare) < 0 {
			r.log.Debug("discovery: somebody asks for the same name", "name", s.claim.name().String(), "from", h.from.addr.Addr())
			s.probe(now, lostPause)
		}
	}
}
