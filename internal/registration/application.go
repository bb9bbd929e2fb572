package registration

import (
	"fmt"
	"net/mail"
	"slices"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/health"
)

// Limits of what a registration may hold: ten thousand of them are kept.
const (
	maxText   = 1000 // bytes of a target, a path or an expression
	maxLabel  = 200  // bytes of a service's ID
	maxWord   = 16   // bytes of what is one of a few words
	maxAlerts = 16
	maxEmail  = 254 // RFC 5321, section 4.5.3.1.3, without the angle brackets
)

// An application is a request while it is judged: what becomes of it, and what is
// wrong.
type application struct {
	Request
	by    Caller
	spec  health.Spec
	push  bool // the target is a heartbeat
	notes []string
	wrong []health.FieldError
}

// refuse says what is wrong with a field, unless something is already.
func (a *application) refuse(field, hint, format string, args ...any) {
	a.wrong = complete(a.wrong, []health.FieldError{{Field: field, Reason: fmt.Sprintf(format, args...), Hint: hint}})
}

// quoted writes what an app has said so that it can be seen, and not fill an
// error.
func quoted(text string) string {
	if len(text) <= maxName {
		return strconv.Quote(text)
	}
	return strconv.Quote(strings.ToValidUTF8(text[:maxName], "")) + "…"
}

// judge completes the definition and finds everything that is wrong with it.
func (a *application) judge() {
	a.texts()
	a.target()
	if a.push {
		a.heartbeat()
	} else {
		a.schedule()
	}
	a.recipients()
	a.spec = a.spec.WithDefaults(defaults())
	a.wrong = Together(a.wrong, a.spec.Validate())
	unsay(&a.spec, a.wrong)
}

// Together joins what is wrong with a request: what is known already, and what is
// wrong with other fields besides, in the order in which apps are told of them.
func Together(wrong, more []health.FieldError) []health.FieldError {
	all, order := complete(slices.Clone(wrong), more), fields()
	slices.SortStableFunc(all, func(x, y health.FieldError) int {
		return slices.Index(order, x.Field) - slices.Index(order, y.Field)
	})
	return all
}

// fields lists what an app may give, in the order in which it is told of.
func fields() []string {
	return []string{
		"name", "title", "target", "interval", "timeout", "unhealthy_threshold", "healthy_threshold", "path", "expect", "mode", "family", "service_id",
		"period", "grace", "alerts", "email",
	}
}

// texts judges what is free text, for its length and its letters.
func (a *application) texts() {
	for _, t := range []struct {
		field, text string
		most        int
	}{
		{"name", a.Name, maxName}, {"title", a.Title, 4 * maxTitle}, {"target", a.Target, maxText}, {"path", a.Path, maxText}, {"expect", a.Expect, maxText},
		{"service_id", a.ServiceID, maxLabel}, {"mode", string(a.Mode), maxWord}, {"family", string(a.Family), maxWord},
	} {
		switch {
		case len(t.text) > t.most:
			a.refuse(t.field, "", "%d bytes are more than %d", len(t.text), t.most)
		case !utf8.ValidString(t.text) || strings.ContainsFunc(t.text, func(r rune) bool { return !unicode.IsPrint(r) }):
			a.refuse(t.field, "", "%s has letters in it that cannot be shown", quoted(t.text))
		}
	}
}

// schedule judges the times and thresholds of a check that asks, and cuts a
// timeout to fit its interval. What is wrong counts as not said, lest more seem
// wrong with it.
func (a *application) schedule() {
	wrong := misfits(&a.spec, "interval", "timeout", "unhealthy_threshold", "healthy_threshold")
	a.wrong = complete(a.wrong, wrong)
	unsay(&a.spec, wrong)
	full := a.spec.WithDefaults(defaults())
	longest := full.Interval * 9 / 10
	switch usual := health.Duration(defaults().Timeout); {
	case a.spec.Timeout == 0 && full.Timeout < usual:
		a.note("timeout: the usual %s does not fit the interval %s, and was cut to %s", short(usual), short(full.Interval), short(full.Timeout))
	case a.spec.Timeout >= full.Interval:
		a.note("timeout: %s is not shorter than the interval %s, and was cut to %s", short(a.spec.Timeout), short(full.Interval), short(longest))
		a.spec.Timeout = longest
	}
}

// note says what is otherwise than asked.
func (a *application) note(format string, args ...any) {
	a.notes = append(a.notes, fmt.Sprintf(format, args...))
}

// heartbeat judges the times of a check that waits to be told.
func (a *application) heartbeat() {
	a.wrong = complete(a.wrong, misfits(&a.spec, "period", "grace"))
	if a.Period == 0 {
		a.refuse("period", "say how long after one heartbeat the next is due", "is missing: a heartbeat needs one, %s", RangeOf("period"))
	}
}

// recipients judges who is to be told. Whether there are such routes it does not
// know.
func (a *application) recipients() {
	if len(a.Alerts) > maxAlerts {
		a.refuse("alerts", "", "%d routes are more than %d", len(a.Alerts), maxAlerts)
	}
	for _, name := range a.Alerts {
		if len(name) > maxName {
			a.refuse("alerts", "", "there is no route %s", quoted(name))
			break
		}
	}
	switch at, err := mail.ParseAddress(a.Email); {
	case a.Email == "":
	case !a.by.Compat:
		a.refuse("email", "name routes of the configuration under alerts", "has no meaning here")
	case err != nil || at.Address != a.Email || len(a.Email) > maxEmail || strings.ContainsFunc(a.Email, func(r rune) bool { return r <= ' ' || r > '~' }):
		a.refuse("email", "one address such as ops@example.org", "%s is no address", quoted(a.Email))
	}
}
