package compat

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// defaultPath is what is asked of an app whose URL has no path, as the old server
// did.
const defaultPath = "/health"

// maxAppname bounds the name of an app, in characters.
const maxAppname = 255

// monitor signs an app up: 201, or 302 without a Location when it is signed up
// already, which the old client takes for a yes.
func (s *server) monitor(w http.ResponseWriter, r ask) *refusal {
	f, wrong, no := readForm(r.Request)
	if no != nil {
		return no
	}
	want, wrong := requestOf(f, wrong, r.by)
	want.Wrong = asRequest(wrong) // whoever keeps it knows what else is wrong, and tells all of it at once
	giveBack, no := s.takeMailbox(r.by, want)
	if no != nil {
		return no
	}
	receipt, err := s.Registrar.Register(r.Context(), r.by, want)
	if err != nil {
		giveBack()
		return s.refusalOf(err, want.Name)
	}
	status := http.StatusFound
	if receipt.Outcome == registration.Created || receipt.Outcome == registration.TakenOver {
		status = http.StatusCreated
	}
	w.Header().Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(status)
	w.Write([]byte(confirmation(receipt)))
	return nil
}

// requestOf reads what a form asks for, and names all that is wrong with it: what
// the form itself shows, and what the rules of registration do.
func requestOf(f form, wrong []health.FieldError, by registration.Caller) (registration.Request, []health.FieldError) {
	want := registration.Request{Path: f[fieldPath]}
	v := validation{f, wrong}
	if text, ok := v.given(fieldName, "the app's name"); ok {
		if utf8.RuneCountInString(text) > maxAppname {
			v.add(fieldName, "", "%q is longer than %d characters", shown(text), maxAppname)
		}
		want.Name, want.Title = registration.NameOf(text)
	}
	if text, ok := v.given(fieldURL, "where the app answers, such as http://192.0.2.7:3000"); ok {
		want.Target = v.target(text)
	}
	if text := f[fieldEmail]; text != "" {
		want.Email = v.mailbox(text)
	}
	for _, n := range numbers() {
		if text := f[n.field]; text != "" {
			n.set(&want, v.number(n, text))
		}
	}
	_, _, more := want.Define(by, registration.Terms{})
	for _, w := range asForm(more) {
		if !v.has(w.Field) {
			v.wrong = append(v.wrong, w)
		}
	}
	return want, v.wrong
}

// A validation reads a form's fields, and collects what is wrong.
type validation struct {
	form  form
	wrong []health.FieldError
}

func (v *validation) add(field, hint, format string, a ...any) {
	v.wrong = append(v.wrong, health.FieldError{Field: field, Reason: fmt.Sprintf(format, a...), Hint: hint})
}

func (v *validation) has(field string) bool {
	return slices.ContainsFunc(v.wrong, func(w health.FieldError) bool { return w.Field == field })
}

// given returns a field that has to be there.
func (v *validation) given(field, hint string) (string, bool) {
	text, ok := v.form[field]
	if !ok && !v.has(field) {
		v.add(field, hint, "is missing")
	}
	return text, ok
}

// target returns the target that a URL means: /health, if it has no path.
func (v *validation) target(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Opaque != "" {
		v.add(fieldURL, "such as http://192.0.2.7:3000 or https://shop.example.org/healthcheck", "this is no URL of http or https")
		return ""
	}
	if u.Path == "" || u.Path == "/" {
		u.Path = defaultPath
	}
	return u.String()
}

// confirmation says what is done from now on.
func confirmation(receipt registration.Receipt) string {
	spec := &receipt.Spec
	var b strings.Builder
	fmt.Fprintf(&b, "%s is %s: %s every %v, %v to answer; down after %d failures in a row, up after %d successes.", calledOf(&receipt.Registration), outcomeWords(receipt.Outcome),
		spec.Target, spec.Interval, spec.Timeout, spec.Thresholds.Unhealthy, spec.Thresholds.Healthy)
	if after := time.Duration(spec.PauseAfter); after > 0 {
		fmt.Fprintf(&b, " An outage of %s pauses it.", span(after))
	}
	b.WriteString("\n")
	for _, note := range receipt.Notes {
		fmt.Fprintf(&b, "note: %s\n", note)
	}
	if receipt.CrashLoop(time.Now()) {
		fmt.Fprintf(&b, "note: it has signed up %d times within %v: does it crash?\n", receipt.RecentRestarts(time.Now()), registration.CrashWithin)
	}
	return b.String()
}

func outcomeWords(o registration.Outcome) string {
	switch o {
	case registration.Restarted:
		return "watched already, and noted as restarted"
	case registration.Changed:
		return "watched already, from now on like this"
	case registration.TakenOver:
		return "watched, instead of one at another address that does not answer any more"
	}
	return "watched"
}

// calledOf is what people call an app.
func calledOf(r *registration.Registration) string {
	if r.Spec.Title != "" {
		return r.Spec.Title
	}
	return r.Spec.Name
}
