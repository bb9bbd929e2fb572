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
	spec, outside := r.Spec, misfits(&r.Spec, fields...)
	if len(outside) > 0 { // more would seem wrong with them
		unsay(&spec, outside)
		spec = spec.WithDefaults(defaults())
	}
	return complete(append(wrong, outside...), spec.Validate())
}

// complete adds the errors of other fields than those that are wrong already.
func complete(wrong, more []health.FieldError) []health.FieldError {
	for _, e := range more {
		if !isWrong(wrong, e.Field) {
			wrong = append(wrong, e)
		}
	}
	return wrong
}

// isWrong reports whether a field is among those that are wrong.
func isWrong(wrong []health.FieldError, field string) bool {
	return slices.ContainsFunc(wrong, func(e health.FieldError) bool { return e.Field == field })
}
