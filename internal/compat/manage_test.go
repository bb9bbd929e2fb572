package compat

import (
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// TestTheAddressIsTheAuthority reads like the rule: who signed it up may, others may
// not, and a token changes nothing about it.
func TestTheAddressIsTheAuthority(t *testing.T) {
	for _, verb := range []string{"pause", "resume", "stop", "stopmonitoring", "info"} {
		for _, tt := range []struct {
			name, from, query string
			headers           []string
			want              int
		}{
			{"who signed it up", ann, "appname=shop", nil, 200},
			{"a neighbour", bob, "appname=shop", nil, 403},
			{"a neighbour with a token", bob, "appname=shop", []string{"Authorization", "Bearer prt_x"}, 403},
			{"this machine", here, "appname=shop", nil, 403},
			{"a name that nobody has", ann, "appname=shoq", nil, 404},
			{"another spelling", ann, "appname=Shop", nil, 404},
			{"no name", ann, "", nil, 400},
			{"an empty name", ann, "appname=", nil, 400},
			{"two names", ann, "appname=shop&appname=shop", nil, 400},
			{"a garbled name", ann, "appname=%zz", nil, 400},
			{"the check's name", ann, "name=shop", nil, 200},
			{"a field that is not known", ann, "appname=shop&x=1", nil, 200},
		} {
			h, s := newWorld()
			post(h, ann, "appname=shop&url=http://:3000")
			s.done()
			rec := call{from: tt.from, path: verb + "?" + tt.query, headers: tt.headers}.send(h)
			if did := s.done(); rec.Code != tt.want || (did != "") != (tt.want == 200 && verb != "info") {
				t.Errorf("%s: %s is %d, want %d, did %q: %s", tt.name, verb, rec.Code, tt.want, did, rec.Body)
			}
			if body := rec.Body.String(); rec.Code != 200 && (strings.Contains(body, "3000") || strings.Contains(body, "token") || !strings.HasSuffix(body, "\n")) {
				t.Errorf("%s: %s says %q", tt.name, verb, body)
			}
		}
	}
}

// TestOddNames shows that any name finds its way back.
func TestOddNames(t *testing.T) {
	for _, name := range []string{"shop", "Shop", "Bücher & Café 7", "a/b?c=d#e", "日本", "-", "<script>alert(1)</script>", "shop-0123abcd", strings.Repeat("ä", 255), "portreeve.journal", "%41"} {
		h, s := newWorld()
		if rec := post(h, ann, url.Values{"appname": {name}, "url": {"http://:3000"}}.Encode()); rec.Code != 201 {
			t.Errorf("%q: %d %s", name, rec.Code, rec.Body)
			continue
		}
		check, _ := registration.NameOf(name)
		for _, q := range []url.Values{{"appname": {name}}, {"name": {check}}} {
			rec := call{path: "info?" + q.Encode()}.send(h)
			a := app{details: &details{}} // which JSON cannot make itself
			if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil || rec.Code != 200 || a.Name != check {
				t.Errorf("%q: info by %v is %d %s", name, q, rec.Code, rec.Body)
			}
		}
		s.done()
		call{path: "stop?" + url.Values{"appname": {name}}.Encode()}.send(h)
		if did := s.done(); did != "remove "+check {
			t.Errorf("%q: stop did %q", name, did)
		}
	}
}

// TestButtonInsteadOfAGet shows a person who followed a link that changes something
// a button that does it.
func TestButtonInsteadOfAGet(t *testing.T) {
	h, s := newWorld()
	post(h, ann, "appname=My+%22Shop%22&url=http://:3000")
	s.done()
	rec := call{path: "stop?appname=My+%22Shop%22", headers: []string{"User-Agent", firefox, "Accept", "text/html"}}.send(h)
	page := html.UnescapeString(rec.Body.String())
	if rec.Code != 403 || s.done() != "" || !strings.Contains(page, `<form class="ask" method="post" action="/healthchecker/stop"><input type="hidden" name="appname" value="My "Shop"">`) || !strings.Contains(page, `<button>Stop My "Shop"</button>`) {
		t.Fatalf("%d %s", rec.Code, page)
	}
	rec = call{method: http.MethodPost, path: "stop", body: "appname=My+%22Shop%22", headers: []string{"User-Agent", firefox, "Accept", "text/html", "Origin", ours}}.send(h)
	if did := s.done(); rec.Code != 303 || !strings.HasPrefix(did, "remove my-shop-") {
		t.Errorf("%d, did %q", rec.Code, did)
	}
	rec = call{path: "stop?appname=x", headers: []string{"User-Agent", firefox, "Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}}.send(h)
	if strings.Contains(rec.Body.String(), "<form") {
		t.Error("another site's link gets a button")
	}
}

// TestInfo shows an app's owner all that is known.
func TestInfo(t *testing.T) {
	h, s := newWorld()
	post(h, ann, "appname=shop&url=http://:3000&email=ops@example.org&interval=60")
	post(h, ann, "appname=shop&url=http://:3000&email=ops@example.org&interval=60")
	s.show("shop", func(st *health.State) {
		st.Status, st.Overlays = health.Unhealthy, []health.Overlay{health.Flapping}
		st.Last = &health.Result{Verdict: health.Fail, Reason: health.HTTPStatus, Text: "503\x1b[31m", Took: health.Duration(250e6)}
	})
	rec := call{path: "info?appname=shop"}.send(h)
	a := app{details: &details{}} // which JSON cannot make itself
	if err := json.Unmarshal(rec.Body.Bytes(), &a); err != nil || rec.Header().Get("Content-Type") != "application/json" {
		t.Fatalf("%v: %v %s", err, rec.Header(), rec.Body)
	}
	if a.Status != health.Unhealthy || !a.has(health.Flapping) || a.Restarts != 1 || a.Recent != 1 || a.CrashLoop || !a.Yours || a.Last.Reason != health.HTTPStatus || a.Last.Text != `503\x1b[31m` || a.Last.Seconds != 0.25 {
		t.Errorf("it is %+v, %+v", a, a.Last)
	}
	if d := a.details; d == nil || d.URL != "http://192.0.2.7:3000/health" || d.Email != "ops@example.org" || d.Interval != 60 || d.Timeout != 5 || d.Unhealthy != 2 || d.Healthy != 10 || d.Address.String() != ann {
		t.Errorf("its details are %+v", a.details)
	}
	text := call{path: "info?appname=shop", headers: []string{"Accept", "text/plain"}}.send(h).Body.String()
	if !strings.Contains(text, "UNHEALTHY, FLAPPING") || !strings.Contains(text, "fail: http_status") || strings.Contains(text, "\x1b") {
		t.Error(text)
	}
}
