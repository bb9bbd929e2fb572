package compat

import (
	"net/http"
	"strings"
	"testing"
)

const (
	firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
	python  = "python-requests/2.28.1"
	ours    = "http://192.0.2.1:9860"
)

// TestDoor reads like the rule: this machine and the allowed networks, nobody else,
// whatever they show.
func TestDoor(t *testing.T) {
	for _, tt := range []struct {
		name, from string
		headers    []string
		status     int
		says       string
	}{
		{"this machine", here, nil, 201, ""},
		{"an allowed network", ann, nil, 201, ""},
		{"an allowed network, IPv6", carol, nil, 201, ""},
		{"an allowed network, IPv4 as IPv6", "::ffff:192.0.2.7", nil, 201, ""},
		{"elsewhere", mallory, nil, 403, "networks of registration.allow, and 203.0.113.9 is in none of them.\nhint: Add its network to registration.allow in portreeve's configuration, as in registration: {enabled: true, compat: true, allow: [203.0.113.9/32]}."},
		{"elsewhere, IPv6", "2001:db9::7", nil, 403, "allow: [2001:db9::/64]"},
		{"elsewhere, with an administrator's token", mallory, []string{"Authorization", "Bearer prt_x"}, 403, "203.0.113.9"},
		{"elsewhere, a person", mallory, []string{"Accept", "text/html", "User-Agent", firefox}, 403, "registration.allow"},
		{"a proxy of this machine", here, []string{"X-Forwarded-For", "192.0.2.7"}, 403, "A proxy asks for somebody else"},
	} {
		h, s := newWorld()
		rec := call{from: tt.from, method: http.MethodPost, path: "monitor", body: "appname=shop&url=http://192.0.2.7:3000", headers: tt.headers}.send(h)
		if rec.Code != tt.status || !strings.Contains(rec.Body.String(), tt.says) || (s.done() != "") != (tt.status == 201) {
			t.Errorf("%s: %d %s", tt.name, rec.Code, rec.Body)
		}
		if kind := rec.Header().Get("Content-Type"); kind != "text/plain; charset=utf-8" || strings.Contains(rec.Body.String(), "web-07") {
			t.Errorf("%s: %s %s", tt.name, kind, rec.Body)
		}
		for _, path := range []string{"status", "info?appname=shop", "pause?appname=shop", "status.css", "nothing"} {
			if rec := (call{from: tt.from, path: path, headers: tt.headers}).send(h); (rec.Code == 403) != (tt.status == 403) {
				t.Errorf("%s: GET %s: %d", tt.name, path, rec.Code)
			}
		}
	}
}

