package discovery

import (
	"maps"
	"net/netip"
	"slices"
	"time"
)

// Questions come 1, 2, 4 … seconds after each other, at last once an hour (RFC
// 6762, 5.2).
const (
	firstPause = time.Second
	lastPause  = time.Hour
)

// maxQuestions bounds the messages with questions in a second: what hostile
// answers make us ask must not become a flood of ours.
const maxQuestions = 20

// An asking is a question that is asked until there is an answer, or, for the
// services of the type, for ever.
type asking struct {
	due   time.Time
	pause time.Duration // before the next
}

// wanted returns what is not known: which services there are more, where they
// are, what they say, and the addresses of their hosts.
func (v *view) wanted() []set {
	c := v.cache
	wanted := []set{c.domain}
	for instance := range c.sets[c.domain] {
		for _, typ := range []uint16{typeSRV, typeTXT} {
			if id := (set{name(instance), typ}); c.sets[id] == nil {
				wanted = append(wanted, id)
			}
		}
	}
	for host := range c.hosts {
		a, aaaa := set{host, typeA}, set{host, typeAAAA}
		if c.sets[a] == nil && c.sets[aaaa] == nil {
			wanted = append(wanted, a, aaaa)
		}
	}
	return wanted
}

// questions returns what is to be asked now: of what is not known, what is due,
// and what is known and will soon be old.
func (v *view) questions(now time.Time) []set {
	due := v.cache.refresh(now)
	before := v.asking
	v.asking = make(map[set]*asking, len(before))
	for _, id := range v.wanted() {
		a := before[id]
		if a == nil {
			a = &asking{due: now.Add(shyness()), pause: firstPause}
		}
		v.asking[id] = a
		if !a.due.After(now) {
			due[id] = true
			a.due = now.Add(a.pause)
			a.pause = min(2*a.pause, lastPause)
		}
	}
	return slices.Collect(maps.Keys(due))
}

// due returns when a question is due, if that is before a moment.
func (v *view) due(before time.Time) time.Time {
	for _, a := range v.asking {
		before = earlier(before, a.due)
	}
	return before
}

// refresh returns the sets in which a record will soon be old.
func (c *cache) refresh(now time.Time) map[set]bool {
	sets := map[set]bool{}
	for id, records := range c.sets {
		for _, h := range records {
			if h.again.Before(h.expires) && !h.again.After(now) {
				sets[id] = true
				h.asked++
				h.schedule()
			}
		}
	}
	return sets
}

// ask asks on an interface what is to be asked. The answers are for all (QM):
// one for us alone might go to another program that has our port (RFC 6762, 15.1).
func (b *browser) ask(v *view, now time.Time) {
	due := v.questions(now)
	if len(due) == 0 || !v.quota.take(now) {
		return
	}
	m := &message{}
	for _, id := range due {
		m.questions = append(m.questions, question{name: id.name, typ: id.typ})
		if id == v.cache.domain {
			m.answers = v.cache.known(now)
		}
	}
	for _, l := range v.links {
		for _, packet := range m.packWithin(l.room()) {
			b.send(l, packet, netip.AddrPort{})
		}
	}
}

// known returns the services that responders need not tell us of: those that we
// shall know for longer than half of their life (RFC 6762, 7.1).
func (c *cache) known(now time.Time) []record {
	var known []record
	for _, h := range c.sets[c.domain] {
		if left := h.expires.Sub(now); !h.doomed && left > h.expires.Sub(h.heard)/2 {
			rec := h.record
			rec.flush, rec.ttl = false, uint32(left/time.Second)
			known = append(known, rec)
		}
	}
	return known
}
