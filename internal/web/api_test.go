package web

import (
	"bytes"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

func indented(t *testing.T, body []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := json.Indent(&b, body, "", " "); err != nil {
		t.Fatalf("%v: %s", err, body)
	}
	return b.Bytes()
}

// read decodes an answer's report.
func read[T any](t *testing.T, rec *httptest.ResponseRecorder) board.Report[T] {
	t.Helper()
	var r board.Report[T]
	if err := json.Unmarshal(rec.Body.Bytes(), &r); err != nil || rec.Code != http.StatusOK {
		t.Fatalf("%d %v: %s", rec.Code, err, rec.Body)
	}
	return r
}

func TestUnchangedIsNotToldAgain(t *testing.T) {
	now := time.Now()
	w := busyWorld(now)
	h := w.server(Options{}).Handler()
	paths := []string{"/api/v1/listeners", "/api/v1/connections", "/api/v1/events", "/api/v1/machine", "/api/v1/checks", "/api/v1/checks/mail", "/api/v1/" + "listeners/" + rowOn(w, 8500).ID}
	tags := map[string]string{}
	for _, path := range paths {
		first := ask(h, path)
		tag := first.Header().Get("ETag")
		if tags[path] = tag; first.Code != 200 || !strings.HasPrefix(tag, `W/"`) {
			t.Fatalf("%s: %d, ETag %q", path, first.Code, tag)
		}
		for _, header := range []string{tag, `"x", ` + tag, "*", strings.TrimPrefix(tag, "W/")} {
			again := ask(h, path, "If-None-Match", header)
			if again.Code != 304 || again.Body.Len() > 0 || again.Header().Get("ETag") != tag || again.Header().Get(lookedAt) == "" {
				t.Errorf("%s, If-None-Match %s: %d with %d bytes, %v", path, header, again.Code, again.Body.Len(), again.Header())
			}
		}
		if other := ask(h, path, "If-None-Match", `W/"other"`); other.Code != 200 {
			t.Errorf("%s: another validator got %d", path, other.Code)
		}
	}

	w.snap.Listening.At = now.Add(time.Second)
	w.board.Look(w.snap)
	for _, path := range paths {
		want := 304 // a later look that saw nothing new
		if path == "/api/v1/machine" {
			want = 200 // is about looks
		}
		rec := ask(h, path, "If-None-Match", tags[path])
		if rec.Code != want {
			t.Errorf("%s after a look: %d, want %d", path, rec.Code, want)
		}
		look := w.snap.Listening.At
		switch {
		case path == "/api/v1/connections":
			look = w.snap.Connections.At // counted at its own pace
		case strings.HasPrefix(path, "/api/v1/checks"):
			look = w.board.View().Look.ChecksAt // asked at theirs
		}
		if at, _ := time.Parse(timeLayout, rec.Header().Get(lookedAt)); !at.Equal(look.Truncate(time.Second)) {
			t.Errorf("%s after a look: looked at %v, want %v", path, at, look)
		}
	}

	w.look()
	restarted := busyWorld(now.Add(time.Minute)).server(Options{}).Handler()
	for _, path := range paths {
		if rec := ask(h, path, "If-None-Match", tags[path]); rec.Code != 200 {
			t.Errorf("%s in the next generation: %d", path, rec.Code)
		}
		if rec := ask(restarted, path, "If-None-Match", tags[path]); rec.Code != 200 {
			t.Errorf("%s from another run, same generation: %d", path, rec.Code)
		}
	}
}

func TestListenersAreFilteredAndSorted(t *testing.T) {
	w := busyWorld(time.Now())
	h := w.server(Options{}).Handler()
	var ports []uint16
	for _, l := range read[port.Listener](t, ask(h, "/api/v1/listeners?filter=service:shop+-port:3001&sort=-connections")).Items {
		ports = append(ports, l.Port)
	}
	if diff := cmp.Diff([]uint16{3002, 3000}, ports); diff != "" {
		t.Error(diff)
	}
	one := read[port.Listener](t, ask(h, "/api/v1/listeners/"+rowOn(w, 8500).ID))
	if len(one.Items) != 1 || one.Items[0].Port != 8500 {
		t.Errorf("by its id: %+v", one.Items)
	}
	if none := read[port.Listener](t, ask(h, "/api/v1/listeners?filter=port:1")); none.Items == nil || len(none.Items) != 0 {
		t.Errorf("nothing is %v, not an empty list", none.Items)
	}
}

// TestListenersNameTheirChecks as the page does: those of this machine's TCP
// ports, wherever the address of the target says so.
func TestListenersNameTheirChecks(t *testing.T) {
	w := busyWorld(time.Now())
	w.check("consul", "tcp://web-07:8500", health.Healthy, health.Result{Verdict: health.Pass}, time.Hour, 0)
	w.check("a-consul", "tcp://[::1]:8500", health.Healthy, health.Result{Verdict: health.Pass}, time.Hour, 0)
	w.check("elsewhere", "tcp://10.9.9.9:8500", health.Healthy, health.Result{Verdict: health.Pass}, time.Hour, 0)
	w.check("time", "tcp://localhost:123", health.Unhealthy, health.Result{Verdict: health.Fail}, time.Hour, 0) // 123 is UDP
	h := w.server(Options{}).Handler()
	got := map[uint16][]string{}
	for _, l := range read[listenerItem](t, ask(h, "/api/v1/listeners")).Items {
		if l.Checks == nil {
			t.Errorf("port %d: checks are null, not an empty list", l.Port)
		}
		if len(l.Checks) > 0 {
			got[l.Port] = l.Checks
		}
	}
	want := map[uint16][]string{3000: {"shop-api"}, 3002: {"shop-next"}, 8500: {"a-consul", "consul"}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	one := read[listenerItem](t, ask(h, "/api/v1/listeners/"+rowOn(w, 8500).ID))
	if diff := cmp.Diff(want[8500], one.Items[0].Checks); diff != "" {
		t.Error(diff)
	}
}

// TestWrongFieldsAreAllNamed reads like a user's mistakes.
func TestWrongFieldsAreAllNamed(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	for url, want := range map[string]struct {
		status int
		fields []string
		says   string
	}{
		"/api/v1/listeners?filter=prot:80&sort=conections": {422, []string{"query.filter", "query.sort"}, "did you mean proto:?"},
		"/api/v1/listeners?fitler=port:80":                 {422, []string{"query.fitler"}, "did you mean filter?"},
		"/api/v1/listeners?limit=1001&after=nonsense":      {422, []string{"query.limit", "query.after"}, "1000"},
		"/api/v1/listeners?sort=prt&after=nonsense":        {422, []string{"query.sort", "query.after"}, "take the next of an answer"},
		"/api/v1/checks?filter=stat:up&sort=nam&after=%7B": {422, []string{"query.filter", "query.sort", "query.after"}, "did you mean status:?"},
		"/api/v1/checks?filter=status:dwn":                 {422, []string{"query.filter"}, "did you mean down?"},
		"/api/v1/checks?limit=0":                           {422, []string{"query.limit"}, ""},
		"/api/v1/checks/shop-ap":                           {404, nil, "did you mean shop-api?"},
		"/api/v1/listeners/tcp/1/deadbeef":                 {404, nil, "no listener has the id"},
		"/api/v1/listeners/sctp/x/deadbeef":                {422, []string{"path.proto", "path.port"}, ""},
		"/api/v1/connections?port=70000&group_by=pid":      {422, []string{"query.group_by", "query.port"}, "65535"},
		"/api/v1/connections?port=abc":                     {422, []string{"query.port"}, ""},
		"/api/v1/connections?port=0":                       {422, []string{"query.port"}, ""},
		"/api/v1/events?since=nonsense":                    {422, []string{"query.since"}, "no cursor of this journal"},
		"/api/v1/events?limit=0":                           {422, []string{"query.limit"}, ""},
		"/api/v1/events?limit=5000":                        {422, []string{"query.limit"}, ""},
		"/api/v1/events?wait=3":                            {422, []string{"query.wait"}, "since"},
		"/api/v1/events/stream?kind=all":                   {422, nil, "Kinds are entry and generation"},
	} {
		rec := ask(h, url)
		var p struct {
			Status int
			Errors []struct{ Location, Message string }
		}
		if err := json.Unmarshal(rec.Body.Bytes(), &p); err != nil {
			t.Errorf("%s: %v: %s", url, err, rec.Body)
		}
		var fields []string
		for _, e := range p.Errors {
			fields = append(fields, e.Location)
		}
		less := cmp.Diff(want.fields, fields, cmp.Transformer("sorted", func(s []string) map[string]bool {
			m := map[string]bool{}
			for _, v := range s {
				m[v] = true
			}
			return m
		}))
		if rec.Code != want.status || p.Status != want.status || rec.Header().Get("Content-Type") != "application/problem+json" || less != "" || !strings.Contains(rec.Body.String(), want.says) {
			t.Errorf("%s: %d %s %s", url, rec.Code, rec.Header().Get("Content-Type"), rec.Body)
		}
	}
}

func TestMethods(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	for _, path := range []string{"/", "/docs", "/healthz", "/assets/app.css", "/events/stream", "/api/v1/machine", "/api/v1/listeners", "/api/v1/checks", "/api/v1/openapi.json"} {
		for method, want := range map[string]int{"HEAD": 200, "OPTIONS": 204, "POST": 405, "PUT": 405, "DELETE": 405, "PATCH": 405} {
			rec := httptest.NewRecorder()
			h.ServeHTTP(rec, arrived(method, "http://localhost"+path, "127.0.0.1:1", "127.0.0.1:9860"))
			if rec.Code != want {
				t.Errorf("%s %s: %d, want %d", method, path, rec.Code, want)
			}
			if want > 200 && rec.Header().Get("Allow") != "GET, HEAD, OPTIONS" {
				t.Errorf("%s %s: Allow is %q", method, path, rec.Header().Get("Allow"))
			}
		}
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, arrived("POST", "http://localhost/api/v1/machine", "127.0.0.1:1", "127.0.0.1:9860"))
	if rec.Header().Get("Content-Type") != "application/problem+json" {
		t.Errorf("405 is %s", rec.Header().Get("Content-Type"))
	}
}

func TestEventsCanBeReadOn(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	var got []event.Cursor
	since := "start"
	for range 10 {
		page := read[event.Recorded](t, ask(h, "/api/v1/events?limit=4&since="+since)).Items
		for _, r := range page {
			got = append(got, r.Cursor)
			since = string(r.Cursor)
		}
	}
	if diff := cmp.Diff([]event.Cursor{"c1", "c2", "c3", "c4", "c5", "c6"}, got); diff != "" {
		t.Error(diff)
	}
	recent := read[event.Recorded](t, ask(h, "/api/v1/events?limit=2")).Items
	if len(recent) != 2 || recent[1].Cursor != "c6" {
		t.Errorf("the most recent: %+v", recent)
	}
}

func TestJournalOutOfOrder(t *testing.T) {
	w := busyWorld(time.Now())
	w.journal.err = http.ErrAbortHandler // any error
	h := w.server(Options{}).Handler()
	for _, url := range []string{"/api/v1/events", "/api/v1/events?since=start", "/events/stream"} {
		rec := ask(h, url)
		if rec.Code != 503 || strings.Contains(rec.Body.String(), "abort") {
			t.Errorf("%s: %d %s", url, rec.Code, rec.Body)
		}
	}
	if rec := ask(h, "/"); rec.Code != 200 {
		t.Errorf("the page needs the journal: %d", rec.Code)
	}
}

// TestSpecification holds the document to what the server answers.
func TestSpecification(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	var doc struct {
		OpenAPI string
		Paths   map[string]map[string]struct {
			OperationID string
			Parameters  []struct{ Name, In string }
			Responses   map[string]any
		}
	}
	rec := ask(h, "/api/v1/openapi.json")
	if err := json.Unmarshal(rec.Body.Bytes(), &doc); err != nil || !strings.HasPrefix(doc.OpenAPI, "3.1") {
		t.Fatalf("%v, version %q", err, doc.OpenAPI)
	}
	want := []string{"/api/v1/machine", "/api/v1/listeners", "/api/v1/listeners/{proto}/{port}/{hash}", "/api/v1/connections", "/api/v1/events", "/api/v1/events/stream", "/api/v1/checks", "/api/v1/checks/{name}", "/probe", "/sd/checks"}
	if len(doc.Paths) != len(want) {
		t.Errorf("%d paths, want %d", len(doc.Paths), len(want))
	}
	for _, path := range want {
		if op, ok := doc.Paths[path]["get"]; !ok || op.OperationID == "" || op.Responses["200"] == nil {
			t.Errorf("%s is not described: %+v", path, op)
		}
	}
	if yaml := ask(h, "/api/v1/openapi.yaml").Body.String(); !strings.Contains(yaml, "/api/v1/listeners:") {
		t.Errorf("YAML: %.200s", yaml)
	}
	for _, page := range []string{rec.Body.String(), ask(h, "/docs").Body.String()} {
		if strings.Contains(page, "unpkg") || strings.Contains(page, "cdn") {
			t.Error("something is loaded from elsewhere")
		}
	}
}

func TestCompression(t *testing.T) {
	h := manyWorld(time.Now()).server(Options{}).Handler()
	for path, zipped := range map[string]bool{"/": true, "/api/v1/listeners": true, "/assets/app.js": true, "/healthz": false, "/assets/icon-ok.svg": false} {
		rec := ask(h, path, "Accept-Encoding", "gzip, br")
		if got := rec.Header().Get("Content-Encoding") == "gzip"; got != zipped || rec.Code != 200 {
			t.Errorf("%s: %d, compressed %v", path, rec.Code, got)
		}
		if plain := ask(h, path); plain.Header().Get("Content-Encoding") != "" {
			t.Errorf("%s is compressed for a caller who did not ask for it", path)
		}
	}
}
