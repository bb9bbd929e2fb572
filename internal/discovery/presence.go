package discovery

import (
	"math/rand/v2"
	"net/netip"
	"slices"
	"time"
)

// A presence is a responder on one link.
type presence struct {
	*link
	host      *standing
	standings []*standing // the host's first

	current *zone             // nil: to be made anew
	pending map[key]*outgoing // multicast answers that wait
	sent    map[key]time.Time // when records were multicast last
	waiting []*inquiry        // questions whose known answers are not all there yet
	direct  quota             // of answers to one asker
}

// unicasts is how many answers a second go to single askers: enough for people,
// too few to hurt.
const unicasts = 50

func newPresence(l *link, claims []*claim, now time.Time) *presence {
	p := &presence{link: l, pending: map[key]*outgoing{}, sent: map[key]time.Time{}, direct: quota{perSecond: unicasts}}
	first := now.Add(rand.N(probeInterval))
	for _, c := range claims {
		p.standings = append(p.standings, &standing{claim: c, due: first})
	}
	p.host = p.standings[0]
	return p
}

// of returns the standing of a claim.
func (p *presence) of(c *claim) *standing {
	for _, s := range p.standings {
		if s.claim == c {
			return s
		}
	}
	return nil
}

// live tells whether the records of a standing may be told: its name is ours,
// and so is that of the host to which it leads.
func (p *presence) live(s *standing) bool { return s.held && p.host.held }

// records returns those of a standing, told or not.
func (p *presence) records(s *standing) []record {
	return s.claim.records(p.iface, p.host.claim.name())
}

// unique returns those records of a standing that must be ours alone.
func (p *presence) unique(s *standing) []record {
	return slices.DeleteFunc(p.records(s), func(rec record) bool { return !rec.flush })
}

// negative answers a question about a name of ours with what is not there, so
// that who looks for both families of address need not wait for the one that we
// do not have (RFC 6762, 6.1). It is no answer to a question for all there is.
func (p *presence) negative(q question) (record, bool) {
	s := p.zone().byName[q.name.fold()]
	if s == nil || !p.live(s) || q.typ == typeANY {
		return record{}, false
	}
	return absence(s.claim.name(), p.types(s)...), true
}

// types returns which types of records a name has.
func (p *presence) types(s *standing) []uint16 {
	var types []uint16
	for _, rec := range p.unique(s) {
		if !slices.Contains(types, rec.typ) {
			types = append(types, rec.typ)
		}
	}
	return types
}

// multicast sends a message to all on the link and notes when.
func (r *responder) multicast(p *presence, m *message, now time.Time) bool {
	ok := true
	for _, packet := range m.packWithin(p.room()) {
		ok = r.send(p.link, packet, netip.AddrPort{}) && ok
	}
	for _, records := range [][]record{m.answers, m.additionals} {
		for _, rec := range records {
			p.sent[rec.key()] = now
		}
	}
	p.forget(now)
	return ok
}

// forget drops old notes: names and addresses may change often, in years.
func (p *presence) forget(now time.Time) {
	const enough = 256
	if len(p.sent) < enough {
		return
	}
	for k, at := range p.sent {
		if now.Sub(at) > otherTTL*time.Second {
			delete(p.sent, k)
		}
	}
}
