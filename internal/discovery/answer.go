package discovery

import (
	"math/rand/v2"
	"net/netip"
	"time"
)

// Who asks from another port than that of multicast DNS is a simple resolver. It
// must not keep what it hears for long (RFC 6762, 6.7).
const simpleTTL = 10

// An inquiry is a question with the answers that it is going to get.
type inquiry struct {
	from    netip.AddrPort
	replies map[key]reply
	delay   time.Duration // of a multicast answer
	gap     time.Duration // how long ago it must have been told last
	due     time.Time     // when all known answers are there
	parts   int           // in how many packets these came
}

// A reply is a record, perhaps for the asker alone.
type reply struct {
	record
	unicast bool
}

// A record is not multicast again so soon, unless somebody wants our name (RFC
// 6762, 6).
const (
	oneSecond = time.Second
	defence   = 250 * time.Millisecond
)

// The bounds of questions whose known answers come in several packets.
const (
	maxWaiting = 32
	maxParts   = 8
)

// answer answers what a message asks.
func (r *responder) answer(p *presence, h heard, now time.Time) {
	if h.from.addr.Port() != mdnsPort {
		r.answerSimple(p, h, now)
		return
	}
	if len(h.questions) == 0 {
		p.learn(h, now)
		return
	}
	q := p.inquire(h)
	if h.truncated && len(p.waiting) < maxWaiting {
		q.due = now.Add(patience())
		p.waiting = append(p.waiting, q)
		return
	}
	r.reply(p, q, now)
}

// patience is how long to wait for more known answers (RFC 6762, 7.2).
func patience() time.Duration { return 400*time.Millisecond + rand.N(100*time.Millisecond) }

// shyness is how long to wait before a question, or an answer that others may
// give as well, so that not all speak at once (RFC 6762, 5.2 and 6).
func shyness() time.Duration { return 20*time.Millisecond + rand.N(100*time.Millisecond) }

// inquire collects the answers to a message, except those that it knows. When
// nobody else can have any of them, they need not wait for others.
func (p *presence) inquire(h heard) *inquiry {
	q := &inquiry{from: h.from.addr, replies: map[key]reply{}, gap: oneSecond, parts: 1}
	if len(h.authority) > 0 {
		q.gap = defence
	}
	alone := true
	for _, asked := range h.questions {
		found := p.zone().find(asked)
		if len(found) == 0 {
			if rec, ok := p.negative(asked); ok {
				found = append(found, rec)
			}
		}
		alone = alone && len(found) > 0
		for _, rec := range found {
			q.replies[rec.key()] = reply{rec, asked.unicast}
			alone = alone && rec.flush
		}
	}
	if !alone {
		q.delay = shyness()
	}
	q.forget(p, h.answers)
	return q
}

// forget takes out what the asker knows and will know for long enough (RFC 6762,
// 7.1).
func (q *inquiry) forget(p *presence, known []record) {
	for _, k := range known {
		id := k.key()
		if own, ok := q.replies[id]; ok && k.ttl >= own.ttl/2 {
			delete(q.replies, id)
		}
	}
}

// learn takes the known answers that follow a question.
func (p *presence) learn(h heard, now time.Time) {
	for _, q := range p.waiting {
		if q.from == h.from.addr && q.parts < maxParts {
			q.parts++
			q.forget(p, h.answers)
			if h.truncated {
				q.due = now.Add(patience())
			}
		}
	}
}

// resume answers the questions whose known answers are all there.
func (r *responder) resume(p *presence, now time.Time) {
	var left, due []*inquiry
	for _, q := range p.waiting {
		if q.due.After(now) {
			left = append(left, q)
		} else {
			due = append(due, q)
		}
	}
	p.waiting = left
	for _, q := range due {
		q.delay = 0
		r.reply(p, q, now)
	}
}

// reply sends the answers to who wants them alone, if all others have heard them
// lately (RFC 6762, 5.4), and has the others wait to be multicast.
func (r *responder) reply(p *presence, q *inquiry, now time.Time) {
	m := &message{response: true}
	for k, rep := range q.replies {
		lately := now.Add(-time.Duration(rep.ttl) * time.Second / 4)
		if rep.unicast && p.sent[k].After(lately) {
			m.answers = append(m.answers, rep.record)
		} else {
			r.queue(p, rep.record, now.Add(q.delay), q.gap)
		}
	}
	if len(m.answers) > 0 {
		m.additionals = p.company(m.answers)
		r.unicast(p, m, q.from, now)
	}
}

// answerSimple answers a simple resolver as a name server would: with its
// question, its number, and without what only multicast DNS knows.
func (r *responder) answerSimple(p *presence, h heard, now time.Time) {
	m := &message{id: h.id, response: true, questions: h.questions}
	for _, q := range h.questions {
		m.answers = append(m.answers, p.zone().find(q)...)
	}
	if len(m.answers) == 0 {
		return
	}
	m.answers = simple(without(m.answers, nil))
	m.additionals = simple(p.company(m.answers))
	r.unicast(p, m, h.from.addr, now)
}

// simple returns records as simple resolvers know them.
func simple(records []record) []record {
	var known []record
	for _, rec := range records {
		if rec.typ != typeNSEC {
			rec.flush, rec.ttl = false, min(rec.ttl, simpleTTL)
			known = append(known, rec)
		}
	}
	return known
}

// unicast answers one asker, who must be on the link: what we say must not
// leave it, whatever address a question shows.
func (r *responder) unicast(p *presence, m *message, to netip.AddrPort, now time.Time) {
	if !p.reaches(to.Addr()) || !p.direct.take(now) {
		return
	}
	for _, packet := range m.packWithin(p.room()) {
		r.send(p.link, packet, to)
	}
}
