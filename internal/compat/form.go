package compat

import (
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/health"
)

// The form's fields.
const (
	fieldName      = "appname"
	fieldURL       = "url"
	fieldEmail     = "email"
	fieldPath      = "path"
	fieldCheck     = "name" // the check's own name, as our pages know it
	fieldInterval  = "interval"
	fieldTimeout   = "timeout"
	fieldUnhealthy = "unhealthy_threshold"
	fieldHealthy   = "healthy_threshold"
)

// fieldNames lists the fields that are read. Others are left out of account: old
// clients may send more.
func fieldNames() []string {
	return []string{fieldName, fieldURL, fieldEmail, fieldPath, fieldCheck, fieldInterval, fieldTimeout, fieldUnhealthy, fieldHealthy}
}

// maxBody bounds the body of a request, in bytes.
const maxBody = 64 << 10

const formType = "application/x-www-form-urlencoded"

// A form is what a request says, by field, without the blanks around it. A field
// that is empty is not there: the client has nothing to say about it.
type form map[string]string

// readForm reads r's body.
func readForm(r *http.Request) (form, []health.FieldError, *refusal) {
	if no := readable(r); no != nil {
		return nil, nil, no
	}
	body, err := io.ReadAll(http.MaxBytesReader(nil, r.Body, maxBody))
	var long *http.MaxBytesError
	if errors.As(err, &long) {
		return nil, nil, &refusal{status: http.StatusRequestEntityTooLarge, detail: fmt.Sprintf("The form is longer than %d KiB.", maxBody>>10)}
	}
	if err != nil {
		return nil, nil, &refusal{status: http.StatusBadRequest, detail: "The form did not come to its end."}
	}
	f, wrong := parseForm(string(body))
	return f, wrong, nil
}

// readable refuses bodies that are no form. An empty one needs no type: the old
// client sends none when it has nothing to say.
func readable(r *http.Request) *refusal {
	hint := "Send the fields as " + formType + ", as HTML forms and requests.post(url, data={…}) do."
	kind := r.Header.Get("Content-Type")
	if kind == "" && r.ContentLength == 0 {
		return nil
	}
	if r.Header.Get("Content-Encoding") != "" {
		return &refusal{status: http.StatusUnsupportedMediaType, detail: "A compressed form is not read here.", hint: hint}
	}
	parsed, params, err := mime.ParseMediaType(kind)
	if err != nil || parsed != formType {
		return &refusal{status: http.StatusUnsupportedMediaType, detail: fmt.Sprintf("A body of type %q is not read here.", shown(kind)), hint: hint}
	}
	if c := strings.ToLower(params["charset"]); c != "" && c != "utf-8" && c != "us-ascii" {
		return &refusal{status: http.StatusUnsupportedMediaType, detail: fmt.Sprintf("A form in %q is not read here.", shown(c)), hint: "Send UTF-8."}
	}
	return nil
}

// parseForm reads what a body or a query says of the known fields, and names those
// that are garbled or there twice.
func parseForm(raw string) (form, []health.FieldError) {
	f, seen := form{}, map[string]bool{}
	var wrong []health.FieldError
	for pair := range strings.SplitSeq(raw, "&") {
		key, value, _ := strings.Cut(pair, "=")
		name, err := url.QueryUnescape(key)
		if err != nil || !slices.Contains(fieldNames(), name) {
			continue
		}
		if seen[name] {
			wrong = append(wrong, health.FieldError{Field: name, Reason: "is there more than once"})
			continue
		}
		seen[name] = true
		text, err := url.QueryUnescape(value)
		if text = strings.TrimSpace(text); err != nil || !legible(text) {
			wrong = append(wrong, health.FieldError{Field: name, Reason: fmt.Sprintf("%q is garbled", shown(value)), Hint: "UTF-8 text without line breaks, percent-encoded"})
			continue
		}
		if text != "" {
			f[name] = text
		}
	}
	return f, distinct(wrong)
}

// legible reports whether a text is one line that people can read.
func legible(text string) bool {
	return utf8.ValidString(text) && !strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) || r == '\u2028' || r == '\u2029' })
}

// distinct leaves out what was said before: a field may be there a thousand times.
func distinct(wrong []health.FieldError) []health.FieldError {
	var out []health.FieldError
	for _, w := range wrong {
		if !slices.Contains(out, w) && len(out) <= 2*len(fieldNames()) {
			out = append(out, w)
		}
	}
	return out
}
