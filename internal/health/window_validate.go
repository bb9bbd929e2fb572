package health

import (
	"fmt"
	"path"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of what a window may be.
const (
	MaxWindow   = 366 * 24 * time.Hour // of one that does not come again
	MaxPatterns = 100                  // of checks
	MaxNote     = 500                  // characters that people write about anything
)

const weeklyForms = "write days, a time and perhaps a zone: Sun 02:00-04:00 Europe/London"

// Validate returns every wrong field. ID and By are their maker's own affair.
func (w *Window) Validate() []FieldError {
	var v validation
	if len(w.Checks) > MaxPatterns {
		v.wrong("checks", "a pattern such as shop-* stands for many", "%d are more than %d", len(w.Checks), MaxPatterns)
	}
	for _, pattern := range w.Checks {
		v.pattern(pattern)
	}
	if w.Weekly.IsZero() {
		v.once(w)
	} else {
		v.weekly(w)
	}
	v.note("why", w.Why)
	return v
}

// pattern checks one of a window's patterns.
func (v *validation) pattern(pattern string) {
	_, err := path.Match(pattern, "")
	if err == nil && utf8.ValidString(pattern) && pattern != "" && len(pattern) <= 2*maxName && !strings.ContainsFunc(pattern, unprintable) {
		return
	}
	v.wrong("checks", "the name of a check, or a pattern such as shop-*", "%q is no pattern", clip(pattern))
}

// once checks the times of a window that does not come again.
func (v *validation) once(w *Window) {
	switch {
	case w.From.IsZero() && w.Until.IsZero():
		v.wrong("from", "give from and until, or weekly", "the window has no time")
	case w.From.IsZero():
		v.wrong("from", "a time such as 2026-01-31T02:00:00Z", "is missing")
	case w.Until.IsZero():
		v.wrong("until", "a time such as 2026-01-31T04:00:00Z", "is missing")
	case !w.From.Before(w.Until):
		v.wrong("until", "", "%s is not after from", w.Until.Format(time.RFC3339))
	case w.Until.Sub(w.From) > MaxWindow:
		v.wrong("until", "pause a check that is not to be asked, or make the window weekly", "is more than %d days after from", MaxWindow/(24*time.Hour))
	}
}

// weekly checks the times of a window that comes again.
func (v *validation) weekly(w *Window) {
	if !w.From.IsZero() || !w.Until.IsZero() {
		v.wrong("weekly", "give from and until, or weekly", "a window has one time only")
	}
	for _, d := range w.Weekly.Days {
		if d < time.Sunday || d > time.Saturday {
			v.wrong("weekly", weeklyForms, "%d is no day", int(d))
		}
	}
	if w.Weekly.From < 0 || w.Weekly.From >= minutesOfDay || w.Weekly.Until < 0 || w.Weekly.Until > minutesOfDay {
		v.wrong("weekly", weeklyForms, "%s-%s are no times of day", w.Weekly.From, w.Weekly.Until)
	}
	if err := w.Weekly.checkZone(); err != nil {
		v.wrong("zone", "a name of the IANA database, such as Europe/London", "%v", err)
	}
}

// note checks what people write for others to read.
func (v *validation) note(field, text string) {
	if n := utf8.RuneCountInString(text); n > MaxNote {
		v.wrong(field, "", "%d characters are more than %d", n, MaxNote)
	}
	if !utf8.ValidString(text) || strings.ContainsFunc(text, unprintable) {
		v.wrong(field, "one line of plain text", "has characters that cannot be printed")
	}
}

// Validate returns every wrong field of what somebody says about an incident.
func (a *Acknowledgement) Validate() []FieldError {
	var v validation
	if a.Incident == "" || len(a.Incident) > 2*maxName || strings.ContainsFunc(a.Incident, unprintable) {
		v.wrong("incident", "the key of an incident, such as check/shop-api/12", "%q is no key", clip(a.Incident))
	}
	if !validName.MatchString(a.Check) {
		v.wrong("check", "the name of a check", "%q is no name", clip(a.Check))
	}
	v.note("note", a.Note)
	return v
}

// ValidateNote returns what is wrong with a text that people write for others
// to read, named as field.
func ValidateNote(field, text string) []FieldError {
	var v validation
	v.note(field, text)
	return v
}

func unprintable(r rune) bool { return !unicode.IsPrint(r) }

// clip keeps what somebody wrote from filling an error.
func clip(s string) string {
	if len(s) <= maxName {
		return s
	}
	return fmt.Sprintf("%s…", strings.ToValidUTF8(s[:maxName], ""))
}
