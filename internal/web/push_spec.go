package web

import (
	"net/http"
	"reflect"
	"strings"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/health"
)

// describePush adds heartbeats to the API's description: they are served by hand,
// for a token in a path must not be repeated by anything.
func (s *Server) describePush(api huma.API) {
	if s.options.Heartbeats == nil {
		return
	}
	doc := api.OpenAPI()
	for _, path := range []string{"{name}", "{name}/{signal}"} {
		doc.AddOperation(describeBeat(doc.Components.Schemas, http.MethodPost, path))
	}
	for _, path := range []string{"{name}/{token}", "{name}/{token}/{signal}"} {
		doc.AddOperation(describeBeat(doc.Components.Schemas, http.MethodGet, path))
	}
}

func describeBeat(schemas huma.Registry, method, path string) *huma.Operation {
	id := map[string]string{"{name}": "beat", "{name}/{signal}": "signal", "{name}/{token}": "beatByPath", "{name}/{token}/{signal}": "signalByPath"}[path]
	about := "Somebody is alive, or a run has ended: for a check whose target is push://NAME. Without a signal it means that a run ended well, or badly if exit_code is not 0. "
	if method == http.MethodGet {
		about += "For one line of a crontab: the token stands in the path, is logged by nothing here, and must be that of the registration's owner, or what POST takes. It changes something, so pages of other sites and browsers that look ahead are refused."
	} else {
		about += "Takes the owner's token, the token that signed the check up, or one of the scope admin; for a configured check any of the scope register. A body is its text, of which 10 KB are kept; or JSON with took, exit_code and text."
	}
	op := outside(id, method, pushPath+path, "A heartbeat", about, &huma.Response{
		Description: "It came in", Content: map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[beaten](), true, "")}},
	}, 400, 404, 405, 413, 422, 429, 503)
	op.Tags = []string{"registration"}
	op.Security = []map[string][]string{{"bearer": {}}}
	op.Parameters = beatParams(path)
	if method == http.MethodGet {
		op.Security = []map[string][]string{{}}
		return op
	}
	op.RequestBody = &huma.RequestBody{Content: map[string]*huma.MediaType{
		"text/plain":       {Schema: &huma.Schema{Type: huma.TypeString}},
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[beatBody](), true, "")},
	}}
	return op
}

// A beatBody is what a heartbeat may say in JSON, for its description.
type beatBody struct {
	Took health.Duration `json:"took,omitempty" doc:"How long the run took; without it, since the start" example:"1m30s"`
	Code int             `json:"exit_code,omitempty" doc:"Of the program" example:"1"`
	Text string          `json:"text,omitempty" doc:"What people may want to know, 10 KB at most"`
}

// beatParams are the parameters of a heartbeat's path, and what its query may say.
func beatParams(path string) []*huma.Param {
	text := &huma.Schema{Type: huma.TypeString}
	signals := &huma.Schema{Type: huma.TypeString}
	for _, s := range health.Signals() {
		signals.Enum = append(signals.Enum, s)
	}
	known := []*huma.Param{
		{Name: "name", In: "path", Required: true, Description: "The check's name", Schema: text},
		{Name: "token", In: "path", Required: true, Description: "What would stand in Authorization otherwise", Schema: text},
		{Name: "signal", In: "path", Required: true, Description: "A run began, ended well, or ended badly", Schema: signals},
	}
	var out []*huma.Param
	for _, p := range known {
		if strings.Contains(path, "{"+p.Name+"}") {
			out = append(out, p)
		}
	}
	return append(out,
		&huma.Param{Name: "took", In: "query", Description: "How long the run took: 90s, 1m30s, or a number of seconds", Schema: text},
		&huma.Param{Name: "exit_code", In: "query", Description: "Of the program", Schema: &huma.Schema{Type: huma.TypeInteger}},
		&huma.Param{Name: "text", In: "query", Description: "What people may want to know", Schema: text})
}
