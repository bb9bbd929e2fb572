package web

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// problemOf says a refusal as a problem.
func problemOf(f *registration.Refusal) *problem {
	status, ok := map[registration.Because]int{
		registration.Invalid: http.StatusUnprocessableEntity, registration.Full: http.StatusUnprocessableEntity,
		registration.Taken: http.StatusConflict, registration.Configured: http.StatusConflict,
		registration.Forbidden: http.StatusForbidden, registration.Absent: http.StatusNotFound, registration.TooOften: http.StatusTooManyRequests,
	}[f.Because]
	if !ok {
		status = http.StatusForbidden
	}
	p := &problem{Status: status, Because: f.Because, Detail: f.Detail, Hint: f.Hint, Errors: fieldsOf(f.Fields)}
	if f.Because == registration.TooOften {
		p.header = http.Header{"Retry-After": {strconv.Itoa(max(1, int(math.Ceil(f.Retry.Seconds()))))}}
	}
	return p.titled()
}

// fieldsOf names wrong fields of a body as huma does.
func fieldsOf(fields []health.FieldError) []wrongField {
	var wrongs []wrongField
	for _, f := range fields {
		text := f.Reason
		if f.Hint != "" {
			text += "; " + f.Hint
		}
		wrongs = append(wrongs, wrong(strings.TrimSuffix("body."+f.Field, "."), "", "%s", text))
	}
	return wrongs
}
