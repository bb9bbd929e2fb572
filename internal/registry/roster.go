package registry

import (
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A Roster has the checks asked that apps sign up, beside those of the
// configuration, which win a clash of names. It is safe for concurrent use.
type Roster interface {
	// Judge returns what is wrong with a registration that only the kind of check,
	// the addresses that may be reached and the configured routes know. It changes
	// nothing.
	Judge(r registration.Registration) []health.FieldError
	// Enter has a registration's check asked from now on, instead of what was
	// entered under its name before. While the configuration has the name, it waits.
	Enter(r registration.Registration) error
	// Leave has the check that was entered under a name asked no more. A configured
	// one is none of its business.
	Leave(name string)
	// Configured reports whether the configuration has a check of the name.
	Configured(name string) bool
	// State returns what is believed of a check; nil when it is not known.
	State(name string) *health.State
	// Mark records that something happened to a check.
	Mark(name string, m health.Mark, by, text foreign.Text)
}
