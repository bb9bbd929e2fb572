package registration

import (
	"net/netip"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
	"github.com/portreeve/portreeve/internal/health"
)

// A Registration is a check that an app signed up for.
type Registration struct {
	Spec  health.Spec `json:"spec"`
	Email string      `json:"email,omitempty"` // whom to mail, of compat
	// DefaultAlerts is set when the app named no routes: it has those that the
	// configuration gives to such apps, also when they change.
	DefaultAlerts bool `json:"default_alerts,omitempty"`

	Owner string     `json:"owner"`         // who signed it up: see [Caller.Identity]
	Addr  netip.Addr `json:"addr,omitzero"` // whence
	Hash  auth.Hash  `json:"hash,omitzero"` // of the owner's token; zero: there is none

	Created  time.Time   `json:"created"`
	Renewed  time.Time   `json:"renewed"` // when it was signed up last
	Restarts int         `json:"restarts,omitempty"`
	Recent   []time.Time `json:"recent,omitempty"` // the last restarts, at most [CrashRestarts]

	// Conflict is set while the configuration has a check of the name: that one is
	// asked, and this one again when the configuration lets the name go.
	Conflict bool `json:"-"`
	// Wrong is why the check is not asked, though it is kept: since it was signed up
	// the configuration has changed.
	Wrong []health.FieldError `json:"-"`
}

// An app that restarts this often within this time is in a crash loop.
const (
	CrashRestarts = 3
	CrashWithin   = 10 * time.Minute
)

// Renew counts that the app signed up again: it has restarted.
func (r *Registration) Renew(now time.Time) {
	r.Renewed = now
	r.Restarts++
	r.Recent = append(slices.Clone(r.Recent), now)
	r.Recent = r.Recent[max(0, len(r.Recent)-CrashRestarts):]
}

// RecentRestarts counts the restarts of the last [CrashWithin], up to
// [CrashRestarts].
func (r *Registration) RecentRestarts(now time.Time) int {
	n := 0
	for _, at := range r.Recent {
		if now.Sub(at).Abs() <= CrashWithin { // the clock may have been set back
			n++
		}
	}
	return n
}

// CrashLoop reports whether the app keeps restarting.
func (r *Registration) CrashLoop(now time.Time) bool { return r.RecentRestarts(now) >= CrashRestarts }

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
