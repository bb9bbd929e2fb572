package notify

import (
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// Inherit takes it that the outages which are open in these entries, the newest
// of their streams, have been told by this channel before, though the journal
// that knew of it is lost. Call it between Begin and Run, for a desk that is new
// to the journal; what it remembers itself it knows better.
func (d *Desk) Inherit(heads []event.Entry) {
	for _, e := range heads {
		c := e.Change
		if c == nil || c.To != health.Unhealthy || !d.facts(c.Check, nil).wanted {
			continue
		}
		f := d.files[c.Check]
		if f == nil {
			f = &file{dossier: &dossier{Check: c.Check}}
			d.files[c.Check] = f
		} else if f.Told != nil || f.Try != nil {
			continue
		}
		f.inherit(event.Recorded{Entry: e}, time.Now())
		d.ledger.change(f)
	}
}

// inherit takes the newest entry of a check that is down for all that is known
// of its outage, and that for told.
func (d *dossier) inherit(e event.Recorded, now time.Time) {
	o := &incident{mark: markOf(e), Due: true, seen: now}
	if o.Began = e.Change.Down; o.Began.IsZero() {
		o.Began = e.Change.Began
	}
	if !e.Change.Moved() {
		o.Reason, o.Text, o.By = "", "", "" // what it says is of something else
	}
	d.Status, d.Overlays = e.Change.To, e.Change.Overlays
	d.Outage, d.Told, d.Reminded = o, o, now
	d.restless(o.mark)
}
