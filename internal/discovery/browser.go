package discovery

import (
	"slices"
	"time"
)

// A browser is the role of Browse while it runs.
type browser struct {
	*node
	serviceType string
	domain      name
	tell        func(Found)
	views       map[int]*view // by the index of the interface
}

func (b *browser) join(l *link) {
	v, ok := b.views[l.index]
	if !ok {
		v = newView(l, b.domain)
		b.views[l.index] = v
	}
	v.links = append(v.links, l)
	clear(v.asking) // there may be others: ask anew
	v.next = time.Now()
}

func (b *browser) alter(*link) {}

// part forgets what was heard on an interface that can be heard no more.
func (b *browser) part(l *link) {
	v := b.views[l.index]
	v.links = slices.DeleteFunc(v.links, func(other *link) bool { return other == l })
	if len(v.links) > 0 {
		return
	}
	delete(b.views, l.index)
	for _, s := range v.sights {
		b.tellAll(s.lose())
	}
}

func (b *browser) leave() {}

// hear learns from answers. Only those count that come from where responders
// speak (RFC 6762, 6).
func (b *browser) hear(h heard) {
	if !h.response || h.from.addr.Port() != mdnsPort {
		return
	}
	v := b.views[h.link.index]
	if v.cache.learn(slices.Concat(h.answers, h.additionals), time.Now()) {
		v.changed()
	}
	if v.cache.full && !v.crowded {
		v.crowded = true
		b.log.Warn("discovery: too many services, some are left out", "type", b.serviceType, "interface", v.name)
	}
}

// act looks through the views for which it is time.
func (b *browser) act() time.Time {
	now := time.Now()
	next := now.Add(idle)
	for _, v := range b.views {
		if !v.next.After(now) {
			b.look(v, now)
		}
		next = earlier(next, v.next)
	}
	return next
}

// look forgets what is old, tells what changed, and asks what must be asked.
func (b *browser) look(v *view, now time.Time) {
	v.looked, v.next = now, now.Add(idle)
	v.cache.expire(now)
	b.tellAll(v.news(b.serviceType, now))
	b.ask(v, now)
	v.next = v.due(v.cache.due(v.next))
	if soonest := now.Add(lookEvery); v.next.Before(soonest) {
		v.next = soonest
	}
}

func (b *browser) tellAll(news []Found) {
	for _, f := range news {
		b.tell(f)
	}
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
