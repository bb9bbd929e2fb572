package health

import (
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Change is a move of a check from one status to another, with the result
// that caused it; or the beginning or end of an overlay, or a mark, with From and
// To equal. One to Unknown says that nothing is believed any more: the check was
// changed, removed, or asked again after a pause. From Unhealthy, that closes an
// outage of which nobody saw the end.
type Change struct {
	Check  string    `json:"check"`
	From   Status    `json:"from"`
	To     Status    `json:"to"`
	At     time.Time `json:"at"` // of the result that decided
	Reason Reason    `json:"reason,omitempty"`
	// Text is the reason for people, with evidence; of an overlay that somebody
	// asked for, what they said it is for.
	Text foreign.Text `json:"text,omitempty"`
	// Began is when the streak of results behind the change began: for an
	// outage its first failure, for a recovery its first pass.
	Began time.Time `json:"began"`
	// Outage is set when From is Unhealthy and To is up: from the first failure
	// to the first pass, so it does not depend on the thresholds.
	Outage Duration `json:"outage,omitempty"`
	// Overlay is set when it is an overlay that began, or ended. STALE is told
	// only when it ends: nobody observed the target from Began to At.
	Overlay Overlay `json:"overlay,omitempty"`
	Ended   bool    `json:"ended,omitempty"`
	// Mark is set when it is neither: something that happened to the check, with
	// From and To equal; Text says what, By who did it.
	Mark Mark `json:"mark,omitempty"`
	// By is who asked for the overlay: the name of a token, or what configured it.
	By foreign.Text `json:"by,omitempty"`

	// Down and Overlays are what holds after the change, with To: when the outage
	// began that is not over, and the circumstances in force. So the newest change
	// of a check says all that a restart has to know of it.
	Down     time.Time `json:"down_since,omitzero"`
	Overlays []Overlay `json:"overlays,omitempty"`
	// Since is when the status began, where the change did not move it.
	Since time.Time `json:"since,omitzero"`
	// Epoch is a code of the question that was asked: what is believed of one is
	// not believed of another that has the same check's name.
	Epoch string `json:"epoch,omitempty"`
}

// A Mark is something that happens to a check and moves nothing.
type Mark string

// The marks.
const (
	Registered   Mark = "registered" // an app signed it up
	Restarted    Mark = "restarted"  // the app that signed it up did so again
	TakenOver    Mark = "taken_over" // another did, for the app did not answer any more
	Deregistered Mark = "removed"    // the app signed it off
	Released     Mark = "released"   // its answers tell of another release than before
)

// Moved reports whether the change is from one status to another, and neither an
// overlay's nor a mark.
func (c *Change) Moved() bool { return c.Overlay == "" && c.Mark == "" }

// observed returns a moment by which whoever wrote the change had observed the
// target. Of a mark that is when the status began: nobody needs to look to make
// one.
func (c *Change) observed() time.Time {
	if c.Mark != "" {
		return c.Since
	}
	return c.At
}

// AfterOutage is By of a pause that nobody asked for: the check had been down for
// too long.
const AfterOutage foreign.Text = "pause_after"

// Has reports whether an overlay is in force after the change.
func (c *Change) Has(o Overlay) bool { return slices.Contains(c.Overlays, o) }

// A State is what is believed of a check now, and the last result behind it.
// It is immutable: its maker makes a new one for each result.
type State struct {
	Spec     *Spec     `json:"spec"`
	Status   Status    `json:"status"`
	Overlays []Overlay `json:"overlays,omitempty"`
	Since    time.Time `json:"since"` // of the status; zero while it has had no result
	// Down is when the outage began that is not over yet: its first failure.
	Down   time.Time `json:"down_since,omitzero"`
	Last   *Result   `json:"last"` // null before the first result
	Fails  int       `json:"consecutive_failures"`
	Passes int       `json:"consecutive_passes"`
	// Next is when the check is due again; zero when it is not.
	Next time.Time `json:"next_due,omitzero"`
	// Flap is how restless the results are, in percent.
	Flap float64 `json:"flap_percent"`
	// Unknowns counts the results that were void for a fault of our own, by
	// reason.
	Unknowns map[Reason]uint64 `json:"unknown_results,omitempty"`
	// Moves counts the moves to each status.
	Moves Moves `json:"-"`
}

// Has reports whether the status is to be read with an overlay.
func (s *State) Has(o Overlay) bool { return slices.Contains(s.Overlays, o) }

// Self reports whether the change is about portreeve itself.
func (c *Change) Self() bool { return strings.HasPrefix(c.Check, SelfPrefix) }