// TestWhoMayChange reads like the rule: programs may, by GET too; people may by the
// buttons of our own page; what another site's page has a browser send does
// nothing, and neither does HEAD.
func TestWhoMayChange(t *testing.T) {
	for _, tt := range []struct {
		name    string
		method  string
		headers []string
		want    int
	}{
		{"the old client", "GET", []string{"User-Agent", python, "Accept", "*/*", "Accept-Encoding", "gzip, deflate"}, 200},
		{"curl", "GET", []string{"User-Agent", "curl/7.88.1", "Accept", "*/*"}, 200},
		{"a program that says nothing", "GET", nil, 200},
		{"a program's POST", "POST", nil, 200},

		{"Node's fetch", "GET", []string{"User-Agent", "node", "Accept", "*/*", "Accept-Language", "*", "Sec-Fetch-Mode", "cors"}, 200},
		{"Node's fetch of a form", "POST", []string{"User-Agent", "node", "Accept", "*/*", "Accept-Language", "*", "Sec-Fetch-Mode", "cors"}, 200},
		{"a browser that speaks every language", "GET", []string{"User-Agent", firefox, "Accept-Language", "*"}, 403},

		{"our page's button", "POST", []string{"User-Agent", firefox, "Accept", "text/html", "Origin", ours, "Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "navigate"}, 303},
		{"our page's button over plain HTTP", "POST", []string{"User-Agent", firefox, "Accept", "text/html", "Origin", ours, "Referer", ours + "/healthchecker/status"}, 303},
		{"a button of no page's", "POST", []string{"User-Agent", firefox, "Accept", "text/html"}, 403},
		{"a button of a page that hides its origin", "POST", []string{"User-Agent", firefox, "Origin", "null"}, 403},
		{"another site's button", "POST", []string{"User-Agent", firefox, "Origin", "http://evil.example"}, 403},
		{"another port's button", "POST", []string{"User-Agent", firefox, "Origin", "http://192.0.2.1:8080"}, 403},
		{"the same name by TLS", "POST", []string{"User-Agent", firefox, "Origin", "https://192.0.2.1:9860"}, 403},
		{"another site's script", "POST", []string{"User-Agent", firefox, "Origin", "http://evil.example", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors"}, 403},
		{"a script that claims our origin", "POST", []string{"User-Agent", firefox, "Origin", ours, "Sec-Fetch-Site", "cross-site"}, 403},

		{"another site's image", "GET", []string{"User-Agent", firefox, "Accept", "image/avif,*/*", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 403},
		{"another site's image over plain HTTP", "GET", []string{"User-Agent", firefox, "Accept", "image/avif,*/*", "Accept-Language", "en"}, 403},
		{"a browser that calls itself something else", "GET", []string{"User-Agent", "Lynx/2.8", "Accept-Language", "en"}, 403},
		{"another port's frame", "GET", []string{"User-Agent", firefox, "Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"another site's link", "GET", []string{"User-Agent", firefox, "Accept", "text/html", "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403},
		{"another site's script, without a name", "GET", []string{"Origin", "http://evil.example"}, 403},
		{"a page of ours", "GET", []string{"User-Agent", firefox, "Sec-Fetch-Site", "same-origin"}, 403},
		{"an address that was typed", "GET", []string{"User-Agent", firefox, "Accept", "text/html", "Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 403},
		{"an address that is being typed", "GET", []string{"Sec-Purpose", "prefetch;prerender"}, 403},
		{"an old browser that guesses", "GET", []string{"Purpose", "prefetch"}, 403},
		{"a button that nobody has pressed", "POST", []string{"Origin", ours, "Sec-Purpose", "prefetch"}, 403},

		{"HEAD", "HEAD", nil, 405},
		{"OPTIONS", "OPTIONS", nil, 405},
		{"PUT", "PUT", nil, 405},
		{"DELETE", "DELETE", nil, 405},
	} {
		for _, verb := range []string{"pause", "resume", "stop", "stopmonitoring"} {
			h, s := newWorld()
			post(h, ann, "appname=shop&url=http://:3000")
			s.done()
			c := call{method: tt.method, path: verb + "?appname=shop", headers: tt.headers}
			if tt.method == http.MethodPost {
				c.path, c.body = verb, "appname=shop"
			}
			rec := c.send(h)
			if did := s.done(); rec.Code != tt.want || (did != "") != (tt.want < 400) {
				t.Errorf("%s: %s is %d and did %q, want %d: %s", tt.name, verb, rec.Code, did, tt.want, rec.Body)
			}
			if to := rec.Header().Get("Location"); (rec.Code == 303) != strings.HasPrefix(to, Path+"status?done=") {
				t.Errorf("%s: %s goes on to %q", tt.name, verb, to)
			}
		}
	}
}

// TestMonitorFromPages shows that no other site's form signs an app up.
func TestMonitorFromPages(t *testing.T) {
	for name, headers := range map[string][]string{
		"another site's form":      {"Origin", "http://evil.example", "User-Agent", firefox},
		"another site, no origin":  {"User-Agent", firefox},
		"another site, by a fetch": {"Sec-Fetch-Site", "cross-site"},
	} {
		h, s := newWorld()
		if rec := (call{method: http.MethodPost, path: "monitor", body: "appname=shop&url=http://:3000", headers: headers}).send(h); rec.Code != 403 || s.done() != "" {
			t.Errorf("%s: %d %s", name, rec.Code, rec.Body)
		}
	}
	h, s := newWorld()
	for _, method := range []string{"GET", "HEAD", "PUT"} {
		if rec := (call{method: method, path: "monitor?appname=shop&url=http://:3000"}).send(h); rec.Code != 405 || rec.Header().Get("Allow") != "POST" || s.done() != "" {
			t.Errorf("%s monitor: %d %v", method, rec.Code, rec.Header())
		}
	}
}

// TestReadingFromPages shows that other sites may link to what is read, and no more.
func TestReadingFromPages(t *testing.T) {
	h, _ := newWorld()
	post(h, ann, "appname=shop&url=http://:3000")
	for _, tt := range []struct {
		name    string
		headers []string
		want    int
	}{
		{"a program", nil, 200},
		{"an address that was typed", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, 200},
		{"another site's link", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}, 200},
		{"another site's frame", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"another site's script", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors"}, 403},
		{"another site's origin", []string{"Origin", "http://evil.example"}, 403},
		{"another port's script", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, 403},
	} {
		for _, path := range []string{"status", "info?appname=shop", "status.css"} {
			rec := call{path: path, headers: tt.headers}.send(h)
			if rec.Code != tt.want {
				t.Errorf("%s: %s is %d, want %d", tt.name, path, rec.Code, tt.want)
			}
			if rec.Header().Get("Access-Control-Allow-Origin") != "" {
				t.Errorf("%s: %s lets other sites read", tt.name, path)
			}
		}
	}
}

func TestEveryAnswerIsHardened(t *testing.T) {
	h, _ := newWorld()
	for _, c := range []call{{path: "status"}, {path: "nothing"}, {path: "info?appname=x"}, {path: "status.css"}, {from: mallory, path: "status"}, {path: "status", headers: []string{"Accept", "text/html"}}} {
		header := c.send(h).Header()
		if p := header.Get("Content-Security-Policy"); strings.Contains(p, "unsafe") || !strings.HasPrefix(p, "default-src 'none'") || strings.Contains(p, "script-src") {
			t.Errorf("%+v: policy %q", c, p)
		}
		if header.Get("X-Content-Type-Options") != "nosniff" || header.Get("Cross-Origin-Resource-Policy") != "same-origin" || header.Get("Cache-Control") == "" {
			t.Errorf("%+v: %v", c, header)
		}
	}
}
