package web

import (
	"cmp"
	"maps"
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
		for method, op := range map[string]*huma.Operation{http.MethodGet: item.Get, http.MethodPost: item.Post, http.MethodPut: item.Put, http.MethodDelete: item.Delete} {
			if op != nil {
				d.Operations = append(d.Operations, s.operationOf(method, path, op))
			}
		}
	}
	slices.SortFunc(d.Operations, func(a, b operation) int {
		order := []string{http.MethodGet, http.MethodPost, http.MethodPut, http.MethodDelete}
		return cmp.Or(cmp.Compare(a.Path, b.Path), cmp.Compare(slices.Index(order, a.Method), slices.Index(order, b.Method)))
	})
	s.render(w, r, "docs.html", d)
}

func (s *Server) operationOf(method, path string, of *huma.Operation) operation {
	op := operation{Method: method, Path: path, Summary: of.Summary, About: of.Description}
	needs := method != http.MethodGet || path == probePath || strings.Contains(path, "{")
	for _, p := range of.Parameters {
		if p.Name != "If-None-Match" { // said once, above
			op.Params = append(op.Params, p)
		}
	}
	op.Params = append(op.Params, s.bodyParams(of.RequestBody)...)
	if !needs {
		op.Try = path
	}
	return op
}

// bodyParams lists the fields of a body in JSON as if they were parameters.
func (s *Server) bodyParams(body *huma.RequestBody) []*huma.Param {
	if body == nil || body.Content["application/json"] == nil {
		return nil
	}
	schema := body.Content["application/json"].Schema
	if schema.Ref != "" {
		schema = s.spec.api.Components.Schemas.SchemaFromRef(schema.Ref)
	}
	var params []*huma.Param
	for _, name := range slices.Sorted(maps.Keys(schema.Properties)) {
		if name != "$schema" {
			params = append(params, &huma.Param{Name: name, In: "body", Description: schema.Properties[name].Description, Schema: schema.Properties[name]})
		}
	}
	return params
}
