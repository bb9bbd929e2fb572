package discovery

import (
	"iter"
	"time"
)

// An outgoing is an answer that is to be multicast.
type outgoing struct {
	record
	due time.Time
}

// queue has a record wait until it is due, and has not been multicast for a gap.
func (r *responder) queue(p *presence, rec record, due time.Time, gap time.Duration) {
	k := rec.key()
	if free := p.sent[k].Add(gap); due.Before(free) {
		due = free
	}
	if o, ok := p.pending[k]; ok && !due.Before(o.due) {
		return
	}
	p.pending[k] = &outgoing{rec, due}
}

// flush multicasts the answers that are due.
func (r *responder) flush(p *presence, now time.Time) {
	m := &message{response: true}
	for k, o := range p.pending {
		if !o.due.After(now) {
			m.answers = append(m.answers, o.record)
			delete(p.pending, k)
		}
	}
	if len(m.answers) == 0 {
		return
	}
	for _, rec := range p.company(m.answers) {
		if now.Sub(p.sent[rec.key()]) >= oneSecond {
			m.additionals = append(m.additionals, rec)
		}
	}
	r.multicast(p, m, now)
}

// dues returns when something is due on the link.
func (p *presence) dues() iter.Seq[time.Time] {
	return func(yield func(time.Time) bool) {
		for _, s := range p.standings {
			if !s.due.IsZero() && !yield(s.due) {
				return
			}
		}
		for _, q := range p.waiting {
			if !yield(q.due) {
				return
			}
		}
		for _, o := range p.pending {
			if !yield(o.due) {
				return
			}
		}
	}
}
