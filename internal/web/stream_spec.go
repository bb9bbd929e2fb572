package web

import (
	"reflect"

	"github.com/danielgtaylor/huma/v2"

	"github.com/portreeve/portreeve/internal/event"
)

// describeStream adds the event stream to the API's description: it is served
// by hand, but is as much a part of it.
func describeStream(api huma.API) {
	doc := api.OpenAPI()
	schemas := doc.Components.Schemas
	text := &huma.Schema{Type: huma.TypeString}
	kinds := &huma.Schema{Type: huma.TypeArray, Items: &huma.Schema{Type: huma.TypeString, Enum: []any{kindEntry, kindGeneration}}}
	op := get("stream", "/events/stream", "What happens, as it happens", "Server-sent events (also at /events/stream). "+
		"entry: an entry of the journal, with its cursor as id, so that a reader who comes back with Last-Event-ID misses none. "+
		"generation: the view has moved on, at most twice a second. Readers that do not keep up are cut off; too many at once get 503 with Retry-After.", 422, 503)
	op.Parameters = []*huma.Param{
		{Name: "Last-Event-ID", In: "header", Description: "Go on after this entry", Schema: text},
		{Name: "since", In: "query", Description: "The same, for callers who set no headers; start for all there are", Schema: text},
		{Name: kindParam, In: "query", Description: "Only this kind of event; may be given twice", Schema: kinds},
	}
	op.Responses = map[string]*huma.Response{"200": {
		Description: "A stream of events",
		Content: map[string]*huma.MediaType{"text/event-stream": {Schema: &huma.Schema{OneOf: []*huma.Schema{
			schemas.Schema(reflect.TypeFor[event.Recorded](), true, ""),
			schemas.Schema(reflect.TypeFor[generation](), true, ""),
		}}}},
	}}
	doc.AddOperation(&op)
}
