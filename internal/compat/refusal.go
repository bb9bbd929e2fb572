package compat

import (
	"errors"
	"fmt"
	"maps"
	"math"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A refusal is why something was not done: plain text for programs, a page for
// people.
type refusal struct {
	status int
	detail string
	hint   string
	fields []health.FieldError
	header http.Header // of the answer, besides the usual
	offer  *offer      // a button that does it all the same
	plain  bool        // no page, for who is to see nothing of this machine
}

// maxShown is how much of a wrong value is repeated, in runes.
const maxShown = 80

// shown makes a caller's text safe to repeat.
func shown(text string) string { return foreign.Text(text).Clip(maxShown) }

// String is the refusal as plain text: what is wrong, each wrong field on a line of
// its own, and what to do instead.
func (p *refusal) String() string {
	var b strings.Builder
	b.WriteString(p.detail + "\n")
	for _, f := range p.fields {
		fmt.Fprintf(&b, "- %s: %s", f.Field, f.Reason)
		if f.Hint != "" {
			fmt.Fprintf(&b, " (%s)", f.Hint)
		}
		b.WriteString("\n")
	}
	if p.hint != "" {
		b.WriteString("hint: " + p.hint + "\n")
	}
	return b.String()
}

// refuse answers r with p.
func (s *server) refuse(w http.ResponseWriter, r ask, p *refusal) {
	h := w.Header()
	maps.Copy(h, p.header)
	h.Set("Vary", "Accept")
	if wants(r.Request, "text/html") && !p.plain {
		title := http.StatusText(p.status)
		s.page(w, p.status, "refusal.html", refusalPage{s.frame(r, "▲ "+title, "bad"), title, p.detail, p.hint, p.fields, p.offer})
		return
	}
	h.Set("Content-Type", "text/plain; charset=utf-8")
	w.WriteHeader(p.status)
	w.Write([]byte(p.String()))
}

// refusalOf says an error of the registrar in the old server's words. What could
// not be kept is logged: that is portreeve's trouble, not the caller's.
func (s *server) refusalOf(err error, name string) *refusal {
	var no *registration.Refusal
	if !errors.As(err, &no) {
		s.Log.Error("registration could not be kept", "check", name, "err", err)
		return &refusal{status: http.StatusServiceUnavailable, detail: "This could not be kept, so it has not happened.", hint: "Try again; portreeve's log says why.", header: http.Header{"Retry-After": {"5"}}}
	}
	p := &refusal{status: statusOf(no), detail: no.Detail, hint: hintOf(no), fields: asForm(no.Fields)}
	if p.detail == "" {
		p.detail = http.StatusText(p.status)
	}
	if no.Retry > 0 {
		p.header = retryAfter(no.Retry)
	}
	return p
}

// hintOf says what to do instead to somebody who has no token.
func hintOf(no *registration.Refusal) string {
	switch no.Because {
	case registration.Taken:
		return "Use another appname. Once its app is UNHEALTHY, another address may take the name over."
	case registration.Forbidden:
		return "Call from the address that signed the app up."
	}
	return no.Hint
}

// statusOf is the status that the old server had for it, as far as it knew the
// case.
func statusOf(no *registration.Refusal) int {
	switch no.Because {
	case registration.Invalid:
		return fieldsStatus(no.Fields)
	case registration.Taken, registration.Configured:
		return http.StatusConflict
	case registration.Absent:
		return http.StatusNotFound
	case registration.TooOften:
		return http.StatusTooManyRequests
	}
	return http.StatusForbidden
}

// fieldsStatus is 406 when values are out of range and nothing else is wrong.
func fieldsStatus(fields []health.FieldError) int {
	for _, f := range fields {
		if !f.OutOfRange {
			return http.StatusBadRequest
		}
	}
	if len(fields) == 0 {
		return http.StatusBadRequest
	}
	return http.StatusNotAcceptable
}

// asForm calls fields as the form does.
func asForm(fields []health.FieldError) []health.FieldError {
	out := make([]health.FieldError, len(fields))
	for i, f := range fields {
		switch f.Field {
		case "name", "title":
			f.Field = fieldName
		case "target":
			f.Field = fieldURL
		}
		out[i] = f
	}
	return out
}

// asRequest calls fields of the form as registrations do.
func asRequest(fields []health.FieldError) []health.FieldError {
	out := slices.Clone(fields)
	for i := range out {
		switch out[i].Field {
		case fieldName:
			out[i].Field = "name"
		case fieldURL:
			out[i].Field = "target"
		}
	}
	return out
}

func retryAfter(d time.Duration) http.Header {
	return http.Header{"Retry-After": {strconv.Itoa(int(math.Ceil(d.Seconds())))}}
}
