package registration

import (
	"slices"

	"github.com/portreeve/portreeve/internal/health"
)

// Terms are what whoever runs the server grants to all apps alike.
type Terms struct {
	DefaultAlerts []string        // routes of those that name none
	PauseAfter    health.Duration // how long an outage may last before the check is paused; zero: for ever
}

// Grant gives a registration what the terms say, instead of what those of
// another day said, and reports whether anything is new.
func (t Terms) Grant(r *Registration) bool {
	alerts := r.Spec.Alerts
	if r.DefaultAlerts {
		alerts = t.DefaultAlerts
	}
	if r.Spec.PauseAfter == t.PauseAfter && slices.Equal(r.Spec.Alerts, alerts) {
		return false
	}
	r.Spec.PauseAfter, r.Spec.Alerts = t.PauseAfter, slices.Clone(alerts)
	return true
}
