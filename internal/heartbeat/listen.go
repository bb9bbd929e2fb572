package heartbeat

import (
	"context"
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// attention bounds how long the canary is waited for.
const attention = 2 * time.Second

// A fault is why we cannot hear a sender; the zero one is none.
type fault struct {
	reason health.Reason
	text   foreign.Text
}

// listen finds out whether a sender could be heard, once its next signal may come,
// and until what was wrong with us is over.
func (b *Book) listen(spec *health.Spec, now time.Time) fault {
	sender := b.wanted(spec, now)
	if b.Canary == nil || !sender.IsValid() {
		return fault{}
	}
	ctx, cancel := context.WithTimeout(context.Background(), attention)
	defer cancel()
	reason, text := b.Canary.Excuse(ctx, sender)
	return fault{reason, text}
}

// wanted returns the address of a sender whose signal may come now, or is late;
// the zero Addr for one who was just heard, or is silent already.
func (b *Book) wanted(spec *health.Spec, now time.Time) netip.Addr {
	b.mu.Lock()
	defer b.mu.Unlock()
	p := b.pages[spec.Name]
	if p == nil || p.gone || p.Silent != 0 {
		return netip.Addr{}
	}
	fresh := now.Sub(p.From) < time.Duration(spec.Interval) || now.Before(p.awaited(spec))
	if fresh && p.Deaf.IsZero() {
		return netip.Addr{}
	}
	return p.Sender
}

// hark notes whether the sender can be heard. When it can again, the time since it
// was asked for last in health, or heard, is an absence as any.
func (p *page) hark(spec *health.Spec, now time.Time, f fault) {
	switch {
	case f.reason == "" && !p.Deaf.IsZero():
		p.excuse(spec, absence{p.Deaf, now}, now)
		p.Deaf = time.Time{}
		p.changed()
	case f.reason != "" && p.Deaf.IsZero():
		if p.Deaf = p.asked.UTC(); p.From.After(p.asked) {
			p.Deaf = p.From
		}
		p.changed()
	}
}
