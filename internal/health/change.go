package health

import (
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

// A Change is a move of a check from one status to another, with the result
// that caused it.
type Change struct {
	Check  string       `json:"check"`
	From   Status       `json:"from"`
	To     Status       `json:"to"`
	At     time.Time    `json:"at"` // of the result that decided
	Reason Reason       `json:"reason,omitempty"`
	Text   foreign.Text `json:"text,omitempty"`
	// Began is when the streak of results behind the change began: for an
	// outage its first failure, for a recovery its first pass.
	Began time.Time `json:"began"`
	// Outage is set when To is Healthy and From is Unhealthy: from the first
	// failure to the first pass, so it does not depend on the thresholds.
	Outage Duration `json:"outage,omitempty"`
}

// A State is what is believed of a check now, and the last result behind it.
type State struct {
	Spec   Spec      `json:"spec"`
	Status Status    `json:"status"`
	Since  time.Time `json:"since"` // of the status; zero while it has had no result
	Last   *Result   `json:"last"`  // null before the first result
	Fails  int       `json:"consecutive_failures"`
}
