package notify

import (
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

const (
	// again is how soon the facts are looked at again that keep an outage from
	// being told.
	again = time.Second
	// perhaps is the same for an outage of a check that does not tell the route: a
	// reload may change that, and no entry says so.
	perhaps = 10 * time.Second
)

// facts are what is so at the moment, beyond what the journal says.
type facts struct {
	known        bool // there is such a check
	wanted       bool // and it tells the route
	asked        time.Time
	passing      bool // its last answer passed, whatever is believed
	acknowledged bool // somebody looks after the outage that was told
}

// next returns what is to be told now, and else when to look again; a zero time
// means not before something happens.
func (d *dossier) next(now time.Time, r Route, f facts) (Kind, time.Time) {
	if d.Try != nil {
		return d.Try.Notice.Kind, time.Time{}
	}
	if f.known && !f.wanted {
		d.forgo()
	}
	wake := d.mature(now, r, f)
	if kind := d.news(r); kind != "" {
		return kind, time.Time{}
	}
	if d.Flap != nil {
		return "", wake
	}
	kind, at := d.suspected(now, r, f)
	if kind == "" {
		wake = earlier(wake, at)
		kind, at = d.remind(now, r, f)
	}
	return kind, earlier(wake, at)
}

// news returns what is to be told of what has happened. The end of
// restlessness tells everything; a new outage, or a pause in one, tells what was
// before it too.
func (d *dossier) news(r Route) Kind {
	if d.Past.Count > 0 && !r.Recovery && d.solitary() {
		d.Past, d.Told = tally{}, nil // nobody wants to know
	}
	flap, o := d.Flap, d.Outage
	switch {
	case d.Pause != nil && !d.Pause.Told:
		return PausedKind
	case flap != nil && flap.Over != nil:
		return FlapOver
	case flap != nil && flap.Due && !flap.Told:
		return FlapBegun
	case flap != nil:
		return ""
	case o != nil && o.Due && !d.knows(o.Key):
		return Down
	case d.Past.Count == 0:
		return ""
	case !d.solitary():
		return Summary
	case d.Past.Outages[0].Closed:
		return Closed
	}
	return Up
}

// solitary reports whether the only outage to tell of is the one that was told.
func (d *dossier) solitary() bool {
	return d.Past.Count == 1 && d.Told != nil && d.Past.Outages[0].Incident == d.Told.Key
}

// mature makes due what has gone on for long enough and is not held back, and
// returns when to look again.
//
// What waited must still be so: a target that answers again is given the time
// to recover, and so is one whose parent has just come back, or that nobody has
// asked since the start.
func (d *dossier) mature(now time.Time, r Route, f facts) time.Time {
	if !f.wanted {
		return d.unwanted(now, f)
	}
	if d.Flap != nil && d.Flap.Over == nil && !d.excused() {
		d.Flap.Due = true
	}
	o := d.Outage
	if o == nil || o.Due || d.held() || d.knows(o.Key) {
		return time.Time{}
	}
	if o.seen.IsZero() {
		o.seen = now
	}
	at := earlier(o.Began.Add(d.after(r)), o.seen.Add(d.after(r)))
	if now.Before(at) {
		return at
	}
	fails := !f.passing && !f.asked.IsZero() && (!d.Unasked || f.asked.After(d.Freed))
	if !fails && !d.self() {
		return now.Add(again)
	}
	o.Due, d.Unasked = true, false
	return time.Time{}
}

// unwanted returns when to look again at a check that does not tell the route.
func (d *dossier) unwanted(now time.Time, f facts) time.Time {
	if !f.known || d.Outage == nil || d.knows(d.Outage.Key) {
		return time.Time{}
	}
	return now.Add(perhaps)
}

// suspected returns whether a suspicion, or its end, is to be told.
func (d *dossier) suspected(now time.Time, r Route, f facts) (Kind, time.Time) {
	s := d.Suspect
	switch {
	case s == nil:
	case s.Over != nil && s.Told && r.Recovery:
		return Well, time.Time{}
	case s.Over != nil:
		d.Suspect = nil
	case s.Told || !f.wanted || d.held() || !r.Degrading && !d.self():
	case now.Before(s.Began.Add(d.after(r))):
		return "", s.Began.Add(d.after(r))
	default:
		return Degrading, time.Time{}
	}
	return "", time.Time{}
}

// remind returns whether it is time to say that the outage goes on. A reminder
// that would come at a time for none is left out.
func (d *dossier) remind(now time.Time, r Route, f facts) (Kind, time.Time) {
	o := d.Outage
	if o == nil || d.Told == nil || d.Told.Key != o.Key || r.RemindEvery <= 0 || !f.wanted {
		return "", time.Time{}
	}
	at := d.Reminded.Add(r.RemindEvery)
	if now.Before(at) {
		return "", at
	}
	if !f.acknowledged && !d.held() {
		return Reminder, time.Time{}
	}
	d.Reminded = at.Add(now.Sub(at).Truncate(r.RemindEvery))
	return "", d.Reminded.Add(r.RemindEvery)
}

// forgo drops what has not been told of a check that does not tell the route any
// more. What has been is followed to its end, and so is an outage that goes on: it
// is told if the check comes to tell the route in it.
func (d *dossier) forgo() {
	if d.Outage != nil && !d.knows(d.Outage.Key) {
		d.Outage.Due = false
	}
	if d.Told == nil {
		d.Past = tally{}
	} else {
		d.Past = d.Past.only(d.Told.Key)
	}
	if d.Flap != nil && !d.Flap.Told {
		d.Flap = nil
	}
	if d.Suspect != nil && !d.Suspect.Told {
		d.Suspect = nil
	}
	d.Pause, d.UpSince = nil, time.Time{}
}

// earlier returns the earlier of two times; a zero one is none.
func earlier(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

// told returns the status that whoever reads the channel believes in.
func (d *dossier) told() health.Status {
	if d.Told != nil {
		return health.Unhealthy
	}
	return health.Healthy
}
