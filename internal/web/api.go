package web

import (
	"io"
	"net/http"
	"sync"
	"time"

	"github.com/danielgtaylor/huma/v2"
	"github.com/danielgtaylor/huma/v2/adapters/humago"
)

// apiPath is where the API lives.
const apiPath = "/api/v1"

// routeAPI adds the API to mux, and its description.
func (s *Server) routeAPI(mux *router) {
	api := humago.New(scopedMux{mux, s.rules}, apiConfig(s.options.Version))
	s.registerMachine(api)
	s.registerListeners(api)
	s.registerConnections(api)
	s.registerChecks(api)
	s.registerEvents(api)
	s.registerPast(api)
	s.registerRequests(api)
	s.registerRegistrations(api)
	describeStream(api)
	s.describeLive(api)
	s.describePush(api)
	s.spec = &spec{api: api.OpenAPI(), version: s.options.Version}
	mux.HandleFunc("GET "+apiPath+"/events/stream", s.serveStream)
	mux.HandleFunc("GET "+apiPath+"/openapi.json", s.spec.serveJSON)
	mux.HandleFunc("GET "+apiPath+"/openapi.yaml", s.spec.serveYAML)
}

// apiConfig turns off what huma would add by itself: documentation pages that
// load scripts from elsewhere, links to schemas in every answer, and its own
// way to serve the specification, which keeps four renderings of it.
func apiConfig(version string) huma.Config {
	jsonFormat := huma.Format{
		Marshal:   encodeAnswer,
		Unmarshal: decodeBody,
	}
	schemas := huma.NewMapRegistry("#/components/schemas/", huma.DefaultSchemaNamer)
	return huma.Config{
		OpenAPI: &huma.OpenAPI{
			OpenAPI: "3.1.0",
			Info: &huma.Info{
				Title: "portreeve", Version: version,
				Description: "What listens on this machine, who is connected, what is watched, and what has happened. " +
					"What is read changes nothing; what changes something takes JSON and needs a token of the scope admin, from this machine too, but for apps that sign themselves up and heartbeats. Every answer to a question comes in one envelope, with the generation of the machine's view as its ETag: " +
					"send it back in If-None-Match and an unchanged view costs a 304. Long lists come in parts: the next of one is the after of the request for the one behind it. Wrong requests get problem details (RFC 9457) that name every wrong field.",
				License: &huma.License{Name: "Apache-2.0", Identifier: "Apache-2.0"},
			},
			Components: &huma.Components{Schemas: schemas},
		},
		Formats:                      map[string]huma.Format{"application/json": jsonFormat, "json": jsonFormat},
		DefaultFormat:                "application/json",
		RejectUnknownQueryParameters: true,
		Transformers:                 []huma.Transformer{hintUnknown(schemas)},
	}
}

// encodeAnswer writes an answer as JSON. A reader who does not take it in time,
// or has gone, gets no more, and his connection is closed: so he knows that it
// was not all.
func encodeAnswer(w io.Writer, value any) error {
	out := &reader{Writer: w}
	err := encodeJSON(out, value)
	if out.gone {
		panic(http.ErrAbortHandler)
	}
	return err
}

// A reader notes whether an answer could not be written to it.
type reader struct {
	io.Writer
	gone bool
}

func (r *reader) Write(p []byte) (int, error) {
	n, err := r.Writer.Write(p)
	r.gone = r.gone || err != nil
	return n, err
}

// A Conditional is what every request for a view may carry. It is exported for
// huma, which reads no parameters from embedded types that are not.
type Conditional struct {
	IfNoneMatch string `header:"If-None-Match" doc:"ETag of an answer: if it still holds, the answer is 304 without a body"`
}

// An answer is a view's report, or a 304 without one.
type answerOf[T any] struct {
	ETag         string `header:"ETag" doc:"Weak: the start of this portreeve and the generation of its view"`
	CacheControl string `header:"Cache-Control"`
	LookedAt     string `header:"Portreeve-Looked-At" doc:"When the kernel was asked for what the answer tells, also in a 304"`
	Body         T
}

// conditionally answers with what make returns, or with 304 if the caller has
// it. It is about what the kernel was asked for at a time.
func conditionally[T any](in *Conditional, at time.Time, tag string, make func() T) (*answerOf[T], error) {
	looked := http.Header{}
	setLookedAt(looked, at)
	if matches(in.IfNoneMatch, tag) {
		looked.Set("ETag", tag)
		looked.Set("Cache-Control", "no-cache")
		return nil, huma.ErrorWithHeaders(huma.Status304NotModified(), looked)
	}
	return &answerOf[T]{ETag: tag, CacheControl: "no-cache", LookedAt: looked.Get(lookedAt), Body: make()}, nil
}

// get describes an operation that reads.
func get(id, path, summary, description string, errors ...int) huma.Operation {
	return huma.Operation{
		OperationID: id, Method: http.MethodGet, Path: apiPath + path, Summary: summary, Description: description,
		Errors: append(errors, http.StatusUnauthorized, http.StatusForbidden, http.StatusMisdirectedRequest),
		Tags:   []string{"machine"},
	}
}

// A spec serves the API's description. It is rendered anew each time, for it is
// seldom asked for and is as big as all else that the server keeps.
type spec struct {
	mu      sync.Mutex
	api     *huma.OpenAPI
	version string
}

func (s *spec) serveJSON(w http.ResponseWriter, r *http.Request) {
	s.serve(w, "application/vnd.oai.openapi+json;version=3.1", s.api.MarshalJSON)
}

func (s *spec) serveYAML(w http.ResponseWriter, r *http.Request) {
	s.serve(w, "application/vnd.oai.openapi;version=3.1", s.api.YAML)
}

func (s *spec) serve(w http.ResponseWriter, kind string, render func() ([]byte, error)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	body, err := render()
	if err != nil {
		http.Error(w, err.Error(), http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", kind)
	w.Write(body)
}
