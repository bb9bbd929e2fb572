package web

import (
	"net/http"
	"reflect"
	"strconv"

	"github.com/danielgtaylor/huma/v2"
)

// describeLive adds to the API's description what is served by hand outside of
// it: for Prometheus, and for clients of is_flappy.
func (s *Server) describeLive(api huma.API) {
	doc := api.OpenAPI()
	doc.Components.SecuritySchemes = map[string]*huma.SecurityScheme{
		"bearer": {Type: "http", Scheme: "bearer", Description: "A token; see portreeve token add"},
		"basic":  {Type: "http", Scheme: "basic", Description: "Any name, and a token as the password: for reading, by browsers"},
	}
	doc.Security = []map[string][]string{{}, {"bearer": {}}, {"basic": {}}} // nothing: from this machine
	doc.AddOperation(describeProbe())
	doc.AddOperation(describeDiscovery(doc.Components.Schemas))
	if s.options.Asker != nil && s.options.Flappy {
		doc.AddOperation(describeCheckHost(doc.Components.Schemas))
		doc.AddOperation(describeCheckHosts(doc.Components.Schemas))
	}
}

// outside describes an operation that is no part of /api/v1.
func outside(id, method, path, summary, description string, response *huma.Response, errors ...int) *huma.Operation {
	op := &huma.Operation{
		OperationID: id, Method: method, Path: path, Summary: summary, Description: description,
		Responses: map[string]*huma.Response{"200": response}, Tags: []string{"checks"},
	}
	for _, code := range append(errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusMisdirectedRequest) {
		op.Responses[strconv.Itoa(code)] = &huma.Response{Description: http.StatusText(code)}
	}
	return op
}

func describeProbe() *huma.Operation {
	text := &huma.Schema{Type: huma.TypeString}
	about := "For Prometheus, by the metric names of blackbox_exporter. With target: asked now. With check: the last result of a check, without asking again. " +
		"What could not be told is 503 and no probe_success of 0: it says nothing about the target. Modules:"
	names := []any{}
	for _, m := range modules() {
		about += " " + m.name + " " + m.about + ";"
		names = append(names, m.name)
	}
	op := outside("probe", http.MethodGet, probePath, "One target, as metrics", about+" without one the target's own kind decides.", &huma.Response{
		Description: "Metrics of one probe", Content: map[string]*huma.MediaType{"text/plain": {Schema: text}},
	}, 404, 422, 429, 503)
	op.Parameters = []*huma.Param{
		{Name: targetParam, In: "query", Description: "Whom to ask now: HOST:PORT or a URL", Schema: text},
		{Name: moduleParam, In: "query", Description: "How to ask", Schema: &huma.Schema{Type: huma.TypeString, Enum: names}},
		{Name: checkParam, In: "query", Description: "Of which check to tell, instead of a target", Schema: text},
		{Name: scrapeTimeout, In: "header", Description: "When Prometheus gives up; the probe ends half a second before", Schema: &huma.Schema{Type: huma.TypeNumber}},
	}
	return op
}

func describeDiscovery(schemas huma.Registry) *huma.Operation {
	list := &huma.Schema{Type: huma.TypeArray, Items: schemas.Schema(reflect.TypeFor[targetGroup](), true, "")}
	return outside("discovery", http.MethodGet, sdPath, "Checks for Prometheus to scrape",
		"HTTP service discovery: each check as a target that is scraped from /probe?check=NAME, with its name as instance.",
		&huma.Response{Description: "Targets", Content: map[string]*huma.MediaType{"application/json": {Schema: list}}}, 422)
}

// flappyAbout is what both of is_flappy's endpoints do.
const flappyAbout = "Asks five times, two seconds apart, whether a connection is accepted: OK, DOWN, FLAPPY, or UNKNOWN when the fault is ours. " +
	"Answers after ten seconds. Open to this machine, and to the networks of flappy.allow for hosts within them; one request at a time per caller."

func describeCheckHost(schemas huma.Registry) *huma.Operation {
	op := outside("checkHost", http.MethodGet, checkPath+"{host}", "Is a port of a host flappy", flappyAbout+" Asks port 80 unless port says otherwise.", &huma.Response{
		Description: "What was found", Content: map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[flappyResult](), true, "")}},
	}, 422, 429, 503)
	least, most := 1.0, 65535.0
	op.Parameters = []*huma.Param{
		{Name: "host", In: "path", Required: true, Description: "A name or an address", Schema: &huma.Schema{Type: huma.TypeString}},
		{Name: portParam, In: "query", Description: "Which port to ask", Schema: &huma.Schema{Type: huma.TypeInteger, Minimum: &least, Maximum: &most, Default: flappyPort}},
	}
	return op
}

// A flappyRequest is what is said to /json, for its description.
type flappyRequest struct {
	Port  uint16   `json:"port" minimum:"1" maximum:"65535" example:"443"`
	Hosts []string `json:"hosts" maxItems:"10000" doc:"Names or addresses"`
}

func describeCheckHosts(schemas huma.Registry) *huma.Operation {
	op := outside("checkHosts", http.MethodPost, flappyPath, "Is a port of many hosts flappy", flappyAbout, &huma.Response{
		Description: "What was found", Content: map[string]*huma.MediaType{"application/json": {Schema: schemas.Schema(reflect.TypeFor[flappyAnswer](), true, "")}},
	}, 400, 413, 415, 422, 429, 503)
	op.RequestBody = &huma.RequestBody{Required: true, Content: map[string]*huma.MediaType{
		"application/json": {Schema: schemas.Schema(reflect.TypeFor[flappyRequest](), true, "")},
	}}
	return op
}
