package web

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

// demand lets h answer a request of this machine that changes something; body is
// JSON, or empty.
func demand(h http.Handler, method, url, body string, headers ...string) (code int, answer string) {
	if body != "" {
		headers = append(headers, "Content-Type", "application/json")
	}
	rec := askFrom(h, here, method, url, strings.NewReader(body), headers...)
	return rec.Code, strings.TrimSpace(rec.Body.String())
}

// openKey returns the key of a check's open incident.
func openKey(t *testing.T, h http.Handler, check string) string {
	t.Helper()
	part := readOnward(t, ask(h, "/api/v1/incidents?state=open&check="+check))
	if len(part.Items) != 1 || part.Items[0].Key == "" {
		t.Fatalf("open incidents of %s: %+v", check, part.Items)
	}
	return part.Items[0].Key
}

// TestRequestsAreKept: what people ask for reaches the registry, by the name of
// their token.
func TestRequestsAreKept(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w, reg := pastWorld(time.Now())
		h := w.server(pastOptions(w, reg)).Handler()
		key := openKey(t, h, "api")
		for _, tt := range []struct {
			method, path, body string
			code               int
			said, answer       string
		}{
			{"POST", "/checks/api/pause", `{"why":"moves"}`, 200, "pause api by admin: moves", `{"check":"api","paused":true,"by":"admin","why":"moves"}`},
			{"POST", "/checks/api/pause", ``, 200, "pause api by admin: ", `{"check":"api","paused":true,"by":"admin"}`},
			{"POST", "/checks/holiday/resume", ``, 200, "resume holiday by admin", `{"check":"holiday","paused":false,"by":"admin"}`},
			{"POST", "/checks/holiday/resume", `{}`, 200, "resume holiday by admin", `{"check":"holiday","paused":false,"by":"admin"}`},
			{"POST", "/incidents/acknowledge", `{"incident":"` + key + `","note":"on it"}`, 200, "acknowledge " + key + " of api by admin: on it",
				`{"incident":"` + key + `","check":"api","by":"admin","note":"on it","at":"2000-01-01T00:00:00Z"}`},
			{"DELETE", "/incidents/acknowledge?incident=" + key, ``, 204, "unacknowledge " + key + " by admin", ""},
			{"POST", "/maintenance", `{"checks":["shop-*"],"for":"90m","why":"upgrade"}`, 201, `plan [shop-*] from 2000-01-01T00:00:00Z until 2000-01-01T01:30:00Z weekly "" by admin: upgrade`,
				`{"id":"w4","checks":["shop-*"],"from":"2000-01-01T00:00:00Z","until":"2000-01-01T01:30:00Z","why":"upgrade","by":"admin","present":true,"next":"2000-01-01T01:30:00Z"}`},
			{"POST", "/maintenance", `{"from":"2000-02-01T02:00:00+01:00","until":"2000-02-01T03:00:00+01:00"}`, 201, `plan [] from 2000-02-01T02:00:00+01:00 until 2000-02-01T03:00:00+01:00 weekly "" by admin: `,
				`{"id":"w5","from":"2000-02-01T02:00:00+01:00","until":"2000-02-01T03:00:00+01:00","by":"admin","present":false,"next":"2000-02-01T02:00:00+01:00"}`},
			{"POST", "/maintenance", `{"weekly":"Sat 23:00-01:00"}`, 201, `plan [] from 0001-01-01T00:00:00Z until 0001-01-01T00:00:00Z weekly "Sat 23:00-01:00" by admin: `,
				`{"id":"w6","weekly":"Sat 23:00-01:00","by":"admin","present":false,"next":"2000-01-01T23:00:00Z"}`},
			{"DELETE", "/maintenance/w1", ``, 204, "end w1 by admin", ""},
		} {
			code, answer := demand(h, tt.method, "/api/v1"+tt.path, tt.body, bearer("admin")...)
			if code != tt.code {
				t.Errorf("%s %s: %d %s", tt.method, tt.path, code, answer)
			}
			if diff := cmp.Diff(tt.answer, answer); diff != "" {
				t.Errorf("%s %s: %s", tt.method, tt.path, diff)
			}
			if got := reg.said[len(reg.said)-1]; got != tt.said {
				t.Errorf("%s %s: the registry heard %q, want %q", tt.method, tt.path, got, tt.said)
			}
		}
	})
}

