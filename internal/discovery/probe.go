package discovery

import (
	"net/netip"
	"time"
)

// probe asks on a link for the names that are not held there yet, and takes
// those that nobody defended (RFC 6762, 8.1).
func (r *responder) probe(p *presence, now time.Time) {
	var due []*standing
	for _, s := range p.standings {
		switch {
		case s.held || s.due.After(now):
		case s.sent < probes:
			due = append(due, s)
		default:
			r.hold(p, s, now)
		}
	}
	if len(due) > 0 {
		r.sendProbe(p, due, now)
	}
}

// hold takes a name. Services that were announced already must say again where
// they are once the host has one.
func (r *responder) hold(p *presence, s *standing, now time.Time) {
	s.held, s.claim.slow = true, false
	s.announce(now)
	p.refresh()
	if s == p.host {
		for _, other := range p.standings {
			if other.held {
				other.announce(now)
			}
		}
	}
	if name := s.claim.name(); s.claim.told != name {
		s.claim.told = name
		r.log.Info("discovery: announcing", "name", name.String())
	}
	r.log.Debug("discovery: name held", "name", s.claim.name().String(), "interface", p.name, "family", p.family)
}

// sendProbe asks whether somebody has names, and tells what we would put there,
// so that of two who ask at once one can give way. The answer may not come to us
// alone, as RFC 6762, 8.1, has it: we share the port (15.1).
func (r *responder) sendProbe(p *presence, due []*standing, now time.Time) {
	m := &message{}
	for _, s := range due {
		m.questions = append(m.questions, question{name: s.claim.name(), typ: typeANY})
		for _, rec := range p.unique(s) {
			rec.flush = false // RFC 6762, 10.2
			m.authority = append(m.authority, rec)
		}
	}
	packet := m.pack()
	if half := len(due) / 2; half > 0 && len(packet) > p.room() {
		r.sendProbe(p, due[:half], now)
		r.sendProbe(p, due[half:], now)
		return
	}
	ok := r.send(p.link, packet, netip.AddrPort{})
	for _, s := range due {
		s.probed(now, ok)
	}
}

// announce tells on a link of the names that were taken lately (RFC 6762, 8.3).
func (r *responder) announce(p *presence, now time.Time) {
	m := &message{response: true}
	var due []*standing
	for _, s := range p.standings {
		switch {
		case !s.held || s.due.IsZero() || s.due.After(now):
		case !p.live(s): // where it is has no name yet
			s.due = now.Add(probeInterval)
		default:
			due = append(due, s)
			m.answers = append(m.answers, p.records(s)...)
		}
	}
	if len(due) == 0 {
		return
	}
	m.answers = without(m.answers, nil)
	ok := r.multicast(p, m, now)
	for _, s := range due {
		s.announced(now, ok)
	}
}
