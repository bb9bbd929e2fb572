package web

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
)

// TestLiveIsDescribed where it is open, with what may be said and answered.
func TestLiveIsDescribed(t *testing.T) {
	h := busyWorld(time.Now()).server(flappyOptions(&fakeAsker{})).Handler()
	var doc struct {
		Paths map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name string }
			RequestBody struct{ Content map[string]any }
			Responses   map[string]struct{ Content map[string]any }
		}
		Components struct {
			Schemas         map[string]any
			SecuritySchemes map[string]any
		}
	}
	if err := json.Unmarshal(ask(h, "/api/v1/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]struct{ method, kind string }{
		"/probe": {"get", "text/plain"}, "/sd/checks": {"get", "application/json"}, "/check/{host}": {"get", "application/json"}, "/json": {"post", "application/json"},
	} {
		op, ok := doc.Paths[path][want.method]
		if !ok || op.OperationID == "" || op.Responses["200"].Content[want.kind] == nil || op.Responses["401"].Content != nil {
			t.Errorf("%s is described as %+v", path, op)
		}
	}
	if doc.Paths["/json"]["post"].RequestBody.Content["application/json"] == nil || doc.Components.Schemas["FlappyRequest"] == nil || doc.Components.Schemas["FlappyResult"] == nil {
		t.Error("what is said to /json is not described")
	}
	if doc.Components.SecuritySchemes["bearer"] == nil || doc.Components.SecuritySchemes["basic"] == nil {
		t.Error("tokens are not described")
	}
	page := ask(h, "/docs").Body.String()
	for _, text := range []string{"POST /json", "GET /check/{host}", "http_2xx passes when"} {
		if !strings.Contains(page, text) {
			t.Errorf("/docs does not tell of %s", text)
		}
	}
	if strings.Contains(page, `href="/json"`) || strings.Contains(page, `href="/probe"`) {
		t.Error("/docs links to what needs more than a link")
	}
}