// TestWrongRequestsAreNamed: every wrong field, and nothing is kept.
func TestWrongRequestsAreNamed(t *testing.T) {
	w, reg := pastWorld(time.Now())
	h := w.server(pastOptions(w, reg)).Handler()
	deep := `{"why":` + strings.Repeat("[", 20) + strings.Repeat("]", 20) + `}`
	for _, tt := range []struct {
		method, path, body string
		code               int
		says               string
	}{
		{"POST", "/checks/apo/pause", `{}`, 404, "did you mean api?"},
		{"POST", "/checks/portreeve.local_fds/pause", `{}`, 422, `"location":"path.name"`},
		{"POST", "/checks/api/pause", `{"why":"a\u0007b"}`, 422, `"location":"body.why"`},
		{"POST", "/checks/api/pause", `{"why":1}`, 422, `"location":"body.why"`},
		{"POST", "/checks/api/pause", `{"when":"x"}`, 422, `"location":"body.when"`},
		{"POST", "/checks/api/pause", `{"why":"` + strings.Repeat("x", 501) + `"}`, 422, "501 characters are more than 500"},
		{"POST", "/checks/api/pause", deep, 400, "nested more than 16 deep"},
		{"POST", "/checks/api/pause", `{"why":`, 400, "application/problem+json"},
		{"POST", "/checks/api/pause", `{"why":"` + strings.Repeat("x", maxBody) + `"}`, 413, ""},
		{"POST", "/incidents/acknowledge", `{"incident":"check/api/1"}`, 404, "/api/v1/incidents?state=open"},
		{"POST", "/incidents/acknowledge", `{"incident":"api"}`, 404, "no open incident has this key"},
		{"POST", "/incidents/acknowledge", `{"note":"x"}`, 422, "incident"},
		{"DELETE", "/incidents/acknowledge?incident=check/api/1", ``, 404, "nobody has acknowledged"},
		{"DELETE", "/incidents/acknowledge", ``, 422, "query.incident"},
		{"POST", "/maintenance", `{}`, 422, `"location":"body.until"`},
		{"POST", "/maintenance", `{"for":"soon"}`, 422, `"location":"body.for"`},
		{"POST", "/maintenance", `{"for":"-1h"}`, 422, `"location":"body.for"`},
		{"POST", "/maintenance", `{"for":"1h","until":"2030-01-01T00:00:00Z"}`, 422, `"location":"body.for"`},
		{"POST", "/maintenance", `{"weekly":"Sonntag 2-4"}`, 422, `"location":"body.weekly"`},
		{"POST", "/maintenance", `{"from":"1999-01-01T00:00:00Z","for":"1h"}`, 422, "is over already"},
		{"POST", "/maintenance", `{"from":"9999-12-31T23:59:59Z","for":"1h"}`, 422, "is beyond the year 9999"},
		{"POST", "/maintenance", `{"from":"9999-12-31T12:00:00-12:00","for":"1h"}`, 422, "is beyond the year 9999"},
		{"POST", "/maintenance", `{"from":"tomorrow","for":"1h"}`, 422, `"location":"body.from"`},
		{"POST", "/maintenance", `{"for":"1h","checks":["[","shop-*",""],"why":"\u202e"}`, 422, `"location":"body.why"`},
		{"DELETE", "/maintenance/w9", ``, 404, "lists what is planned"},
		{"PUT", "/maintenance", `{}`, 405, "Use GET or POST."},
		{"GET", "/checks/api/pause", ``, 405, "Use POST."},
		{"GET", "/maintenance/w1", ``, 405, "Use DELETE."},
	} {
		code, answer := demand(h, tt.method, "/api/v1"+tt.path, tt.body, bearer("admin")...)
		if code != tt.code || tt.says != "application/problem+json" && !strings.Contains(answer, tt.says) {
			t.Errorf("%s %s %.60s: %d, want %d and %q: %s", tt.method, tt.path, tt.body, code, tt.code, tt.says, answer)
		}
	}
	if len(reg.said) > 0 {
		t.Errorf("the registry heard %q", reg.said)
	}
}

// TestWhatCannotBeKeptIsNotDone: and the caller hears it.
func TestWhatCannotBeKeptIsNotDone(t *testing.T) {
	w, reg := pastWorld(time.Now())
	h := w.server(pastOptions(w, reg)).Handler()
	key := openKey(t, h, "api")
	reg.err = errors.New("disk full in /var/lib/secret")
	for _, tt := range []struct{ method, path, body string }{
		{"POST", "/checks/api/pause", `{}`}, {"POST", "/checks/api/resume", ``}, {"POST", "/incidents/acknowledge", `{"incident":"` + key + `"}`},
		{"POST", "/maintenance", `{"for":"1h"}`}, {"DELETE", "/maintenance/w1", ``},
	} {
		code, answer := demand(h, tt.method, "/api/v1"+tt.path, tt.body, bearer("admin")...)
		if code != 503 || strings.Contains(answer, "secret") {
			t.Errorf("%s %s: %d %s", tt.method, tt.path, code, answer)
		}
	}
}

// A full is an error of a registry that has as much as it may have.
type full struct{ error }

func (full) Full() bool { return true }

// TestWhatIsTooMuchIsNotAskedForAgain: it is the caller who has to end something.
func TestWhatIsTooMuchIsNotAskedForAgain(t *testing.T) {
	w, reg := pastWorld(time.Now())
	reg.err = fmt.Errorf("1000 windows: %w", full{errors.New("too many")})
	code, answer := demand(w.server(pastOptions(w, reg)).Handler(), "POST", "/api/v1/maintenance", `{"for":"1h"}`, bearer("admin")...)
	if code != 422 || !strings.Contains(answer, "end some") {
		t.Errorf("%d %s", code, answer)
	}
}

