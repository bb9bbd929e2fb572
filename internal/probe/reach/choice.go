package reach

import (
	"github.com/portreeve/portreeve/internal/health"
)

// bothError is why neither family answered.
type bothError struct {
	first  error // decides
	second error
}

// Error says what both families answered.
func (e *bothError) Error() string { return string(evidence(e.first) + "; " + evidence(e.second)) }

// Unwrap returns the one that decides.
func (e *bothError) Unwrap() error { return e.first }

// choose makes one reply of those of both families.
func choose(v4, v6 Reply, was4, was6 habit, family health.Family) Reply {
	both := family == health.FamilyBoth
	switch {
	case v6.Err == nil && (v4.Err == nil || !both):
		return v6 // as most clients prefer
	case v4.Err == nil && !both:
		return v4
	case v4.Err == nil:
		return v6
	case v6.Err == nil:
		return v4
	}
	if swap := decides(v6.Err, v4.Err, was6.used, was4.used, both); swap {
		v4, v6 = v6, v4
	}
	v4.Err = &bothError{v4.Err, v6.Err}
	return v4
}

// decides reports whether error a decides rather than b. Where both families
// must answer, one that certainly does not is enough. Else the family decides
// that used to answer, and then the weightier error.
func decides(a, b error, aUsed, bUsed, both bool) bool {
	switch {
	case both:
		verdict, _, _ := Classify(a)
		other, _, _ := Classify(b)
		return verdict == health.Fail && other != health.Fail
	case aUsed != bUsed:
		return aUsed
	}
	return weight(a) > weight(b)
}

// weight orders the errors of several addresses of which none has answered and
// one would have been enough. A way that this machine does not have, or may not
// go, says least: many have no IPv6. Then comes what the target said. Silence
// goes before words, because it is looked into before it is believed. Most
// weighs that we could not ask: that address may be well.
func weight(err error) int {
	switch verdict, reason, _ := Classify(err); {
	case reason == health.LocalNetwork, reason == health.LocalPolicy:
		return 0
	case verdict == health.Indeterminate:
		return 3
	case reason.Silent():
		return 2
	}
	return 1
}

// either returns the first error that is one.
func either(a, b error) error {
	if a != nil {
		return a
	}
	return b
}
