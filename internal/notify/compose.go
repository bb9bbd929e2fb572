package notify

import (
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// compose returns the notice of a kind that is due, by what the journal said.
// A reader is who tells it: notices of another have other keys.
func (d *dossier) compose(kind Kind, reader string, r Route, now time.Time) Notice {
	n := Notice{Kind: kind, Route: r.Name, Check: d.Check, Status: d.Status}
	word := string(kind)
	m := d.cause(kind)
	n.take(m)
	switch kind {
	case Down:
		n.goesOn(d.Outage)
		n.recount(&d.Past)
	case Up, Closed, Summary:
		n.isOver(d.Past)
	case Reminder:
		n.goesOn(d.Told)
		n.At, n.Outage, n.Count = now.UTC(), health.Duration(max(0, now.Sub(d.Told.Began))), d.Reminders+1
		word = fmt.Sprintf("%s-%d", kind, n.Count)
	case FlapBegun:
		n.Began = m.At
	case FlapOver:
		n.settled(d)
	case PausedKind:
		n.Began, n.Reason, n.Text, n.Why = time.Time{}, "", "", m.Text
		n.recount(&d.Past)
		if d.Outage != nil {
			n.goesOn(d.Outage)
		}
	case Well:
		n.Began, n.Ended = d.Suspect.Began, m.Began
	}
	n.Key = fmt.Sprintf("%s/%s/%s/%d", reader, m.Key, word, m.At.UnixNano())
	return n
}

// cause returns the entry that makes a notice due: what its key is made from.
func (d *dossier) cause(kind Kind) mark {
	switch kind {
	case Down:
		return d.Outage.mark
	case Reminder:
		return d.Told.mark
	case Degrading:
		return d.Suspect.mark
	case Well:
		return *d.Suspect.Over
	case FlapBegun:
		return d.Flap.mark
	case FlapOver:
		return d.newest()
	case PausedKind:
		return d.Pause.mark
	}
	return d.Past.End
}

// newest returns the newest entry that a notice tells of by which restlessness is
// over: something may have happened since that could not be told.
func (d *dossier) newest() mark {
	m := *d.Flap.Over
	if d.Past.Count > 0 && d.Past.End.At.After(m.At) {
		m = d.Past.End
	}
	if d.Outage != nil && d.Outage.At.After(m.At) {
		m = d.Outage.mark
	}
	return m
}

// take takes what an entry says.
func (n *Notice) take(m mark) {
	n.At, n.Began, n.Observer, n.Reason, n.Text, n.By = m.At, m.Began, m.Observer, m.Reason, m.Text, m.By
}

// goesOn makes the notice about an outage that is not over.
func (n *Notice) goesOn(o *incident) {
	n.Incident, n.Began, n.Reason, n.Text, n.UpBefore = o.Key, o.Began, o.Reason, o.Text, o.UpBefore
}

// isOver makes the notice about outages that are over.
func (n *Notice) isOver(t tally) {
	last := t.Outages[len(t.Outages)-1]
	n.Status, n.Reason, n.Text, n.Began = t.End.Status, "", "", t.Outages[0].Began
	if t.Count == 1 {
		n.Incident, n.Outage, n.Reason = last.Incident, last.Length, last.Reason
	}
	if n.Kind == Summary {
		n.recount(&t)
	}
	if !last.Closed {
		n.Ended = t.End.Began
	}
}

// recount names what happened before and was not told to its end.
func (n *Notice) recount(t *tally) { n.Outages, n.Count = t.Outages, t.Count }

// settled makes the notice tell how the check is after it has been restless.
func (n *Notice) settled(d *dossier) {
	n.recount(&d.Past)
	n.Reason, n.Text, n.Began = "", "", d.UpSince
	if d.Outage != nil {
		n.goesOn(d.Outage)
	}
	if before := d.told(); (before == health.Unhealthy) != (n.Status == health.Unhealthy) {
		n.Was = before
	}
}
