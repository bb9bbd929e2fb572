package client_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/client"
)

// A monitor is a portreeve server as its clients see it: it keeps registrations,
// knows their owners, and refuses as the API does.
type monitor struct {
	mu     sync.Mutex
	signed map[string]*signed
	tokens map[string]string // of the scope register: names by secret
	minted int
	asked  []string // the requests, as "POST /api/v1/checks"
	refuse func(r *http.Request) *answer
}

// A signed is a registration.
type signed struct {
	body     map[string]any
	owner    string
	secret   string
	paused   bool
	why      string
	restarts int
	beats    []string // their signals and what they said
}

// An answer is what a monitor says.
type answer struct {
	status int
	header http.Header
	body   any
}

func newMonitor() *monitor {
	return &monitor{signed: map[string]*signed{}, tokens: map[string]string{}}
}

// serve lets the monitor listen until the test ends, on an address or, if that is
// empty, on one of its own.
func (m *monitor) serve(t testing.TB, addr string) *httptest.Server {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	l, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: m}}
	s.Start()
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP answers as the API does.
func (m *monitor) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.asked = append(m.asked, r.Method+" "+r.URL.Path)
	a := m.answer(r)
	for key, values := range a.header {
		w.Header()[key] = values
	}
	w.Header().Set("Content-Type", "application/json")
	if a.status >= 400 {
		w.Header().Set("Content-Type", "application/problem+json")
	}
	w.WriteHeader(a.status)
	if a.body != nil {
		json.NewEncoder(w).Encode(a.body)
	}
}

func (m *monitor) answer(r *http.Request) answer {
	if m.refuse != nil {
		if a := m.refuse(r); a != nil {
			return *a
		}
	}
	shown := strings.TrimPrefix(r.Header.Get("Authorization"), "Bearer ")
	owner, owns := "this machine", ""
	for name, s := range m.signed {
		if shown != "" && s.secret == shown {
			owner, owns = s.owner, name
		}
	}
	if name, ok := m.tokens[shown]; ok {
		owner = "token " + name
	} else if shown != "" && owns == "" {
		return refusal(401, "This token is not known.")
	}
	rest, _ := strings.CutPrefix(r.URL.Path, "/api/v1/")
	parts := strings.Split(rest, "/")
	if parts[0] == "checks" && len(parts) == 1 && r.Method == http.MethodPost {
		return m.signUp(r, owner, owns)
	}
	s := m.signed[parts[1]]
	switch {
	case s == nil:
		return refusal(404, "Nobody has signed this name up.")
	case s.owner != owner && owns != parts[1]:
		return refusal(403, "It is somebody else's.")
	}
	return m.about(r, parts[1], s, parts[0], strings.Join(parts[2:], "/"))
}

// signUp registers.
func (m *monitor) signUp(r *http.Request, owner, owns string) answer {
	var body map[string]any
	if err := json.NewDecoder(r.Body).Decode(&body); err != nil {
		return refusal(400, err.Error())
	}
	if wrong := wrongFields(body); wrong != nil {
		return answer{status: 422, body: map[string]any{"title": "Unprocessable Entity", "status": 422, "detail": "validation failed", "errors": wrong}}
	}
	name := body["name"].(string)
	before := m.signed[name]
	if before != nil && before.owner != owner && owns != name {
		return refusal(409, "The name is taken.")
	}
	m.minted++
	now := &signed{body: body, owner: owner, secret: fmt.Sprintf("prt_secret%d", m.minted)}
	out := map[string]any{"name": name, "outcome": "created", "token": now.secret, "check": "/api/v1/checks/" + name, "page": "/checks/" + name}
	status := 201
	if before != nil {
		status = 200
		now.restarts, now.beats = before.restarts+1, before.beats
		out["outcome"], out["restarts"] = "restarted", now.restarts
		if owns == name {
			now.secret = before.secret
			delete(out, "token")
		}
	}
	m.signed[name] = now
	return answer{status: status, body: out}
}

