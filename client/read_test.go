package client_test

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/client"
)

// read reads a body as an answer of a type.
func read(kind, body string) (*client.Report, error) {
	return client.ReadHealth(&http.Response{Header: http.Header{"Content-Type": {kind}}, Body: io.NopCloser(strings.NewReader(body))})
}

const healthJSON = "application/health+json"

// TestReadDraft reads the example of the draft, section 6, in full.
func TestReadDraft(t *testing.T) {
	body, err := os.ReadFile(filepath.Join("testdata", "draft.json"))
	if err != nil {
		t.Fatal(err)
	}
	got, err := read(healthJSON+"; charset=utf-8", string(body))
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2018, 1, 17, 3, 36, 48, 0, time.UTC)
	node, six := "6fd416e0-8920-410f-9c7b-c479000f7227", "dfd6cf2b-1b6e-4412-a0b8-f6f7797a60d2"
	want := &client.Report{
		Status: client.Pass, Version: "1", ReleaseID: "1.2.2", ServiceID: "f03e522f-1f44-4062-9b55-9587f91c9c41", Description: "health of authz service",
		Notes: []string{""},
		Links: map[string]string{"about": "http://api.example.com/about/authz", "http://api.x.io/rel/thresholds": "http://api.x.io/about/authz/thresholds"},
		Checks: map[string][]client.Component{
			"cassandra:responseTimes": {{ID: six, Type: "datastore", Value: 250.0, Unit: "ms", Status: client.Pass, Affected: []string{"/users/{userId}", "/customers/{customerId}/status", "/shopping/{anything}"}, Time: at}},
			"cassandra:connections":   {{ID: six, Type: "datastore", Value: 75.0, Status: client.Warn, Time: at}},
			"uptime":                  {{Type: "system", Value: 1209600.245, Unit: "s", Status: client.Pass, Time: at}},
			"cpu:utilization": {
				{ID: node, Type: "system", Value: 85.0, Unit: "percent", Status: client.Warn, Time: at},
				{ID: node, Type: "system", Value: 85.0, Unit: "percent", Status: client.Warn, Time: at},
			},
			"memory:utilization": {{ID: node, Type: "system", Value: 8.5, Unit: "GiB", Status: client.Warn, Time: at}},
		},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

// TestReadOld: older keys, words and shapes mean the same.
func TestReadOld(t *testing.T) {
	got, err := read("application/json", `{"Status":"DOWN","serviceID":"s","releaseID":7,"output":"ill","notes":"one",
		"links":{"about":"/a","other":{"href":"/b"}},
		"details":{"db":{"componentId":"x","status":"Error","time":"yesterday","observedValue":[1],"affectedEndpoints":3},"none":null,"word":"well"}}`)
	if err != nil {
		t.Fatal(err)
	}
	want := &client.Report{
		Status: client.Fail, ServiceID: "s", ReleaseID: "7", Output: "ill", Links: map[string]string{"about": "/a"},
		Checks: map[string][]client.Component{"db": {{ID: "x", Status: client.Fail, Value: []any{1.0}}}},
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
}

func TestReadStatus(t *testing.T) {
	for word, want := range map[string]client.Status{"pass": client.Pass, "OK": client.Pass, "up": client.Pass, "Warn": client.Warn, "FAIL": client.Fail, "error": client.Fail, "down": client.Fail} {
		if got, err := read(healthJSON, `{"status":"`+word+`"}`); err != nil || got.Status != want {
			t.Errorf("%s: %+v, %v, want %s", word, got, err, want)
		}
	}
}

// TestReadBad: what is no report is an error that says why.
func TestReadBad(t *testing.T) {
	for _, tt := range []struct{ kind, body, want string }{
		{"text/html", `{"status":"pass"}`, `"text/html" is not application/health+json`},
		{"", `{"status":"pass"}`, "is not application/health+json"},
		{healthJSON, ``, "unexpected end of JSON input"},
		{healthJSON, `{"status":"pass"`, "unexpected end of JSON input"},
		{healthJSON, `{"status":"pass"} {}`, "after top-level value"},
		{healthJSON, `["pass"]`, "cannot unmarshal array"},
		{healthJSON, `null`, "null is no object"},
		{healthJSON, `{}`, `the status "" is not pass, warn or fail`},
		{healthJSON, `{"status":"fine"}`, `the status "fine" is not pass, warn or fail`},
		{healthJSON, `{"status":null}`, `the status "" is not pass, warn or fail`},
		{healthJSON, strings.Repeat("[", 60_000), "exceeded max depth"},
		{healthJSON, `{"status":"pass"` + strings.Repeat(" ", client.MaxReport) + "}", "longer than 65536 bytes"},
	} {
		if got, err := read(tt.kind, tt.body); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%.40q: %+v, %v, want %q", tt.body, got, err, tt.want)
		}
	}
	whole := `{"status":"pass"` + strings.Repeat(" ", client.MaxReport-len(`{"status":"pass"}`)) + "}"
	if _, err := read(healthJSON, whole); err != nil {
		t.Error("as long as may be:", err)
	}
}

// FuzzReadHealth: no body is worse than an error, and what is read can be written
// and read again as the same.
func FuzzReadHealth(f *testing.F) {
	if body, err := os.ReadFile(filepath.Join("testdata", "draft.json")); err == nil {
		f.Add(body)
	}
	for _, seed := range []string{``, `{}`, `{"status":"ok","details":{"a":[{"time":"2026-05-04T10:00:00.5+02:00","status":"up"}]}}`, `{"STATUS":"warn","status":"fail","checks":{"":{}}}`} {
		f.Add([]byte(seed))
	}
	f.Fuzz(func(t *testing.T, body []byte) {
		r, err := read(healthJSON, string(body))
		if err != nil {
			return
		}
		if r.Status != client.Pass && r.Status != client.Warn && r.Status != client.Fail {
			t.Fatalf("status %q", r.Status)
		}
		written, err := json.Marshal(r)
		if err != nil {
			t.Fatal(err)
		}
		again, err := client.ParseHealth(written)
		if err != nil {
			t.Fatalf("%s: %v", written, err)
		}
		twice, err := json.Marshal(again)
		if err != nil || string(twice) != string(written) {
			t.Errorf("%s became %s, %v", written, twice, err)
		}
	})
}
