package web

import (
	"cmp"
	"net/http"
	"slices"
	"strings"

	"github.com/danielgtaylor/huma/v2"
)

// docs is the API's description as a page for people.
type docs struct {
	Version    string
	About      string
	Operations []operation
}

type operation struct {
	Method, Path, Summary, About string
	Params                       []*huma.Param
	Try                          string // link, where the path needs no values
}

// serveDocs lists the API. It is made from the same description as the
// OpenAPI document, and loads nothing from elsewhere.
func (s *Server) serveDocs(w http.ResponseWriter, r *http.Request) {
	d := docs{Version: s.options.Version, About: s.spec.api.Info.Description}
	for path, item := range s.spec.api.Paths {
		for method, op := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post} {
			if op != nil {
				d.Operations = append(d.Operations, operationOf(method, path, op))
			}
		}
	}
	slices.SortFunc(d.Operations, func(a, b operation) int { return cmp.Compare(a.Path, b.Path) })
	s.render(w, r, "docs.html", d)
}

func operationOf(method, path string, of *huma.Operation) operation {
	op := operation{Method: method, Path: path, Summary: of.Summary, About: of.Description}
	needs := method != http.MethodGet || path == probePath || strings.Contains(path, "{")
	for _, p := range of.Parameters {
		if p.Name != "If-None-Match" { // said once, above
			op.Params = append(op.Params, p)
		}
	}
	if !needs {
		op.Try = path
	}
	return op
}
