package api

import (
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// TestScript walks through what people type.
func TestScript(t *testing.T) {
	server := httptest.NewServer(New())
	defer server.Close()
	for _, step := range []struct {
		method, path string
		status       int // 0: cut off
		body         string
	}{
		{"GET", "/", 200, `{"status":"OK"}`},
		{"PUT", "/control?status=503", 200, `"status":503`},
		{"GET", "/health", 503, "OK"},
		{"PUT", "/control?body=down+for+a+while", 200, "down for"},
		{"GET", "/", 200, "down for a while"},
		{"PUT", "/control?fault=reset&times=1", 200, "reset"},
		{"GET", "/", 0, ""},
		{"GET", "/", 200, "down for a while"},
		{"PUT", "/control?delay=1ms", 200, "1ms"},
		{"GET", "/", 200, `{"status":"OK"}`},
		{"DELETE", "/control", 200, `"asked":6,"failed":5`},
		{"GET", "/", 200, `{"status":"OK"}`},
		{"PUT", "/control?status=99", 400, "200 to 599"},
		{"PUT", "/control?speed=9", 400, "speed"},
		{"PATCH", "/control", 405, "PUT changes it"},
	} {
		req, err := http.NewRequest(step.method, server.URL+step.path, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.Close = true // a GET on an old connection would be tried again
		res, err := http.DefaultClient.Do(req)
		if err != nil {
			if step.status != 0 {
				t.Errorf("%s %s: %v", step.method, step.path, err)
			}
			continue
		}
		body, _ := io.ReadAll(res.Body)
		res.Body.Close()
		if res.StatusCode != step.status || !strings.Contains(string(body), step.body) {
			t.Errorf("%s %s: %d %s, want %d %s", step.method, step.path, res.StatusCode, body, step.status, step.body)
		}
	}
}
