package web

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
)

// readPart decodes an answer's part of a list.
func readPart[T any](t *testing.T, rec *httptest.ResponseRecorder) board.Part[T] {
	t.Helper()
	var p board.Part[T]
	if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil || rec.Code != http.StatusOK {
		t.Fatalf("%d %v: %s", rec.Code, err, rec.Body)
	}
	return p
}

func checkNames(states []*health.State) string {
	var names []string
	for _, st := range states {
		names = append(names, st.Spec.Name)
	}
	return strings.Join(names, " ")
}

func TestChecksAreFilteredAndSorted(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	for query, want := range map[string]string{
		"":                                  "shop-api postgres mail shop-next",
		"?sort=name":                        "mail postgres shop-api shop-next",
		"?sort=-took":                       "shop-api mail postgres shop-next",
		"?filter=status:down":               "shop-api",
		"?filter=shop+-status:down":         "shop-next",
		"?filter=reason:refused,timeout":    "shop-api postgres",
		"?filter=host:mail.example.org":     "mail",
		"?filter=port:3000-3002&sort=-name": "shop-next shop-api",
		"?filter=name:nosuch":               "",
	} {
		part := readPart[*health.State](t, ask(h, "/api/v1/checks"+query))
		if got := checkNames(part.Items); got != want || part.Matching != len(part.Items) || part.Next != "" || part.Items == nil {
			t.Errorf("%s: %q, %d match, next %q; want %q", query, got, part.Matching, part.Next, want)
		}
	}
}

// TestListsCanBeReadOn goes through lists in parts, in every order.
func TestListsCanBeReadOn(t *testing.T) {
	w := busyWorld(time.Now())
	h := w.server(Options{}).Handler()
	for _, sort := range append(board.CheckOrderKeys(), "", "-took") {
		whole := readPart[*health.State](t, ask(h, "/api/v1/checks?sort="+sort))
		got := parts(t, h, "/api/v1/checks?limit=1&sort="+sort, len(whole.Items), func(st *health.State) string { return st.Spec.Name })
		if got != checkNames(whole.Items) {
			t.Errorf("checks by %q in parts: %s; in one: %s", sort, got, checkNames(whole.Items))
		}
	}
	for _, sort := range []string{"", "-connections", "service", "up", "-bind"} {
		var ids []string
		for _, l := range readPart[listenerItem](t, ask(h, "/api/v1/listeners?sort="+sort)).Items {
			ids = append(ids, l.ID)
		}
		got := parts(t, h, "/api/v1/listeners?limit=3&sort="+sort, len(w.rows), func(l listenerItem) string { return l.ID })
		if want := strings.Join(ids, " "); got != want {
			t.Errorf("listeners by %q in parts: %s; in one: %s", sort, got, want)
		}
	}
}

// parts reads a list of so many items from its first part to its last.
func parts[T any](t *testing.T, h http.Handler, first string, matching int, name func(T) string) string {
	t.Helper()
	var names []string
	after := ""
	for range matching + 1 {
		part := readPart[T](t, ask(h, first+"&after="+url.QueryEscape(after)))
		for _, item := range part.Items {
			names = append(names, name(item))
		}
		if part.Matching != matching {
			t.Errorf("%s: %d match, want %d", first, part.Matching, matching)
		}
		if after = part.Next; after == "" {
			break
		}
	}
	return strings.Join(names, " ")
}

func TestOneCheck(t *testing.T) {
	w := busyWorld(time.Now())
	h := w.server(Options{}).Handler()
	part := readPart[*health.State](t, ask(h, "/api/v1/checks/shop-api"))
	if checkNames(part.Items) != "shop-api" || part.Items[0].Last.Reason != health.Timeout || !part.Time.Equal(part.Items[0].Last.At) {
		t.Errorf("shop-api: %+v", part)
	}
	for path, want := range map[string]string{
		"/api/v1/checks/shop-apo":                   "did you mean shop-api?",
		"/api/v1/checks/somethingelse":              "/api/v1/checks lists those there are",
		"/api/v1/checks/" + strings.Repeat("a", 64): "path.name",
	} {
		rec := ask(h, path)
		if code := rec.Code; code != 404 && code != 422 || !strings.Contains(rec.Body.String(), want) || rec.Header().Get("Content-Type") != "application/problem+json" {
			t.Errorf("%s: %d %s", path, code, rec.Body)
		}
	}
}

