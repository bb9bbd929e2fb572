package notify

import (
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// observe takes an entry about the check. Wanted: the check tells the route. What
// moves nothing makes nothing due, nor does it tell that an outage goes on.
func (d *dossier) observe(e event.Recorded, r Route, wanted bool, now time.Time) {
	c, m := e.Change, markOf(e)
	if c.Mark != "" {
		return
	}
	if wanted {
		d.ripen(c, r)
	}
	held, behind := d.held(), d.has(health.Behind)
	if c.Moved() {
		d.move(m, c, r, now)
	} else if c.Overlay == health.Paused && !c.Ended {
		d.pause(m)
	}
	d.Status, d.Overlays = c.To, c.Overlays
	if held && !d.held() {
		d.Freed, d.Unasked = c.At, behind && d.Outage != nil
	}
	if !d.has(health.Paused) {
		d.Pause = nil
	}
	d.restless(m)
	if wanted {
		d.dueAtOnce(r)
	}
}

// ripen makes the outage due that goes on until a change, if it should have
// been told before that: whoever reads late must not keep it to themselves.
func (d *dossier) ripen(c *health.Change, r Route) {
	until := c.At
	if c.Moved() && c.From == health.Unhealthy {
		until = c.Began // of a recovery, its first pass
	}
	o := d.Outage
	if o == nil || d.held() || d.Unasked || until.Before(d.Freed) {
		return
	}
	o.Due = o.Due || !until.Before(o.Began.Add(d.after(r)))
}

// dueAtOnce makes due what needs not wait.
func (d *dossier) dueAtOnce(r Route) {
	if d.Outage != nil && d.Outage.At.After(d.Freed) && !d.held() && d.after(r) == 0 {
		d.Outage.Due = true
	}
	if d.Flap != nil && d.Flap.Over == nil && !d.excused() {
		d.Flap.Due = true
	}
}

// move takes a move from one status to another.
func (d *dossier) move(m mark, c *health.Change, r Route, now time.Time) {
	if o := d.Outage; o != nil && o.Key == m.Key && o.At.Equal(m.At) {
		return // the desk has surveyed it
	}
	if d.Outage != nil {
		d.end(m, c, r)
	}
	d.suspect(m, c)
	switch {
	case c.To == health.Unhealthy:
		d.Outage = &incident{mark: m, seen: now}
		if !d.UpSince.IsZero() {
			d.Outage.UpBefore = health.Duration(max(0, c.Began.Sub(d.UpSince)))
		}
		d.UpSince = time.Time{}
	case c.To == health.Unknown:
		d.UpSince = time.Time{}
	case !c.From.Up():
		d.UpSince = c.Began
	}
}

// end takes it that the outage is over. Nobody saw its end when what comes is
// no recovery. It is worth telling when it was due, or told, or one of those
// that restlessness stands for.
func (d *dossier) end(m mark, c *health.Change, r Route) {
	o := d.Outage
	d.Outage, d.Unasked = nil, false
	recovered := c.From == health.Unhealthy && c.To.Up()
	past := Outage{Incident: o.Key, Began: o.Began, Length: c.Outage, Reason: o.Reason, Closed: !recovered}
	if !recovered {
		past.Length = health.Duration(max(0, c.At.Sub(o.Began)))
	}
	long := time.Duration(past.Length) >= d.after(r)
	restless := d.Flap != nil && d.Flap.Due && d.Flap.Over == nil && !d.excused()
	if d.knows(o.Key) || long && (o.Due || restless) {
		d.Past.add(past, m)
	}
}

// suspect takes what a move means for a suspicion. That one is over is told of
// portreeve's own checks only.
func (d *dossier) suspect(m mark, c *health.Change) {
	switch {
	case c.To == health.Degrading && c.From != health.Unhealthy:
		d.Suspect = &suspicion{mark: m}
	case d.Suspect == nil:
	case d.self() && c.To == health.Healthy && (d.Suspect.Told || d.trying(Degrading)):
		d.Suspect.Over = &m
	default:
		d.Suspect = nil
	}
}

// pause takes it that nobody asks any more. That is news for whoever was told of
// the outage, and when nobody wanted it. Of another outage there is nothing to
// tell any more: who asks again will begin at UNKNOWN.
func (d *dossier) pause(m mark) {
	switch {
	case d.Outage != nil && (d.Outage.Due || d.knows(d.Outage.Key)), m.By == health.AfterOutage:
		d.Pause = &spell{mark: m}
	default:
		d.Outage = nil
	}
}

// restless takes whether the check flaps. Restlessness that begins again before
// its end could be told has not ended; one that began and ended while alerts
// were held back has not been.
func (d *dossier) restless(m mark) {
	on := d.has(health.Flapping)
	switch {
	case on && d.Flap == nil:
		d.Flap = &spell{mark: m}
	case d.Flap == nil:
	case on:
		d.Flap.Over = nil
	case !d.Flap.Due && !d.Flap.Told:
		d.Flap = nil
	case d.Flap.Over == nil:
		d.Flap.Over = &m
	}
}

// trying reports whether a notice of a kind is on its way.
func (d *dossier) trying(k Kind) bool { return d.Try != nil && d.Try.Notice.Kind == k }
