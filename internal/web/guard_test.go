package web

import (
	"context"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"
)

// arrived is a request as net/http hands it over: it came in on an address.
func arrived(method, url, from, on string, headers ...string) *http.Request {
	r := httptest.NewRequest(method, url, nil)
	r.RemoteAddr = from
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	addr, _ := net.ResolveTCPAddr("tcp", on)
	return r.WithContext(context.WithValue(r.Context(), http.LocalAddrContextKey, net.Addr(addr)))
}

func TestHosts(t *testing.T) {
	s := busyWorld(time.Now()).server(Options{Hosts: []string{"Ports.Example.org.", "10.9.9.9"}})
	for host, want := range map[string]int{
		"localhost": 200, "localhost:9860": 200, "LOCALHOST:8080": 200, "x.localhost": 200, "127.0.0.1:9860": 200, "127.8.9.1": 200, "[::1]:9860": 200, "[::1]": 200,
		"web-07": 200, "web-07:9860": 200, "WEB-07.": 200, "10.0.4.7:9860": 200, "ports.example.org": 200, "ports.example.org.:443": 200, "10.9.9.9": 200,
		"evil.example": 421, "evil.example:9860": 421, "localhost.evil.example": 421, "web-07.evil.example": 421, "10.1.2.3": 421, "[fe80::1]": 421, "0.0.0.0:9860": 421, "127.0.0.1.evil.example": 421, "": 421,
	} {
		r := arrived("GET", "/", "127.0.0.1:5000", "10.0.4.7:9860")
		r.Host = host
		rec := httptest.NewRecorder()
		s.Handler().ServeHTTP(rec, r)
		if rec.Code != want {
			t.Errorf("Host %q: %d, want %d", host, rec.Code, want)
		}
	}
}

// TestHostOfHTTP10 lets old load balancers ask without naming a host.
func TestHostOfHTTP10(t *testing.T) {
	r := arrived("GET", "/healthz", "127.0.0.1:5000", "127.0.0.1:9860")
	r.Host, r.Proto, r.ProtoMinor = "", "HTTP/1.0", 0
	rec := httptest.NewRecorder()
	busyWorld(time.Now()).server(Options{}).Handler().ServeHTTP(rec, r)
	if rec.Code != 200 {
		t.Errorf("status %d", rec.Code)
	}
}

func TestCallers(t *testing.T) {
	for _, tt := range []struct {
		from, on string
		public   bool
		want     int
	}{
		{"127.0.0.1:5000", "127.0.0.1:9860", false, 200},
		{"127.3.2.1:5000", "127.0.0.1:9860", false, 200},
		{"[::1]:5000", "[::1]:9860", false, 200},
		{"[::ffff:127.0.0.1]:5000", "[::]:9860", false, 200},
		{"10.0.4.7:5000", "10.0.4.7:9860", false, 200}, // this machine, by its other address
		{"10.0.4.8:5000", "10.0.4.7:9860", false, 403},
		{"[2001:db8::1]:5000", "[2001:db8::2]:9860", false, 403},
		{"[fe80::1%eth0]:5000", "[fe80::2]:9860", false, 403},
		{"@", "127.0.0.1:9860", false, 403},
		{"10.0.4.8:5000", "10.0.4.7:9860", true, 200},
	} {
		for _, path := range []string{"/", "/api/v1/machine", "/metrics", "/healthz", "/docs", "/assets/app.css"} {
			s := busyWorld(time.Now()).server(Options{PublicRead: tt.public, Metrics: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})})
			rec := httptest.NewRecorder()
			s.Handler().ServeHTTP(rec, arrived("GET", "http://localhost"+path, tt.from, tt.on))
			if rec.Code != tt.want {
				t.Errorf("%s from %s on %s, public %v: %d, want %d", path, tt.from, tt.on, tt.public, rec.Code, tt.want)
			}
		}
	}
}