// TestWhoMayAskForChanges is the request matrix of everything that changes
// something: nobody who may not is heard, let alone obeyed.
func TestWhoMayAskForChanges(t *testing.T) {
	asJSON := []string{"Content-Type", "application/json"}
	requests := []struct{ method, path, body string }{
		{"POST", "/checks/api/pause", `{"why":"x"}`}, {"POST", "/checks/api/resume", `{}`}, {"POST", "/incidents/acknowledge", `{"incident":"KEY"}`},
		{"DELETE", "/incidents/acknowledge?incident=KEY", ``}, {"POST", "/maintenance", `{"for":"1h"}`}, {"DELETE", "/maintenance/w1", ``},
	}
	for _, tt := range []struct {
		name, from, host string
		headers          []string
		want             int // 0: it is done
	}{
		{"a token for everything", here, "", append(bearer("admin"), asJSON...), 0},
		{"from elsewhere", elsewhere, "", append(bearer("admin"), asJSON...), 0},
		{"our own page", here, "", append(append(bearer("admin"), asJSON...), "Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:9860"), 0},
		{"no token, though from here", here, "", asJSON, 401},
		{"no token, from elsewhere", elsewhere, "", asJSON, 401},
		{"a browser's password", here, "", append(basic(secretOf("admin")), asJSON...), 401},
		{"a wrong token", here, "", append(bearer("nobody"), asJSON...), 401},
		{"a token that may only read", here, "", append(bearer("read"), asJSON...), 403},
		{"a token that may only register", here, "", append(bearer("register"), asJSON...), 403},
		{"a form", here, "", append(bearer("admin"), "Content-Type", "application/x-www-form-urlencoded"), 415},
		{"a text", here, "", append(bearer("admin"), "Content-Type", "text/plain"), 415},
		{"another site", here, "", append(append(bearer("admin"), asJSON...), "Sec-Fetch-Site", "cross-site"), 403},
		{"a form on another site", here, "", append(bearer("admin"), "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document", "Content-Type", "text/plain"), 403},
		{"another port of this host", here, "", append(append(bearer("admin"), asJSON...), "Sec-Fetch-Site", "same-site"), 403},
		{"an old browser, another origin", here, "", append(append(bearer("admin"), asJSON...), "Origin", "http://localhost:8080"), 403},
		{"an old browser, no origin to name", here, "", append(append(bearer("admin"), asJSON...), "Origin", "null"), 403},
		{"a name that was rebound to our address", here, "evil.example:9860", append(append(bearer("admin"), asJSON...), "Sec-Fetch-Site", "same-origin", "Origin", "http://evil.example:9860"), 421},
	} {
		t.Run(tt.name, func(t *testing.T) {
			w, reg := pastWorld(time.Now())
			h := w.server(pastOptions(w, reg)).Handler()
			key := openKey(t, h, "api")
			for _, rq := range requests {
				heard := len(reg.said)
				body := strings.ReplaceAll(rq.body, "KEY", key)
				r := arrived(rq.method, "http://localhost:9860/api/v1"+strings.ReplaceAll(rq.path, "KEY", key), tt.from, "10.0.4.7:9860", tt.headers...)
				if tt.host != "" {
					r.Host = tt.host
				}
				if body == "" && tt.want == 415 {
					continue // there is nothing to say
				}
				code := respond(h, r, body)
				done := len(reg.said) > heard
				if done != (tt.want == 0) || tt.want != 0 && code != tt.want || tt.want == 0 && code >= 300 {
					t.Errorf("%s %s: %d, done %v; want %d", rq.method, rq.path, code, done, tt.want)
				}
			}
		})
	}
}

// TestNothingIsOfferedThatNobodyKeeps: without a registry and a history there
// are no such pages and no such answers.
func TestNothingIsOfferedThatNobodyKeeps(t *testing.T) {
	h := checksWorld(time.Now()).server(Options{Tokens: someTokens()}).Handler()
	for path, want := range map[string]int{
		"/checks/api": 200, "/incidents": 404, "/api/v1/incidents": 404, "/api/v1/checks/api/uptime": 404, "/api/v1/maintenance": 404, "/checks/nosuch": 404,
	} {
		rec := ask(h, path, "Accept", "text/html")
		if rec.Code != want {
			t.Errorf("%s: %d, want %d", path, rec.Code, want)
		}
		if body := rec.Body.String(); strings.Contains(body, `class="act"`) || strings.Contains(body, `id="uptime"`) || strings.Contains(body, `href="/incidents"`) {
			t.Errorf("%s offers what is not there", path)
		}
	}
	if code, _ := demand(h, "POST", "/api/v1/checks/api/pause", `{}`, bearer("admin")...); code != 404 {
		t.Errorf("pause: %d", code)
	}
}
