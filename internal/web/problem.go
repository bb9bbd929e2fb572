package web

import (
	"fmt"
	"html/template"
	"maps"
	"net/http"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/registration"
)

// A problem is why a request was refused: a problem detail of RFC 9457 for
// programs, a few plain words for people.
type problem struct {
	Type   string       `json:"type,omitempty"` // about:blank when empty
	Title  string       `json:"title"`
	Status int          `json:"status"`
	Detail string       `json:"detail,omitempty"`
	Hint   string       `json:"hint,omitempty"`   // an extension of ours: what to do instead
	Errors []wrongField `json:"errors,omitempty"` // another: every wrong field
	// Because is another: of what kind a registrar's refusal is.
	Because registration.Because `json:"because,omitempty"`

	header http.Header // of the answer, besides the usual
}

// A wrongField names one wrong part of a request, as huma's error details do.
type wrongField struct {
	Message  string `json:"message"`
	Location string `json:"location"` // as query.target or body.hosts[3]
	Value    string `json:"value,omitempty"`
}

// maxShown is how much of a wrong value is repeated.
const maxShown = 80

// wrong names a wrong field with its value.
func wrong(location, value, format string, a ...any) wrongField {
	return wrongField{fmt.Sprintf(format, a...), location, foreign.Text(value).Clip(maxShown)}
}

// invalid is the problem of a request that is understood but wrong.
func invalid(errors []wrongField, hint string) *problem {
	return &problem{Status: http.StatusUnprocessableEntity, Detail: "validation failed", Hint: hint, Errors: errors}
}

// Error makes a problem an error that huma knows.
func (p *problem) Error() string { return p.Detail }

// GetStatus is for huma.
func (p *problem) GetStatus() int { return p.Status }

// GetHeaders is for huma.
func (p *problem) GetHeaders() http.Header { return p.header }

// ContentType is for huma.
func (*problem) ContentType(string) string { return "application/problem+json" }

// titled returns p with the usual words for its status.
func (p *problem) titled() *problem {
	p.Title = http.StatusText(p.Status)
	return p
}

// serve answers r with p: as JSON, unless a person's browser asks for a page, or
// an old client that reads plain text.
func (p *problem) serve(w http.ResponseWriter, r *http.Request) {
	p.titled()
	h := w.Header()
	maps.Copy(h, p.header)
	h.Set("Cache-Control", "no-store")
	if isCompat(r) {
		h.Set("Content-Type", "text/plain; charset=utf-8")
		w.WriteHeader(p.Status)
		fmt.Fprintln(w, strings.TrimSpace(p.Detail+" "+p.Hint))
		return
	}
	if strings.HasPrefix(r.URL.Path, "/api/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		encodeJSON(w, p)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	problemPage.Execute(w, p)
}

var problemPage = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>{{.Title}} · portreeve</title>
<main><h1>{{.Title}}</h1><p>{{.Detail}}</p><p>{{.Hint}}</p>{{with .Errors}}<ul>{{range .}}<li>{{.Location}}: {{.Message}}</li>{{end}}</ul>{{end}}<p><a href="/">The machine page</a></p></main>
`))

// serveNotFound answers what no other route does: a wrong method on a path
// that exists, or a path that does not.
func serveNotFound(mux *router, w http.ResponseWriter, r *http.Request) {
	if allowed := methods(mux, r); allowed != "" {
		w.Header().Set("Allow", allowed)
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		p := problem{Status: http.StatusMethodNotAllowed, Detail: fmt.Sprintf("%s %s: this cannot be asked so.", r.Method, shownPath(r))}
		p.Hint = "Use " + strings.ReplaceAll(strings.NewReplacer(", OPTIONS", "", ", HEAD", "").Replace(allowed), ", ", " or ") + "."
		if allowed == "GET, HEAD, OPTIONS" {
			p.Detail = fmt.Sprintf("%s %s: this can only be read.", r.Method, shownPath(r))
		}
		p.serve(w, r)
		return
	}
	p := problem{Status: http.StatusNotFound, Detail: fmt.Sprintf("There is nothing at %s.", shownPath(r)), Hint: "What there is stands at /docs."}
	if near, ok := port.Nearest(shownPath(r), mux.paths()); ok {
		p.Hint = fmt.Sprintf("Did you mean %s?", near)
	}
	p.serve(w, r)
}

// methods returns what r's path can be asked by; empty when there is nothing.
func methods(mux *router, r *http.Request) string {
	var allowed []string
	for _, m := range []struct{ method, allow string }{{http.MethodGet, "GET, HEAD"}, {http.MethodPost, http.MethodPost}, {http.MethodPut, http.MethodPut}, {http.MethodDelete, http.MethodDelete}} {
		try := r.Clone(r.Context())
		try.Method = m.method
		if _, pattern := mux.Handler(try); pattern != "" && pattern != "/" {
			allowed = append(allowed, m.allow)
		}
	}
	if allowed == nil {
		return ""
	}
	return strings.Join(append(allowed, http.MethodOptions), ", ")
}
