package history

import (
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// An Incident is an outage and what is known of it.
type Incident struct {
	// Key names it for ever: that of the change that began it, as check/shop/12.
	// It is empty when the entries at hand do not have that change.
	Key   string    `json:"key,omitempty"`
	Check string    `json:"check"`
	Began time.Time `json:"began"` // the first failure
	// Ended is when the first pass came; of one that is Closed, since when nobody
	// looks; zero while it goes on.
	Ended time.Time `json:"ended,omitzero"`
	// Outage is how long it was, by a clock that nobody sets; 0 while it goes on.
	Outage health.Duration `json:"outage,omitempty"`
	// Closed: nobody saw the end. The check was changed, removed, or asked anew
	// after a pause.
	Closed bool `json:"closed,omitempty"`

	Observer string        `json:"observer,omitempty"` // the host that saw it begin
	Reason   health.Reason `json:"reason,omitempty"`
	Text     foreign.Text  `json:"text,omitempty"` // the evidence
	// Overlays were in force when it was decided that this is an outage.
	Overlays []health.Overlay `json:"overlays,omitempty"`

	// Ack says who looks after it; the registry knows.
	Ack *health.Acknowledgement `json:"acknowledgement,omitempty"`
}

// Open reports whether the outage goes on.
func (i *Incident) Open() bool { return i.Ended.IsZero() }

// Lasts returns how long the outage was, or has been until now while it goes on.
func (i *Incident) Lasts(now time.Time) time.Duration {
	if i.Open() {
		return max(now.Sub(i.Began), 0)
	}
	return time.Duration(i.Outage)
}

// Incidents returns the outages that changes tell of, of one check or of many,
// in the order in which they were decided. The changes are in the journal's
// order; it is enough to have those to and from UNHEALTHY
// ([event.Query.Outages]). An outage that began before the first of them has
// no Key; one of which neither beginning nor length is known is left out.
func Incidents(changes []event.Recorded) []Incident {
	f := incidents{open: map[string]int{}, unseen: map[string]time.Time{}}
	for i := range changes {
		if changes[i].Change != nil {
			f.take(&changes[i].Entry)
		}
	}
	return f.found
}

// incidents are found as changes come.
type incidents struct {
	found  []Incident
	open   map[string]int       // by check: which one goes on
	unseen map[string]time.Time // by check: since when an open one is paused
}

func (f *incidents) take(e *event.Entry) {
	c := e.Change
	i, open := f.open[c.Check]
	switch {
	case !c.Moved():
		f.circumstance(c, open)
	case c.To == health.Unhealthy:
		f.begin(Incident{
			Key: e.Key(), Check: c.Check, Began: began(c), Observer: e.Observer, Reason: c.Reason, Text: c.Text, Overlays: c.Overlays,
		})
	case open:
		f.end(&f.found[i], c)
	case c.From == health.Unhealthy && c.Outage > 0:
		f.begin(Incident{Check: c.Check, Began: c.Began.Add(-time.Duration(c.Outage))})
		f.end(&f.found[len(f.found)-1], c)
	}
}

// circumstance takes an overlay's change, which may be all that is left of the
// beginning of an outage.
func (f *incidents) circumstance(c *health.Change, open bool) {
	if c.To == health.Unhealthy && !open && !c.Down.IsZero() {
		f.begin(Incident{Check: c.Check, Began: c.Down})
	}
	if c.Overlay == health.Paused && !c.Ended {
		f.unseen[c.Check] = c.At
	} else if c.Overlay == health.Paused && c.To == health.Unhealthy {
		delete(f.unseen, c.Check)
	}
}

func (f *incidents) begin(i Incident) {
	if last, open := f.open[i.Check]; open { // nobody told of its end
		f.close(&f.found[last], i.Began)
	}
	f.open[i.Check] = len(f.found)
	f.found = append(f.found, i)
	delete(f.unseen, i.Check)
}

// end ends an incident, or closes it when nobody saw the end.
func (f *incidents) end(i *Incident, c *health.Change) {
	if c.From == health.Unhealthy && c.To.Up() {
		i.Ended, i.Outage = c.Began, c.Outage
	} else {
		f.close(i, c.At)
	}
	delete(f.open, c.Check)
	delete(f.unseen, c.Check)
}

// close ends an incident of which nobody saw the end: when the check was paused
// in it, and else at a moment.
func (f *incidents) close(i *Incident, at time.Time) {
	if paused, ok := f.unseen[i.Check]; ok {
		at = paused
	}
	i.Closed, i.Ended = true, at
	i.Outage = health.Duration(max(at.Sub(i.Began), 0))
}
