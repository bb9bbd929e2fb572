package notify

import "time"

// begin takes it that a notice, just composed, is about to be sent. What it
// settles belongs to the try until that has an outcome: what happens meanwhile
// is news.
func (d *dossier) begin(n Notice) {
	t := &try{Notice: n}
	switch n.Kind {
	case Down, PausedKind:
		t.Outage = d.Outage
	case FlapOver:
		t.Outage, t.Flap, d.Flap = d.Outage, d.Flap, nil
	}
	switch n.Kind {
	case Down, Up, Closed, Summary, PausedKind, FlapOver:
		t.Past, d.Past = d.Past, tally{}
	}
	d.Try = t
}

// doubt takes it that nobody knows whether the notice of the try was taken.
func (d *dossier) doubt() { d.Try.Doubtful = true }

// done takes it that the notice of the try was taken, or never will be: either
// way, nothing of it is left to tell.
func (d *dossier) done(now time.Time) {
	t := d.Try
	d.Try = nil
	switch n := t.Notice; n.Kind {
	case Down, PausedKind, FlapOver, Up, Closed, Summary:
		d.believe(t, now)
	case FlapBegun:
		if d.Flap != nil {
			d.Flap.Told = true
		}
	case Degrading:
		if d.Suspect != nil && d.Suspect.At.Equal(n.At) {
			d.Suspect.Told = true
		}
	case Well:
		if d.Suspect != nil && d.Suspect.Over != nil {
			d.Suspect = nil
		}
	case Reminder:
		d.Reminders, d.Reminded = n.Count, now
	}
}

// believe takes it that whoever reads the channel knows now of an outage, or of
// the end of all.
func (d *dossier) believe(t *try, now time.Time) {
	if t.Notice.Kind == PausedKind && d.Pause != nil && d.Pause.At.Equal(t.Notice.At) {
		d.Pause.Told = true
	}
	switch {
	case t.Outage != nil && (d.Told == nil || d.Told.Key != t.Outage.Key):
		d.Told, d.Reminders, d.Reminded = t.Outage, 0, now
	case t.Outage != nil:
		d.Reminded = now
	case d.Told != nil && (d.Outage == nil || d.Outage.Key != d.Told.Key):
		d.Told = nil
	}
}

// fail takes it that the notice of the try was not taken this time. If it cannot
// have been taken before, what it would have settled is to be told once more,
// with what has happened since.
func (d *dossier) fail() {
	t := d.Try
	if t.Doubtful {
		return
	}
	d.Try = nil
	t.Past.join(d.Past)
	d.Past = t.Past
	switch {
	case t.Flap == nil:
	case d.Flap == nil:
		d.Flap = t.Flap
	default: // restless again, which whoever reads the channel believes it is
		d.Flap.Told = d.Flap.Told || t.Flap.Told
		d.Flap.Due = d.Flap.Due || t.Flap.Due
	}
}
