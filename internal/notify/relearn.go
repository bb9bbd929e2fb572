package notify

import (
	"fmt"
	"math"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// relearn takes what is so from the site, since what happened is lost with the
// journal that had it, and has everything written down again: the journal that
// there is now is another.
func (d *Desk) relearn(now time.Time) {
	r := *d.route.Load()
	down, _ := d.site.Failing(math.MaxInt)
	for _, name := range down {
		if d.files[name] == nil { // it was well, and nothing was to be remembered of it
			d.files[name] = &file{dossier: &dossier{Check: name}}
		}
	}
	for _, f := range d.files {
		f.relearn(d.site.Check(f.Check), r, now)
		d.ledger.change(f)
		d.review(f, now)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, p := range d.parked {
		d.ledger.note(p.note())
	}
}

// relearn takes a state, nil for a check that is no more, for what happened up to
// now. Of an outage that does not go on nobody saw the end; of one that nobody
// heard of the state says when it began.
func (d *dossier) relearn(st *health.State, r Route, now time.Time) {
	m := mark{Key: fmt.Sprintf("%s/lost-%d", event.CheckStream(d.Check), now.Unix()), At: now.UTC(), Began: now.UTC(), Status: health.Unknown}
	var overlays []health.Overlay
	if st != nil {
		m.Status, overlays = st.Status, st.Overlays
	}
	switch down := m.Status == health.Unhealthy; {
	case !down && d.Outage != nil:
		d.end(m, &health.Change{From: health.Unknown, To: m.Status, At: m.At}, r)
	case down && d.Outage == nil:
		d.Outage = begun(m, st, now)
	}
	d.Status, d.Overlays = m.Status, overlays
	d.restless(m)
}

// begun returns the outage that a state tells of.
func begun(m mark, st *health.State, now time.Time) *incident {
	if m.Began = st.Down; m.Began.IsZero() {
		m.Began = st.Since
	}
	if last := st.Last; last != nil {
		m.Observer, m.Reason, m.Text = last.Observer, last.Reason, cut(last.Text)
	}
	return &incident{mark: m, seen: now}
}
