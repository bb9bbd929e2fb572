package history

import (
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A State is what a check's history says of a moment.
type State string

// The states. Up, Degrading and Down were observed, the others were not.
const (
	Up          State = "up"
	Degrading   State = "degrading" // suspected, or up with a warning: counts as up
	Down        State = "down"
	Unobserved  State = "unobserved"  // not judged yet, or portreeve was not running or could not see
	Paused      State = "paused"      // nobody asked
	Maintenance State = "maintenance" // trouble was expected
	Unreachable State = "unreachable" // a parent was down
)

// States lists every state.
func States() []State {
	return []State{Up, Degrading, Down, Unobserved, Paused, Maintenance, Unreachable}
}

// Observed reports whether the state tells of the target.
func (s State) Observed() bool { return s == Up || s == Degrading || s == Down }

// A Span is a time through which one state held.
type Span struct {
	From  time.Time `json:"from"`
	Until time.Time `json:"until"` // the first moment after it
	State State     `json:"state"`

	outage int // which one of the ledger's, from 1; of a span that is Down
}

func (s Span) length() time.Duration { return s.Until.Sub(s.From) }

// judged returns what a status says by itself.
func judged(s health.Status) State {
	switch s {
	case health.Healthy:
		return Up
	case health.Degrading:
		return Degrading
	case health.Unhealthy:
		return Down
	}
	return Unobserved
}

// hidden returns what keeps a status from being observed, "" when nothing
// does.
func hidden(c *health.Change) State {
	switch {
	case c.Has(health.Paused):
		return Paused
	case c.Has(health.Maintenance):
		return Maintenance
	case c.Has(health.Behind):
		return Unreachable
	case c.Has(health.Stale):
		return Unobserved
	}
	return ""
}
