package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// call lets an app call from an address; body is JSON, or empty.
func (p *reception) call(from, method, path, body string, headers ...string) (code int, answer string) {
	if body != "" {
		headers = append([]string{"Content-Type", "application/json"}, headers...)
	}
	rec := askFrom(p.handler(), from, method, path, strings.NewReader(body), headers...)
	return rec.Code, strings.TrimSpace(rec.Body.String())
}

// TestAnAppSignsUp, comes back, changes its mind and leaves.
func TestAnAppSignsUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newReception(t)
		const spec = `"spec":{"name":"new","target":"http://192.168.7.7:3000/health","interval":"20s","timeout":"5s","thresholds":{"unhealthy":2,"healthy":10},"origin":"api"}`
		own := []string{"Authorization", "Bearer " + secretOf("own4")}
		for _, tt := range []struct {
			method, path, body string
			headers            []string
			code               int
			answer             string
		}{
			{"POST", "", `{"name":"new","target":"http://:3000/health","interval":"20s"}`, nil, 201,
				`{"name":"new","outcome":"created","token":"` + secretOf("own4") + `","restarts":0,"crash_loop":false,"check":"/api/v1/checks/new","page":"/checks/new",` + spec + `}`},
			{"POST", "", `{"name":"new","target":"http://:3000/health","interval":"20s"}`, own, 200,
				`{"name":"new","outcome":"restarted","restarts":1,"crash_loop":false,"check":"/api/v1/checks/new","page":"/checks/new",` + spec + `}`},
			{"PUT", "/new", `{"target":"http://:3000/health","interval":"20s","timeout":"20s"}`, own, 200,
				`{"name":"new","outcome":"changed","notes":["timeout: 20s is not shorter than the interval 20s, and was cut to 18s"],"restarts":0,"crash_loop":false,"check":"/api/v1/checks/new","page":"/checks/new",` + strings.Replace(spec, `"timeout":"5s"`, `"timeout":"18s"`, 1) + `}`},
			{"POST", "/new/pause", `{"why":"moves"}`, own, 200, `{"check":"new","paused":true,"by":"address 192.168.7.7","why":"moves"}`},
			{"POST", "/new/resume", ``, own, 200, `{"check":"new","paused":false,"by":"address 192.168.7.7"}`},
			{"GET", "/new/registration", ``, nil, 200,
				`{"name":"new","owner":"address 192.168.7.7","address":"192.168.7.7","created":"2000-01-01T00:00:00Z","renewed":"2000-01-01T00:00:00Z","restarts":0,"recent_restarts":0,"crash_loop":false,"conflict":false,"paused":false,"status":"UNKNOWN",` +
					strings.Replace(spec, `"timeout":"5s"`, `"timeout":"18s"`, 1) + `}`},
			{"DELETE", "/new", ``, nil, 204, ``},
			{"POST", "", `{"name":"beats","target":"push://","period":"1h"}`, bearer("register"), 201,
				`{"name":"beats","outcome":"created","token":"` + secretOf("own5") + `","restarts":0,"crash_loop":false,"check":"/api/v1/checks/beats","page":"/checks/beats","push":"/api/v1/push/beats",` +
					`"spec":{"name":"beats","target":"push://beats","interval":"30s","timeout":"5s","thresholds":{"unhealthy":1,"healthy":1},"period":"1h0m0s","grace":"6m0s","origin":"api"}}`},
		} {
			code, answer := p.call(inside, tt.method, "/api/v1/checks"+tt.path, tt.body, tt.headers...)
			if code != tt.code {
				t.Errorf("%s %s: %d, want %d", tt.method, tt.path, code, tt.code)
			}
			if diff := cmp.Diff(tt.answer, answer); diff != "" {
				t.Errorf("%s %s: %s", tt.method, tt.path, diff)
			}
		}
		want := []string{"created new by address 192.168.7.7", "restarted new by address 192.168.7.7", "change new by address 192.168.7.7", "pause new: moves by address 192.168.7.7",
			"resume new by address 192.168.7.7", "remove new by address 192.168.7.7", "created beats by register"}
		if diff := cmp.Diff(want, p.registrar.said); diff != "" {
			t.Error(diff)
		}
	})
}

// TestWhatASecretComesWith: nobody keeps the answer, and it says where the check
// is that was made.
func TestWhatASecretComesWith(t *testing.T) {
	h := newReception(t).handler()
	for _, want := range []string{"[/api/v1/checks/new]", "[]"} { // created, and restarted
		rec := askFrom(h, inside, "POST", "/api/v1/checks", strings.NewReader(`{"name":"new","target":"tcp://:1"}`), "Content-Type", "application/json")
		if got := fmt.Sprint(rec.Header()["Location"]); got != want || rec.Header().Get("Cache-Control") != "no-store" || !strings.Contains(rec.Body.String(), "prt_own") {
			t.Errorf("Location %s, want %s: %v %s", got, want, rec.Header(), rec.Body)
		}
	}
}