// TestRoutineResultsAreNoNews: a pass like the one before changes no answer
// but those that are about it.
func TestRoutineResultsAreNoNews(t *testing.T) {
	w := busyWorld(time.Now())
	st := *w.board.View().FindCheck("mail")
	h := w.server(Options{}).Handler()
	tags := map[string]string{
		"/api/v1/checks": "304", "/api/v1/checks?sort=-since": "304", "/api/v1/checks/postgres": "304",
		"/api/v1/checks?sort=-took": "200", "/api/v1/checks?sort=asked": "200", "/api/v1/checks/mail": "200",
	}
	before := map[string]string{}
	for path := range tags {
		before[path] = ask(h, path).Header().Get("ETag")
	}
	last := *st.Last
	last.At, last.Took = w.now.Add(-time.Second), health.Duration(time.Minute)
	st.Last = &last
	w.board.Check(&st)
	for path, want := range tags {
		rec := ask(h, path, "If-None-Match", before[path])
		if got := fmt.Sprint(rec.Code); got != want {
			t.Errorf("%s: %s, want %s", path, got, want)
		}
		if at := rec.Header().Get(lookedAt); path == "/api/v1/checks" && at != last.At.UTC().Format(timeLayout) {
			t.Errorf("%s: looked at %s, want %v", path, at, last.At)
		}
	}
}

// TestChecksTellNoSecrets: what a check sends may hold passwords.
func TestChecksTellNoSecrets(t *testing.T) {
	w := busyWorld(time.Now())
	spec := health.Spec{Name: "login", Target: "https://example.org/login", Headers: map[string]string{"Authorization": "Bearer hunter2"}, Body: "password=hunter2"}.WithDefaults(health.DefaultProfile())
	w.board.Check(&health.State{Spec: &spec, Status: health.Unknown})
	h := w.server(Options{}).Handler()
	for _, path := range []string{"/api/v1/checks", "/api/v1/checks/login"} {
		if body := ask(h, path).Body.String(); strings.Contains(body, "hunter2") || !strings.Contains(body, "https://example.org/login") {
			t.Errorf("%s: %s", path, body)
		}
	}
	var item map[string]any
	text, _ := json.Marshal(readPart[json.RawMessage](t, ask(h, "/api/v1/checks/login")).Items[0])
	if err := json.Unmarshal(text, &item); err != nil || item["last"] != nil {
		t.Errorf("%v, last is %v, want null before the first result", err, item["last"])
	}
	if diff := cmp.Diff([]string{"consecutive_failures", "consecutive_passes", "flap_percent", "last", "since", "spec", "status"}, slices.Sorted(maps.Keys(item))); diff != "" {
		t.Error(diff)
	}
}

// TestCheckIsDescribed: what clients are made from tells what may come.
func TestCheckIsDescribed(t *testing.T) {
	var doc struct {
		Components struct {
			Schemas map[string]struct {
				Required   []string
				Properties map[string]struct {
					Enum  []string
					OneOf []struct {
						Ref  string `json:"$ref"`
						Type string
					}
				}
			}
		}
	}
	rec := ask(busyWorld(time.Now()).server(Options{}).Handler(), "/api/v1/openapi.json")
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	state := doc.Components.Schemas["State"].Properties
	if got := strings.Join(state["status"].Enum, " "); got != "UNKNOWN HEALTHY DEGRADING UNHEALTHY" {
		t.Errorf("status is one of %s", got)
	}
	if last := state["last"].OneOf; len(last) != 2 || last[0].Ref != "#/components/schemas/Result" || last[1].Type != "null" {
		t.Errorf("last is %+v", last)
	}
	part := doc.Components.Schemas["PartState"]
	if !slices.Contains(part.Required, "matching") || slices.Contains(part.Required, "next") {
		t.Errorf("of a part there must be %v", part.Required)
	}
	spec := doc.Components.Schemas["Spec"].Properties
	for name, want := range map[string]bool{"target": true, "headers": false, "body": false} {
		if _, ok := spec[name]; ok != want {
			t.Errorf("spec is described with %s: %v", name, ok)
		}
	}
}
