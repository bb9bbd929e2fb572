package history

import (
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A painting is a ledger that is being made.
type painting struct {
	judged layer // what was believed of the target, in hindsight
	hidden layer // what kept it from being observed; "" while nothing did

	last    time.Time // of the last change
	back    time.Time // where the clock was last set back to
	outages int
}

// take paints what a change tells: from its moment on, and what it tells of the
// time before.
func (p *painting) take(c *health.Change) {
	at := c.At.Round(0)
	if at.Before(p.last) || c.Overlay == health.Stale && at.Before(c.Began) {
		p.back = at
	}
	p.last = at
	p.judge(c, at)
	if c.Overlay == health.Stale && c.Ended && c.Began.Before(at) {
		p.hidden.paint(c.Began, Unobserved, 0)
	}
	p.hidden.paint(at, hidden(c), 0)
}

// judge paints what was believed.
func (p *painting) judge(c *health.Change, at time.Time) {
	outage, from := 0, at
	switch {
	case c.To == health.Unhealthy && (c.Moved() || !p.down()):
		p.outages++
		outage, from = p.outages, p.beginning(began(c), at)
	case c.To == health.Unhealthy:
		outage = p.outages
	case c.From == health.Unhealthy && c.To.Up():
		from = p.beginning(c.Began, at)
	}
	p.judged.paint(from, judged(c.To), outage)
}

// down reports whether an outage goes on by what was taken last.
func (p *painting) down() bool {
	n := len(p.judged.cuts)
	return n > 0 && p.judged.cuts[n-1].state == Down
}

// beginning returns when a streak began that was decided on at a moment. One
// that seems to have begun later began before the clock was set back.
func (p *painting) beginning(began, at time.Time) time.Time {
	switch {
	case began.IsZero():
		return at
	case !began.After(at):
		return began
	case p.back.IsZero():
		return at
	}
	return p.back
}

// began returns when the outage began that goes on after a change.
func began(c *health.Change) time.Time {
	if !c.Moved() || c.Began.IsZero() {
		return c.Down
	}
	return c.Began
}
