package notify

import (
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// A file is a dossier on the desk.
type file struct {
	*dossier
	inLine bool // a notice waits for its turn
	busy   bool // a notice is being sent
	behind bool // a notice waits to be sent again
	tries  int  // in a row that have failed
	retry  time.Time

	wake  time.Time // when to look at it again; zero: when something happens
	place int       // among the wakes, from 1; 0: none
}

// waits reports whether a notice is due that has not been told.
func (f *file) waits() bool { return f.inLine || f.busy || f.behind }

// observe takes an entry of the journal.
func (d *Desk) observe(e event.Recorded, now time.Time) {
	if e.Change.Mark != "" {
		return // the rules pass it over: there is nothing to write down
	}
	name := e.Change.Check
	facts := d.facts(name, nil)
	f := d.files[name]
	if f == nil {
		if !facts.wanted && e.Change.To != health.Unhealthy {
			return // an outage is followed, too, where nobody is told: the check may be given to the route in it
		}
		f = &file{dossier: &dossier{Check: name}}
		d.files[name] = f
	}
	f.observe(e, *d.route.Load(), facts.wanted, now)
	d.ledger.change(f)
	d.review(f, now)
}

// review finds out what is to be told of a check now, and else when to look
// again.
func (d *Desk) review(f *file, now time.Time) {
	defer d.count(f, f.waits())
	if f.inLine || f.busy {
		return // it will be looked at when its turn comes, or its outcome
	}
	kind, wake := f.next(now, *d.route.Load(), d.facts(f.Check, f.dossier))
	f.behind = kind != "" && now.Before(f.retry)
	switch {
	case f.behind:
		wake = f.retry
	case kind != "":
		f.inLine = true
		d.line.push(f)
	case f.empty():
		d.forget(f)
		return
	}
	d.wakes.set(f, wake)
}

// count keeps the length of the queue.
func (d *Desk) count(f *file, waited bool) {
	switch waits := f.waits(); {
	case waits && !waited:
		d.queue.Add(1)
	case !waits && waited:
		d.queue.Add(-1)
	}
}

// reviewAll looks at everything again.
func (d *Desk) reviewAll() {
	now := time.Now()
	for _, f := range d.files {
		d.review(f, now)
	}
}

// forget drops a file with nothing in it.
func (d *Desk) forget(f *file) {
	d.wakes.set(f, time.Time{})
	delete(d.files, f.Check)
	d.ledger.drop(f)
}

// awake looks at what it is time for.
func (d *Desk) awake(now time.Time) {
	for {
		f := d.wakes.pop(now)
		if f == nil {
			break
		}
		d.review(f, now)
	}
	if now.Sub(d.swept) >= sweepEvery {
		d.sweep(now)
	}
}

// sweep forgets checks that are no more.
func (d *Desk) sweep(now time.Time) {
	d.swept = now
	for name, f := range d.files {
		if f.quiet() && !f.waits() && d.site.Check(name) == nil {
			d.forget(f)
		}
	}
}

// rest returns how long nothing is to be done unless something happens.
func (d *Desk) rest(now time.Time) time.Duration {
	rest := longest
	if at := d.wakes.first(); !at.IsZero() {
		rest = min(rest, at.Sub(now))
	}
	if len(d.line.files) > 0 && d.sending < d.room() {
		rest = min(rest, d.channel.until.Sub(now))
	}
	if at := d.ledger.due(now); !at.IsZero() {
		rest = min(rest, at.Sub(now))
	}
	return max(rest, 0)
}