// TestEveryWrongFieldOfARegistrationIsNamed, with what it may be, all at once,
// whether it could be read or not.
func TestEveryWrongFieldOfARegistrationIsNamed(t *testing.T) {
	p := newReception(t)
	deep := strings.Repeat(`[`, 20) + strings.Repeat(`]`, 20)
	for _, tt := range []struct {
		name, body string
		code       int
		fields     string // that are wrong, in any order
		says       []string
	}{
		{"every range", `{"name":"Big","target":"ftp://x","interval":"1s","timeout":"90s","unhealthy_threshold":1,"healthy_threshold":11,"mode":"half","family":"ipv5"}`, 422,
			"name target interval timeout unhealthy_threshold healthy_threshold mode family", []string{"5s to 300s", "2s to 60s", "2 to 10", "lower-case letters", "accept, listen", "auto, both, ipv4, ipv6"}},
		{"what cannot be read, too", `{"name":"Big","target":5,"interval":"soon","timeout":"90s","unhealthy_threshold":"2","healthy_threshold":11,"alerts":"ops","when":1,"inteval":"9s"}`, 422,
			"name target interval timeout unhealthy_threshold healthy_threshold alerts when inteval",
			[]string{"must be a text", "must be a time such as 30s", "2s to 60s", "must be a whole number", "must be a list", "did you mean interval?", "fields are name, title, target"}},
		{"nothing that is nothing", `{"name":"x","target":"tcp://:1","interval":"0s","timeout":"0s","unhealthy_threshold":0,"healthy_threshold":0}`, 422,
			"interval timeout unhealthy_threshold healthy_threshold", []string{"0s is out of range: 5s to 300s", "0 is out of range: 2 to 10"}},
		{"below nothing", `{"name":"x","target":"tcp://:1","period":"-5s","unhealthy_threshold":-2}`, 422, "period unhealthy_threshold", nil},
		{"heartbeats", `{"name":"x","target":"push://y","interval":"10s","period":"9s","grace":"0.5s"}`, 422, "target interval period grace", []string{"10s to 744h", "1s to 168h", "push://x"}},
		{"nothing", `{}`, 422, "name target", nil},
		{"twice", `{"name":"x","name":"y","target":"tcp://:1"}`, 422, "name", []string{"is there twice"}},
		{"letters that act", `{"name":"x","target":"tcp://:1","title":"\u202e\u0007"}`, 422, "title", nil},
		{"what is said of nothing", `{"name":"x","target":"tcp://:1","path":"/x","expect":"status == 200","service_id":"y","period":"1h"}`, 422, "path expect service_id period", nil},
		{"no object", `[]`, 400, "", []string{"it is no object"}},
		{"half an object", `{"name":"x"`, 400, "", nil},
		{"two objects", `{"name":"x"}{}`, 400, "", nil},
		{"too deep", `{"alerts":` + deep + `}`, 400, "", []string{"nested more than 16 deep"}},
		{"too much", `{"title":"` + strings.Repeat("x", maxBody) + `"}`, 413, "", nil},
		{"nothing at all", ``, 400, "", nil},
	} {
		for _, operation := range []string{"POST /api/v1/checks", "PUT /api/v1/checks/app"} {
			t.Run(tt.name+" "+operation[:4], func(t *testing.T) {
				method, path, _ := strings.Cut(operation, " ")
				body := tt.body
				if method == "PUT" {
					body = strings.NewReplacer(`"name":"Big",`, "", `"name":"x","name":"y"`, `"name":"app","name":"app"`, `"name":"x"`, `"name":"app"`).Replace(body)
				}
				code, answer := p.call(inside, method, path, body)
				var problem struct {
					Detail string
					Errors []struct{ Location, Message string }
				}
				if err := json.Unmarshal([]byte(answer), &problem); err != nil {
					t.Fatalf("%d %s: %v", code, answer, err)
				}
				got := map[string]bool{}
				for _, e := range problem.Errors {
					if strings.HasPrefix(e.Location, "body.") {
						got[strings.TrimPrefix(e.Location, "body.")] = true
					}
				}
				want := map[string]bool{}
				for _, field := range strings.Fields(tt.fields) {
					if method == "POST" || field != "name" || tt.name == "twice" {
						want[field] = true
					}
				}
				if code != tt.code || !cmp.Equal(want, got) {
					t.Errorf("%d, want %d; wrong are %v, want %v: %s", code, tt.code, got, want, answer)
				}
				for _, says := range tt.says {
					if (method == "POST" || says != "lower-case letters" && says != "push://x") && !strings.Contains(answer, says) {
						t.Errorf("it does not say %q: %s", says, answer)
					}
				}
			})
		}
	}
	if p.done() > 0 {
		t.Errorf("the registrar heard %v", p.registrar.said)
	}
}