// about answers what is asked about a registration.
func (m *monitor) about(r *http.Request, name string, s *signed, kind, action string) answer {
	text, _ := io.ReadAll(r.Body)
	var said map[string]any
	json.Unmarshal(text, &said)
	switch request := r.Method + " " + kind + "/" + action; request {
	case "GET checks/registration":
		return answer{status: 200, body: map[string]any{
			"name": name, "owner": s.owner, "address": "127.0.0.1", "restarts": s.restarts, "paused": s.paused, "status": "HEALTHY",
			"created": "2026-05-04T10:00:00Z", "since": "2026-05-04T10:00:01Z",
			"spec": map[string]any{
				"title": "Shop", "target": "http://127.0.0.1:3000/health", "interval": "30s", "timeout": "5s", "thresholds": map[string]any{"unhealthy": 2, "healthy": 10},
			},
			"last": map[string]any{"at": "2026-05-04T10:00:01Z", "took": "1.5ms", "verdict": "pass"},
		}}
	case "PUT checks/":
		s.body = said
		return answer{status: 200, body: map[string]any{"name": name, "outcome": "changed"}}
	case "DELETE checks/":
		delete(m.signed, name)
		return answer{status: 204}
	case "POST checks/pause":
		s.paused, s.why = true, fmt.Sprint(said["why"])
		return answer{status: 200, body: map[string]any{"check": name, "paused": true}}
	case "POST checks/resume":
		s.paused, s.why = false, ""
		return answer{status: 200, body: map[string]any{"check": name}}
	default:
		if signal, ok := strings.CutPrefix(request, "POST push/"); ok {
			s.beats = append(s.beats, strings.TrimSpace(fmt.Sprintf("%s %v", signal, said["text"])))
			return answer{status: 200, body: map[string]any{"name": name}}
		}
	}
	return refusal(404, "There is nothing there.")
}

// wrongFields names the wrong fields of a registration, as far as the monitor
// looks.
func wrongFields(body map[string]any) []map[string]string {
	var wrong []map[string]string
	if body["name"] == nil {
		wrong = append(wrong, map[string]string{"location": "body.name", "message": "must be given"})
	}
	if n, ok := body["unhealthy_threshold"].(float64); ok && (n < 2 || n > 10) {
		wrong = append(wrong, map[string]string{"location": "body.unhealthy_threshold", "message": "is out of range: 2 to 10"})
	}
	if d, _ := time.ParseDuration(fmt.Sprint(body["interval"])); body["interval"] != nil && (d < 5*time.Second || d > 300*time.Second) {
		wrong = append(wrong, map[string]string{"location": "body.interval", "message": "is out of range: 5s to 5m0s"})
	}
	return wrong
}

func refusal(status int, detail string) answer {
	return answer{status: status, body: map[string]any{"title": http.StatusText(status), "status": status, "detail": detail, "hint": "Ask otherwise."}}
}

// change changes the monitor while nobody asks it.
func (m *monitor) change(f func()) {
	m.mu.Lock()
	defer m.mu.Unlock()
	f()
}

// of returns a copy of a registration; nil: there is none.
func (m *monitor) of(name string) *signed {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.signed[name] == nil {
		return nil
	}
	s := *m.signed[name]
	s.beats = slices.Clone(s.beats)
	return &s
}

// count returns how many requests of a kind came.
func (m *monitor) count(request string) int {
	m.mu.Lock()
	defer m.mu.Unlock()
	n := 0
	for _, r := range m.asked {
		if r == request {
			n++
		}
	}
	return n
}

// until waits for something to become true.
func until(t testing.TB, what string, true func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !true(); time.Sleep(2 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not within 20 s: %s", what)
		}
	}
}

var shop = client.Check{Name: "shop", URL: "http://:3000/health"}

// closed closes an app when the test ends.
func closed(t testing.TB, app *client.App, err error) *client.App {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { app.Close() })
	return app
}
