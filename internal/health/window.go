package health

import (
	"path"
	"strings"
	"time"
)

// A Window is a time in which trouble is expected: checks go on, and alerts
// that begin in it wait for its end. It is either one stretch of time, From to
// Until, or comes again every week.
type Window struct {
	// ID names a window that was made at run time; empty for configured ones.
	ID string `json:"id,omitempty"`
	// Checks are names, or patterns as of [path.Match]: shop-*. None: all checks
	// but those about portreeve itself.
	Checks []string `json:"checks,omitempty"`

	From  time.Time `json:"from,omitzero"`
	Until time.Time `json:"until,omitzero"` // the first moment after it

	Weekly Weekly `json:"weekly,omitzero"`

	Why string `json:"why,omitempty"` // for people
	By  string `json:"by,omitempty"`  // the name of the token that made it
}

// An Acknowledgement says that somebody looks after an incident: there are no
// more reminders of it.
type Acknowledgement struct {
	Incident string    `json:"incident"` // the key of the change that began it
	Check    string    `json:"check"`
	By       string    `json:"by"`             // the name of the token
	Note     string    `json:"note,omitempty"` // what they say
	At       time.Time `json:"at"`
}

// Covers reports whether the window is one for this check. Checks about
// portreeve itself are covered only by patterns that begin with [SelfPrefix]:
// that nobody is told of anything must never be hidden by a mere star.
func (w *Window) Covers(check string) bool {
	if self := strings.HasPrefix(check, SelfPrefix); len(w.Checks) == 0 {
		return !self
	} else if self {
		return w.matches(check, SelfPrefix)
	}
	return w.matches(check, "")
}

// matches reports whether one of the patterns that begin so matches.
func (w *Window) matches(check, prefix string) bool {
	for _, pattern := range w.Checks {
		if ok, err := path.Match(pattern, check); ok && err == nil && strings.HasPrefix(pattern, prefix) {
			return true
		}
	}
	return false
}

// At reports whether t is in the window. A window whose zone this machine does
// not know has no time at all.
func (w *Window) At(t time.Time) bool {
	if w.Weekly.IsZero() {
		return !t.Before(w.From) && t.Before(w.Until)
	}
	return w.Weekly.At(t)
}

// Next returns the first moment after t at which the window begins or ends, and
// whether there is one.
func (w *Window) Next(t time.Time) (edge time.Time, ok bool) {
	switch {
	case !w.Weekly.IsZero():
		return w.Weekly.Next(t)
	case !w.From.Before(w.Until):
		return time.Time{}, false
	case t.Before(w.From):
		return w.From, true
	}
	return w.Until, t.Before(w.Until)
}

// String returns when the window is, as people write it.
func (w *Window) String() string {
	if w.Weekly.IsZero() {
		return w.From.Format(time.RFC3339) + " to " + w.Until.Format(time.RFC3339)
	}
	return w.Weekly.String()
}