// TestRefusalsOfARegistrar: each kind has its code, and what could not be kept is
// not the caller's fault.
func TestRefusalsOfARegistrar(t *testing.T) {
	p := newReception(t)
	for _, tt := range []struct {
		from, method, path, body string
		code                     int
		says                     string
	}{
		{inside, "POST", "", `{"name":"api","target":"tcp://:1"}`, 409, `"because":"configured"`},
		{beside, "POST", "", `{"name":"app","target":"tcp://:1"}`, 409, `"because":"taken"`},
		{beside, "DELETE", "/app", ``, 403, `"because":"forbidden"`},
		{beside, "PUT", "/nosuch", `{"target":"tcp://:1"}`, 404, `"because":"absent"`},
		{inside, "PUT", "/app", `{"name":"other","target":"tcp://:1"}`, 422, "a check keeps its name"},
		{inside, "GET", "/nosuch/registration", ``, 404, "nobody has signed nosuch up"},
		{inside, "DELETE", "/api", ``, 404, `"because":"absent"`},
	} {
		if code, answer := p.call(tt.from, tt.method, "/api/v1/checks"+tt.path, tt.body); code != tt.code || !strings.Contains(answer, tt.says) {
			t.Errorf("%s %s from %s: %d %s", tt.method, tt.path, tt.from, code, answer)
		}
	}
	for refusal, want := range map[*registration.Refusal]string{
		{Because: registration.TooOften, Detail: "too often", Retry: 2500 * time.Millisecond}: "429 [3]",
		{Because: registration.TooOften, Detail: "too often"}:                                 "429 [1]",
		{Because: registration.Full, Detail: "64 are enough"}:                                 "422 []",
		{Because: "of another day", Detail: "no"}:                                             "403 []",
	} {
		p.registrar.err = refusal
		rec := askFrom(p.handler(), inside, "POST", "/api/v1/checks", strings.NewReader(`{"name":"x","target":"tcp://:1"}`), "Content-Type", "application/json")
		if got := fmt.Sprint(rec.Code, " ", rec.Header()["Retry-After"]); got != want || !strings.Contains(rec.Body.String(), `"title"`) {
			t.Errorf("%s: %s, want %s: %s", refusal.Because, got, want, rec.Body)
		}
	}
	p.registrar.err = errors.New("disk full in /var/lib/secret")
	for _, tt := range []struct{ method, path, body string }{{"POST", "", `{"name":"x","target":"tcp://:1"}`}, {"PUT", "/app", `{"target":"tcp://:1"}`}, {"DELETE", "/app", ``}, {"POST", "/app/pause", ``}, {"POST", "/app/resume", ``}} {
		if code, answer := p.call(inside, tt.method, "/api/v1/checks"+tt.path, tt.body); code != 503 || strings.Contains(answer, "secret") {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, code, answer)
		}
	}
}

// TestOwnersReadOfTheirOwn, from anywhere, and of nothing else.
func TestOwnersReadOfTheirOwn(t *testing.T) {
	p := newReception(t)
	own := []string{"Authorization", "Bearer " + secretOf("own1")}
	for path, want := range map[string]int{
		"/api/v1/checks/app": 200, "/api/v1/checks/app/registration": 200,
		"/api/v1/checks/tok": 403, "/api/v1/checks/tok/registration": 403, "/api/v1/checks": 403, "/api/v1/machine": 403, "/": 403, "/checks/app": 403,
		"/api/v1/checks/app/uptime": 403, "/api/v1/checks/app%2F..%2Ftok": 403, "/api/v1/checks/nosuch/registration": 404, "/metrics": 403,
	} {
		if code, answer := p.call(faraway, "GET", path, "", own...); code != want {
			t.Errorf("%s: %d, want %d: %s", path, code, want, answer)
		}
	}
	if code, _ := p.call(faraway, "GET", "/api/v1/checks/app", "", basic(secretOf("own1"))...); code != 401 {
		t.Errorf("by a browser's password: %d", code)
	}
	if code, answer := p.call(faraway, "POST", "/api/v1/maintenance", `{"for":"1h"}`, own...); code != 403 || !strings.Contains(answer, "the token of the registration app") {
		t.Errorf("maintenance: %d %s", code, answer)
	}
}

