package registration

import (
	"net/netip"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/health"
)

// A Registration is a check that an app signed up for.
type Registration struct {
	Spec  health.Spec `json:"spec"`
	Email string      `json:"email,omitempty"` // whom to mail, of compat

	Owner string     `json:"owner"`         // who signed it up: see [Caller.Identity]
	Addr  netip.Addr `json:"addr,omitzero"` // whence
	Hash  auth.Hash  `json:"hash"`          // of the owner's token

	Created  time.Time   `json:"created"`
	Renewed  time.Time   `json:"renewed"` // when it was signed up last
	Restarts int         `json:"restarts,omitempty"`
	Recent   []time.Time `json:"recent,omitempty"` // the last restarts, at most [CrashRestarts]
}

// An Outcome is what came of signing up.
type Outcome string

// The outcomes.
const (
	Created   Outcome = "created"
	Restarted Outcome = "restarted"  // it was signed up already, by the same owner
	TakenOver Outcome = "taken_over" // by another, whose app did not answer any more
	Changed   Outcome = "changed"
)

// A Receipt is what an app gets for signing up.
type Receipt struct {
	Registration
	Outcome Outcome
	Secret  string   // the owner's token; empty when it is the one that was shown
	Notes   []string // what was done otherwise than asked, and why
}
