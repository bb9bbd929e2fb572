package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

// The ways in which an app is refused what it asks for; 0: it is done.
type wants struct {
	fresh           int // signing up a free name
	again, other    int // of app, which an address signed up: signing it up again, and all else
	tokAgain, tokOf int // of tok, which a token signed up
}

func all(code int) wants { return wants{code, code, code, code, code} }

// TestWhoMayDoWhatToWhom is the matrix of registrations: who calls, from where,
// by what; and what he wants of whose.
func TestWhoMayDoWhatToWhom(t *testing.T) {
	own := func(n int) []string {
		return []string{"Authorization", fmt.Sprintf("Bearer %s", secretOf(fmt.Sprintf("own%d", n)))}
	}
	stranger := wants{0, 409, 403, 409, 403}
	for _, tt := range []struct {
		name, from, host string
		headers          []string
		want             wants
	}{
		{"its own address", inside, "", nil, wants{0, 0, 0, 409, 403}},
		{"its own address, by the name that the network has for us", inside, "web-07.local:9860", nil, wants{0, 0, 0, 409, 403}},
		{"its owner's token, from another address", beside, "", own(1), wants{0, 0, 0, 409, 403}},
		{"its owner's token, from where nobody may sign up", faraway, "", own(1), wants{403, 0, 0, 403, 403}},
		{"its owner's token, by a proxy", here, "", append(own(1), "X-Forwarded-For", "203.0.113.9"), wants{403, 0, 0, 403, 403}},
		{"the owner's token of what a token signed up", faraway, "", own(2), wants{403, 403, 403, 0, 0}},
		{"the token that signed it up", faraway, "", bearer("register"), wants{0, 409, 403, 0, 0}},
		{"that token, from its app's address", inside, "", bearer("register"), wants{0, 409, 403, 0, 0}},
		{"a token for everything", faraway, "", bearer("admin"), wants{0, 409, 0, 409, 0}},
		{"a token that may only read", inside, "", bearer("read"), all(403)},

		{"a stranger of the same network", beside, "", nil, stranger},
		{"a stranger on this machine", here, "", nil, stranger},
		{"somebody whom nobody invited", faraway, "", nil, all(401)},
		{"a wrong token", inside, "", bearer("nobody"), all(401)},
		{"a browser's password", faraway, "", basic(secretOf("own1")), all(401)},
		{"a browser's password for everything", faraway, "", basic(secretOf("admin")), all(401)},

		{"a proxy on this machine", here, "", []string{"X-Forwarded-For", "192.168.7.7"}, all(401)},
		{"a proxy on this machine, as the standard has it", here, "", []string{"Forwarded", "for=192.168.7.7"}, all(401)},
		{"a proxy at its address", inside, "", []string{"Via", "1.1 squid"}, all(401)},

		{"our own page", inside, "", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:9860"}, wants{0, 0, 0, 409, 403}},
		{"another site's page in its browser", inside, "", []string{"Sec-Fetch-Site", "cross-site"}, all(403)},
		{"the same with its token", inside, "", append(own(1), "Sec-Fetch-Site", "cross-site"), all(403)},
		{"a link on another site", inside, "", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, all(403)},
		{"another port of its host", inside, "", []string{"Sec-Fetch-Site", "same-site"}, all(403)},
		{"an old browser, another origin", inside, "", []string{"Origin", "http://192.168.7.9"}, all(403)},
		{"an old browser, no origin to name", inside, "", []string{"Origin", "null"}, all(403)},
		{"a name that was rebound to our address", inside, "evil.example:9860", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://evil.example:9860"}, all(421)},
		{"a name that only ends as ours does", inside, "evil.local:9860", nil, all(421)},
		{"a rebound name on this machine, with a token for everything", here, "evil.example:9860", bearer("admin"), all(421)},
	} {
		t.Run(tt.name, func(t *testing.T) {
			p := newReception(t)
			s := p.server(p.options)
			h := s.Handler()
			try := func(method, path, body string, want int) {
				t.Helper()
				before := p.done()
				s.wrong = newWrongThrottle()
				r := arrived(method, "http://localhost:9860"+checksPath+path, tt.from, "10.0.4.7:9860", tt.headers...)
				if tt.host != "" {
					r.Host = tt.host
				}
				if body != "" {
					r.Header.Set("Content-Type", "application/json")
				}
				code := respond(h, r, body)
				done := p.done() > before || want == 0 && method == "GET"
				if done != (want == 0) || want != 0 && code != want || want == 0 && code >= 300 {
					t.Errorf("%s %s: %d, done %v; want %d", method, path, code, done, want)
				}
			}
			try("POST", "", `{"name":"fresh","target":"tcp://192.168.7.7:1"}`, tt.want.fresh)
			for name, of := range map[string][2]int{"app": {tt.want.again, tt.want.other}, "tok": {tt.want.tokAgain, tt.want.tokOf}} {
				for _, op := range []struct{ method, path, body string }{
					{"PUT", "", `{"target":"tcp://192.168.7.7:1"}`}, {"POST", "/pause", `{"why":"x"}`}, {"POST", "/pause", ``}, {"POST", "/resume", ``}, {"DELETE", "", ``}, {"GET", "/registration", ``},
				} {
					try(op.method, "/"+name+op.path, op.body, of[1])
				}
				if tt.from != beside || of[0] != 0 { // else it would be its own from here on
					try("POST", "", `{"name":"`+name+`","target":"tcp://192.168.7.7:1"}`, of[0])
				}
			}
		})
	}
}

// TestAFormSignsNothingUp: nobody who is known by his address alone is heard in
// what a page could make his browser send.
func TestAFormSignsNothingUp(t *testing.T) {
	p := newReception(t)
	h := p.handler()
	for _, kind := range []string{"application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "application/jsonx", "x"} {
		for _, op := range []struct{ method, path, body string }{
			{"POST", "", `{"name":"fresh","target":"tcp://192.168.7.7:1"}`}, {"PUT", "/app", `{"target":"tcp://192.168.7.7:1"}`}, {"POST", "/app/pause", `{"why":"x"}`}, {"POST", "/app/pause", ``}, {"POST", "/app/resume", ``}, {"DELETE", "/app", ``},
		} {
			r := arrived(op.method, "http://localhost:9860"+checksPath+op.path, inside, "10.0.4.7:9860", "Content-Type", kind)
			if code := respond(h, r, op.body); code != 415 {
				t.Errorf("%s %s as %s: %d", op.method, op.path, kind, code)
			}
		}
	}
	if code := respond(h, arrived("POST", "http://localhost:9860"+checksPath, inside, "10.0.4.7:9860"), `{"name":"fresh","target":"tcp://192.168.7.7:1"}`); code != 415 {
		t.Errorf("JSON that does not say so: %d", code)
	}
	if p.done() > 0 {
		t.Errorf("the registrar heard %v", p.registrar.said)
	}
}

// TestAConfiguredCheckIsNotItsNamesakes: who signed up a name that the
// configuration has come to have pauses nothing of the configuration's.
func TestAConfiguredCheckIsNotItsNamesakes(t *testing.T) {
	p := newReception(t)
	r := p.registrar.held["app"]
	r.Conflict = true
	p.registrar.held["app"] = r
	st := *p.board.View().FindCheck("app")
	spec := *st.Spec
	spec.Origin, st.Spec = "config", &spec
	p.board.Check(&st)
	if code, answer := p.call(inside, "POST", "/api/v1/checks/app/pause", ``); code != 401 {
		t.Errorf("%d %s", code, answer)
	}
	if code, _ := p.call(inside, "POST", "/api/v1/checks/app/pause", ``, bearer("admin")...); code != 200 || p.registry.said[0] != "pause app by admin: " {
		t.Errorf("an admin: %d %v", code, p.registry.said)
	}
	_, answer := p.call(inside, "GET", "/api/v1/checks/app/registration", "")
	if !strings.Contains(answer, `"conflict":true,"paused":false,"status":"UNKNOWN"`) {
		t.Errorf("its info: %s", answer)
	}
}

// TestRegistrationOnly: callers from elsewhere sign up and beat, and do nothing
// else, whatever they show.
func TestRegistrationOnly(t *testing.T) {
	p := newReception(t)
	p.options.RegistrationOnly, p.options.PublicRead = true, true
	own := []string{"Authorization", "Bearer " + secretOf("own1")}
	for _, tt := range []struct {
		from, method, path, body string
		headers                  []string
		want                     int
	}{
		{inside, "POST", "/api/v1/checks", `{"name":"fresh","target":"tcp://192.168.7.7:1"}`, nil, 201},
		{faraway, "POST", "/api/v1/checks", `{"name":"fresh","target":"tcp://192.168.7.7:1"}`, nil, 401},
		{inside, "PUT", "/api/v1/checks/app", `{"target":"tcp://192.168.7.7:1"}`, nil, 200},
		{inside, "GET", "/api/v1/checks/app/registration", ``, nil, 200},
		{inside, "POST", "/api/v1/checks/app/pause", ``, nil, 200},
		{inside, "DELETE", "/api/v1/checks/app", ``, nil, 204},
		{faraway, "POST", "/api/v1/push/job", ``, []string{"Authorization", "Bearer " + secretOf("own3")}, 200},
		{faraway, "GET", "/api/v1/push/job/" + secretOf("own3"), ``, nil, 200},
		{inside, "GET", "/healthchecker/status", ``, nil, 200},
		{inside, "GET", "/", ``, nil, 403},
		{inside, "GET", "/", ``, bearer("admin"), 403},
		{inside, "GET", "/api/v1/machine", ``, bearer("read"), 403},
		{inside, "GET", "/api/v1/checks/app", ``, own, 403},
		{inside, "GET", "/api/v1/checks", ``, nil, 403},
		{inside, "GET", "/metrics", ``, nil, 403},
		{inside, "GET", "/check/localhost", ``, nil, 403},
		{inside, "GET", "/assets/app.css", ``, nil, 403},
		{inside, "POST", "/api/v1/maintenance", `{"for":"1h"}`, bearer("admin"), 403},
		{inside, "POST", "/api/v1/checks/api/pause", ``, bearer("admin"), 403},
		{here, "GET", "/", ``, []string{"X-Forwarded-For", "192.168.7.7"}, 403},
		{here, "GET", "/", ``, nil, 200},
		{here, "POST", "/api/v1/maintenance", `{"for":"1h"}`, bearer("admin"), 201},
	} {
		code, answer := p.call(tt.from, tt.method, tt.path, tt.body, tt.headers...)
		if code != tt.want || code == 403 && !strings.Contains(answer, "plain HTTP") {
			t.Errorf("%s %s from %s with %v: %d, want %d: %s", tt.method, tt.path, tt.from, tt.headers, code, tt.want, answer)
		}
	}
}

// everyRoute fills in what stands in braces in a pattern.
func everyRoute(pattern string) (method, path string) {
	method, path, ok := strings.Cut(pattern, " ")
	if !ok {
		method, path = "GET", pattern
	}
	return method, strings.NewReplacer("{$}", "", "{name}/registration", "app/registration", pushPath[len(apiPath):]+"{name}", pushPath[len(apiPath):]+"job", "{name}", "app", "{token}", secretOf("own3"),
		"{what}", "finish", "{signal}", "finish", "{id}", "w1", "{host}", "localhost", "{proto}", "tcp", "{port}", "80").Replace(path)
}

// TestNothingIsChangedByLooking asks every route there is by GET, by who may do
// everything: only heartbeats, and the endpoints of old clients, do anything.
func TestNothingIsChangedByLooking(t *testing.T) {
	p := newReception(t)
	p.options.Flappy, p.options.Asker = false, nil
	s := p.server(p.options)
	asked := 0
	for _, pattern := range s.routes.patterns {
		method, path := everyRoute(pattern)
		if strings.HasSuffix(path, "stream") {
			continue // which would not end, and changes nothing: it has no means to
		}
		headers := bearer("admin")
		if strings.HasPrefix(path, pushPath) {
			headers = nil
		}
		for _, ask := range []string{"GET", "HEAD", "OPTIONS"} {
			before := p.done()
			rec := askFrom(s.Handler(), here, ask, path, nil, headers...)
			asked++
			may := strings.HasPrefix(path, compatPath) || ask == "GET" && strings.Contains(path, secretOf("own3"))
			if done := p.done() > before; done && !may || !done && may && rec.Code < 300 {
				t.Errorf("%s %s did something, %v: %d", ask, path, done, rec.Code)
			}
			if ask == "GET" && method == "GET" && rec.Code >= 500 {
				t.Errorf("%s %s: %d", ask, path, rec.Code)
			}
		}
	}
	if asked < 60 {
		t.Errorf("only %d were asked", asked)
	}
}

// TestWhatChangesIsForAdmins: every route that is no question, but for those that
// have a rule of their own, also the next one.
func TestWhatChangesIsForAdmins(t *testing.T) {
	p := newReception(t)
	s := p.server(p.options)
	var ruled []string
	for _, pattern := range s.routes.patterns {
		method, path := everyRoute(pattern)
		if s.rules.by[pattern] != nil {
			ruled = append(ruled, pattern)
			continue
		}
		if reads(method) {
			continue
		}
		for who, headers := range map[string][]string{"register": bearer("register"), "read": bearer("read"), "nobody": nil, "an owner": {"Authorization", "Bearer " + secretOf("own1")}, "a browser": basic(secretOf("admin"))} {
			rec := httptest.NewRecorder()
			r := arrived(method, "http://localhost:9860"+path, here, "10.0.4.7:9860", append(headers, "Content-Type", "application/json")...)
			s.Handler().ServeHTTP(rec, r)
			if rec.Code != http.StatusForbidden && rec.Code != http.StatusUnauthorized {
				t.Errorf("%s by %s: %d %s", pattern, who, rec.Code, rec.Body)
			}
		}
	}
	if len(ruled) != len(s.rules.by) {
		t.Errorf("there are %d rules, and of them on routes only %q", len(s.rules.by), ruled)
	}
	if p.done() > 0 {
		t.Errorf("somebody was made to do something: %v %v", p.registrar.said, p.registry.said)
	}
}