func TestSites(t *testing.T) {
	link := []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"}
	for _, tt := range []struct {
		name    string
		method  string
		headers []string
		want    int
	}{
		{"a program", "GET", nil, 200},
		{"the page itself", "GET", []string{"Sec-Fetch-Site", "same-origin", "Sec-Fetch-Mode", "cors"}, 200},
		{"the address bar", "GET", []string{"Sec-Fetch-Site", "none", "Sec-Fetch-Mode", "navigate"}, 200},
		{"a link on another site", "GET", link, 200},
		{"a form on another site", "POST", link, 403},
		{"another site's script", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "cors", "Sec-Fetch-Dest", "empty"}, 403},
		{"another site's image", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "no-cors", "Sec-Fetch-Dest", "image"}, 403},
		{"another site's frame", "GET", []string{"Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "iframe"}, 403},
		{"another port of this host", "GET", []string{"Sec-Fetch-Site", "same-site", "Sec-Fetch-Mode", "cors"}, 403},
		{"an old browser, our origin", "GET", []string{"Origin", "http://localhost:9860"}, 200},
		{"an old browser, another origin", "GET", []string{"Origin", "https://evil.example"}, 403},
		{"an old browser, no origin to name", "POST", []string{"Origin", "null"}, 403},
		{"a program that would change something", "POST", nil, 405},
		{"a program that would delete something", "DELETE", nil, 405},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for _, path := range []string{"/", "/api/v1/listeners"} {
				rec := httptest.NewRecorder()
				busyWorld(time.Now()).server(Options{}).Handler().ServeHTTP(rec, arrived(tt.method, "http://localhost:9860"+path, "127.0.0.1:5000", "127.0.0.1:9860", tt.headers...))
				if rec.Code != tt.want {
					t.Errorf("%s %s: %d, want %d", tt.method, path, rec.Code, tt.want)
				}
				if rec.Header().Get("Access-Control-Allow-Origin") != "" {
					t.Error("another origin is let in")
				}
			}
		})
	}
}

func TestEveryAnswerIsHardened(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	want := map[string]string{
		"Content-Security-Policy":      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
		"X-Content-Type-Options":       "nosniff",
		"Referrer-Policy":              "no-referrer",
		"Cross-Origin-Resource-Policy": "same-origin",
	}
	for _, path := range []string{"/", "/docs", "/assets/app.js", "/api/v1/machine", "/api/v1/openapi.json", "/healthz", "/nowhere", "/api/v1/nowhere"} {
		rec := ask(h, path)
		for name, value := range want {
			if got := rec.Header().Get(name); got != value {
				t.Errorf("%s: %s is %q", path, name, got)
			}
		}
	}
	if refused := ask(h, "/", "Sec-Fetch-Site", "cross-site"); refused.Code != 403 || refused.Header().Get("Content-Security-Policy") == "" {
		t.Errorf("a refusal is not hardened: %d %v", refused.Code, refused.Header())
	}
}

// TestRefusalsSuitTheCaller gives people a page and programs a problem.
func TestRefusalsSuitTheCaller(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	for _, tt := range []struct{ path, accept, kind, says string }{
		{"/nowhere", "text/html,*/*", "text/html; charset=utf-8", "There is nothing at /nowhere."},
		{"/nowhere", "*/*", "application/problem+json", `"status":404`},
		{"/api/v1/listners", "text/html,*/*", "application/problem+json", "Did you mean /api/v1/listeners?"},
		{"/<script>alert(1)</script>", "text/html", "text/html; charset=utf-8", "&lt;script&gt;"},
	} {
		r := httptest.NewRequest("GET", "http://localhost/", nil)
		r.RemoteAddr, r.URL.Path = "127.0.0.1:1", tt.path
		r.Header.Set("Accept", tt.accept)
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != 404 || rec.Header().Get("Content-Type") != tt.kind || !strings.Contains(rec.Body.String(), tt.says) {
			t.Errorf("%s for %s: %d %s %s", tt.path, tt.accept, rec.Code, rec.Header().Get("Content-Type"), rec.Body)
		}
	}
}
