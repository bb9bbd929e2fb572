package registration

import (
	"slices"

	"github.com/portreeve/portreeve/internal/health"
)

// Validate returns what is wrong with a registration that was kept: it may be of
// another version, or damaged.
func (r *Registration) Validate() (wrong []health.FieldError) {
	if !r.Spec.Origin.Registered() {
		wrong = append(wrong, health.FieldError{Field: "origin", Reason: "no app has signed it up"})
	}
	if r.Owner == "" || r.Key() == (Key{}) {
		wrong = append(wrong, health.FieldError{Field: "owner", Reason: "nobody owns it"})
	}
	fields := []string{"interval", "timeout", "unhealthy_threshold", "healthy_threshold"}
	if r.Spec.Period != 0 {
		fields = []string{"period", "grace"}
	}
	return complete(append(wrong, misfits(&r.Spec, fields...)...), r.Spec.Validate())
}

// complete adds the errors of other fields than those that are wrong already.
func complete(wrong, more []health.FieldError) []health.FieldError {
	for _, e := range more {
		if !slices.ContainsFunc(wrong, func(o health.FieldError) bool { return o.Field == e.Field }) {
			wrong = append(wrong, e)
		}
	}
	return wrong
}