// TestInfoTellsHowItIs: the check, its pause, and a crash loop.
func TestInfoTellsHowItIs(t *testing.T) {
	p := newReception(t)
	spec := p.registrar.held["app"].Spec
	p.board.Check(&health.State{Spec: &spec, Status: health.Unhealthy, Since: p.now, Down: p.now, Overlays: []health.Overlay{health.Paused}})
	for range 3 {
		p.call(inside, "POST", "/api/v1/checks", `{"name":"app","target":"http://:3000/health"}`)
	}
	_, answer := p.call(inside, "GET", "/api/v1/checks/app/registration", "")
	var info registered
	if err := json.Unmarshal([]byte(answer), &info); err != nil {
		t.Fatal(err)
	}
	if info.Status != health.Unhealthy || !info.Paused || !info.CrashLoop || info.Restarts != 3 || info.RecentRestarts != 3 || !info.Down.Equal(p.now) || strings.Contains(answer, "hash") {
		t.Errorf("%s", answer)
	}
}

// TestNobodySignsUpWhereNobodyKeepsIt: there is nothing there, and who is an
// admin pauses as ever.
func TestNobodySignsUpWhereNobodyKeepsIt(t *testing.T) {
	p := newReception(t)
	p.options.Registrar, p.options.Heartbeats, p.options.Compat = nil, nil, nil
	for _, tt := range []struct {
		method, path string
		want         int
	}{
		{"POST", "/api/v1/checks", 405}, {"PUT", "/api/v1/checks/app", 405}, {"DELETE", "/api/v1/checks/app", 405}, {"GET", "/api/v1/checks/app/registration", 404},
		{"POST", "/api/v1/push/job", 404}, {"GET", "/api/v1/push/job/" + secretOf("own3"), 404}, {"GET", "/healthchecker/status", 404}, {"POST", "/api/v1/checks/app/pause", 200},
	} {
		code, answer := p.call(here, tt.method, tt.path, "", bearer("admin")...)
		if strings.HasPrefix(tt.path, pushPath) {
			code, answer = p.call(here, tt.method, tt.path, "")
		}
		if code != tt.want {
			t.Errorf("%s %s: %d, want %d: %s", tt.method, tt.path, code, tt.want, answer)
		}
	}
}

// TestEveryOperationIsDescribed: whatever the API answers stands in its OpenAPI
// document, with the fields of what it takes.
func TestEveryOperationIsDescribed(t *testing.T) {
	p := newReception(t)
	s := p.server(p.options)
	var doc struct {
		Paths map[string]map[string]struct {
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						Ref string `json:"$ref"`
					}
				}
			}
		}
		Components struct {
			Schemas map[string]struct{ Properties map[string]any }
		}
	}
	if err := json.Unmarshal(ask(s.Handler(), "/api/v1/openapi.json").Body.Bytes(), &doc); err != nil {
		t.Fatal(err)
	}
	for _, pattern := range s.routes.patterns {
		method, path, _ := strings.Cut(strings.Replace(pattern, "{what}", "{signal}", 1), " ")
		if !strings.HasPrefix(path, apiPath) || strings.Contains(path, "openapi") || pattern == "POST "+pushPath+"{name}/{token}/{signal}" {
			continue // the last is as the one by GET
		}
		if _, ok := doc.Paths[path][strings.ToLower(method)]; !ok {
			t.Errorf("%s is not described", pattern)
		}
	}
	for _, op := range []struct{ method, path string }{{"post", checksPath}, {"put", checksPath + "/{name}"}} {
		ref := doc.Paths[op.path][op.method].RequestBody.Content["application/json"].Schema.Ref
		if fields := doc.Components.Schemas[ref[strings.LastIndex(ref, "/")+1:]].Properties; len(fields) != 15 || fields["unhealthy_threshold"] == nil {
			t.Errorf("%s %s takes %s: %v", op.method, op.path, ref, fields)
		}
	}
}

// TestUnknownFieldsAreHinted, of every operation, and the object that they are in
// is not repeated.
func TestUnknownFieldsAreHinted(t *testing.T) {
	p := newReception(t)
	for body, says := range map[string]string{
		`{"whi":"x"}`:                    `"message":"is unknown; did you mean why?","location":"body.whi"}`,
		`{"surprise":"x"}`:               `"message":"is unknown; fields are why","location":"body.surprise"}`,
		"{\"a\u202eb\":1}":               `"location":"body.a\\u202eb"`,
		manyFields(30):                   "20 more fields are wrong",
		`{"why":"x","why.not":"secret"}`: `"location":"body.why.not"}`,
	} {
		code, answer := p.call(here, "POST", "/api/v1/checks/api/pause", body, bearer("admin")...)
		if code != 422 || !strings.Contains(answer, says) || strings.Contains(answer, "secret") {
			t.Errorf("%.80s: %d %s", body, code, answer)
		}
	}
}

func manyFields(n int) string {
	fields := make([]string, n)
	for i := range fields {
		fields[i] = fmt.Sprintf(`"field-%d":1`, i)
	}
	return "{" + strings.Join(fields, ",") + "}"
}
