package watch

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A circumstance is an overlay that does not follow from the results: whether
// it is in force, and whether the journal says so. The two differ between the
// start, when what the journal says is taken up, and [Checks.Run], by when
// everybody has said what is.
type circumstance struct {
	holds, told bool
	by          foreign.Text // who asked for it, or for its end
	why         foreign.Text // what they said it is for
}

// The circumstances of a target, in the order of [health.Overlays].
const (
	paused = iota
	maintained
	behind
	circumstances
)

// overlayOf returns the overlay that tells a circumstance.
func overlayOf(i int) health.Overlay {
	return [circumstances]health.Overlay{health.Paused, health.Maintenance, health.Behind}[i]
}

// configured is who asked for what the configuration says.
const configured = "configuration"

// settle returns the changes by which the journal says what is: what ended, the
// innermost first, and what began.
func (t *target) settle(at time.Time) []health.Change {
	var changes []health.Change
	for i := range t.around {
		if c := &t.around[circumstances-1-i]; c.told && !c.holds {
			changes = append(changes, t.turn(circumstances-1-i, at))
		}
	}
	for i := range t.around {
		if c := &t.around[i]; c.holds && !c.told {
			changes = append(changes, t.turn(i, at))
		}
	}
	return changes
}

// turn returns the change by which the journal says what is of one circumstance.
func (t *target) turn(i int, at time.Time) health.Change {
	c := &t.around[i]
	c.told = c.holds
	change := t.tracker.Turn(overlayOf(i), !c.holds, at)
	change.By, change.Text = c.by, c.why
	return t.mark(change)
}

// mark has a change of the tracker's say which circumstances are in force, and
// of which question it is.
func (t *target) mark(c health.Change) health.Change {
	var all []health.Overlay
	for i := range t.around {
		if t.around[i].told {
			all = append(all, overlayOf(i))
		}
	}
	if len(all) > 0 { // before FLAPPING
		c.Overlays = append(all, c.Overlays...)
	}
	c.Epoch = t.asks
	return c
}

// moved counts the tracker's changes and completes them. Whether a parent
// explains a status is part of its change already, so that nobody takes an
// outage for one of its own; the overlay's own change follows by settle.
func (t *target) moved(changes []health.Change) []health.Change {
	before := t.around[behind].told
	for i := range changes {
		if c := &changes[i]; c.Moved() {
			t.moves = t.moves.And(c.To)
			t.around[behind].told = t.around[behind].holds
			if c.From == health.Unhealthy && c.To.Up() {
				t.back = c.At
			}
		}
		changes[i] = t.mark(changes[i])
	}
	t.around[behind].told = before
	return changes
}

// restart begins a new epoch: what was believed is forgotten, what was counted
// is not. It returns the changes that close what was open.
func (t *target) restart(now time.Time) []health.Change {
	t.last, t.said, t.failed, t.back = nil, complaint{}, time.Time{}, time.Time{}
	t.around[behind].holds = false
	t.release()
	return t.moved(t.tracker.Restart(t.spec, now))
}

// leave is restart for one that is no more: no circumstance is left either.
func (t *target) leave(now time.Time) []health.Change {
	closed := t.restart(now)
	for i := range t.around {
		t.around[i] = circumstance{told: t.around[i].told}
	}
	return append(closed, t.settle(now)...)
}
