package web

import (
	"encoding/json"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/port"
)

// A problem is why a request was refused: a problem detail of RFC 9457 for
// programs, a few plain words for people.
type problem struct {
	Type   string `json:"type,omitempty"` // about:blank when empty
	Title  string `json:"title"`
	Status int    `json:"status"`
	Detail string `json:"detail,omitempty"`
	Hint   string `json:"hint,omitempty"` // an extension of ours: what to do instead
}

// serve answers r with p: as JSON, unless a person's browser asks for a page.
func (p *problem) serve(w http.ResponseWriter, r *http.Request) {
	p.Title = http.StatusText(p.Status)
	h := w.Header()
	h.Set("Cache-Control", "no-store")
	if strings.HasPrefix(r.URL.Path, "/api/") || !strings.Contains(r.Header.Get("Accept"), "text/html") {
		h.Set("Content-Type", "application/problem+json")
		w.WriteHeader(p.Status)
		json.NewEncoder(w).Encode(p)
		return
	}
	h.Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(p.Status)
	problemPage.Execute(w, p)
}

var problemPage = template.Must(template.New("problem").Parse(`<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1"><meta name="color-scheme" content="light dark">
<title>{{.Title}} · portreeve</title>
<main><h1>{{.Title}}</h1><p>{{.Detail}}</p><p>{{.Hint}}</p><p><a href="/">The machine page</a></p></main>
`))

// serveNotFound answers what no other route does: a wrong method on a path
// that exists, or a path that does not.
func serveNotFound(mux *http.ServeMux, w http.ResponseWriter, r *http.Request) {
	if exists(mux, r) {
		w.Header().Set("Allow", "GET, HEAD, OPTIONS")
		if r.Method == http.MethodOptions {
			w.WriteHeader(http.StatusNoContent)
			return
		}
		p := problem{Status: http.StatusMethodNotAllowed, Detail: fmt.Sprintf("%s %s: this can only be read.", r.Method, r.URL.Path), Hint: "Use GET."}
		p.serve(w, r)
		return
	}
	p := problem{Status: http.StatusNotFound, Detail: fmt.Sprintf("There is nothing at %s.", r.URL.Path), Hint: "What there is stands at /docs."}
	if near, ok := port.Nearest(r.URL.Path, paths()); ok {
		p.Hint = fmt.Sprintf("Did you mean %s?", near)
	}
	p.serve(w, r)
}

// exists reports whether r's path could be read.
func exists(mux *http.ServeMux, r *http.Request) bool {
	get := r.Clone(r.Context())
	get.Method = http.MethodGet
	_, pattern := mux.Handler(get)
	return pattern != "" && pattern != "/"
}

// paths lists what a misspelt path may have meant.
func paths() []string {
	all := []string{"/", "/docs", "/metrics", "/healthz", "/events/stream"}
	for _, name := range []string{"machine", "listeners", "connections", "events", "events/stream", "openapi.json", "openapi.yaml"} {
		all = append(all, apiPath+"/"+name)
	}
	return slices.Clip(all)
}
