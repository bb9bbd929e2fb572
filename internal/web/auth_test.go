package web

import (
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/auth"
)

// fakeTokens are tokens by their secrets.
type fakeTokens map[string]auth.Token

func (f fakeTokens) Find(secret string) (auth.Token, bool) {
	t, ok := f[secret]
	return t, ok
}

// secretOf returns a secret of the right form that a name stands for.
func secretOf(name string) string {
	return auth.Prefix + name + strings.Repeat("0", 43-len(name))
}

// someTokens has a token of each scope, which is its name.
func someTokens() fakeTokens {
	f := fakeTokens{}
	for _, s := range auth.Scopes() {
		f[secretOf(string(s))] = auth.Token{Name: string(s), Scope: s}
	}
	return f
}

func bearer(name string) []string { return []string{"Authorization", "Bearer " + secretOf(name)} }

func basic(password string) []string {
	return []string{"Authorization", "Basic " + base64.StdEncoding.EncodeToString([]byte("ann:"+password))}
}

// Where callers are.
const (
	here      = "127.0.0.1:5000"
	elsewhere = "10.0.4.8:5000"
)

// askFrom lets h answer a request from an address that came in on the
// machine's own.
func askFrom(h http.Handler, from, method, url string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := arrived(method, "http://localhost:9860"+url, from, "10.0.4.7:9860", headers...)
	if body != nil {
		full := httptest.NewRequest(method, url, body)
		r.Body, r.ContentLength = full.Body, full.ContentLength
	}
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	return rec
}

func TestWhoMayRead(t *testing.T) {
	for _, tt := range []struct {
		name    string
		from    string
		headers []string
		private int // what reading is answered by
		public  int // the same, where reading is public
	}{
		{"somebody here", here, nil, 200, 200},
		{"somebody elsewhere", elsewhere, nil, 401, 200},
		{"elsewhere, with a token to read", elsewhere, bearer("read"), 200, 200},
		{"elsewhere, with a token to register", elsewhere, bearer("register"), 200, 200},
		{"elsewhere, with a token for everything", elsewhere, bearer("admin"), 200, 200},
		{"elsewhere, small letters", elsewhere, []string{"Authorization", "bearer  " + secretOf("read")}, 200, 200},
		{"elsewhere, a browser", elsewhere, basic(secretOf("read")), 200, 200},
		{"elsewhere, a wrong token", elsewhere, bearer("nobody"), 401, 401},
		{"elsewhere, a browser with a wrong token", elsewhere, basic(secretOf("nobody")), 401, 401},
		{"elsewhere, a browser with some password", elsewhere, basic("hunter2"), 401, 200},
		{"here, a wrong token", here, bearer("nobody"), 401, 401},
		{"here, a token that is none", here, []string{"Authorization", "Bearer x"}, 401, 401},
		{"here, a proxy's own password", here, basic("hunter2"), 200, 200},
		{"here, a scheme that we do not speak", here, []string{"Authorization", "Negotiate abc"}, 200, 200},
		{"elsewhere, no scheme", elsewhere, []string{"Authorization", secretOf("read")}, 401, 200},
		{"a proxy here", here, []string{"X-Forwarded-For", "127.0.0.1"}, 401, 200},
		{"a proxy here, as the standard has it", here, []string{"Forwarded", "for=127.0.0.1"}, 401, 200},
		{"a proxy here that says nothing", here, []string{"X-Forwarded-For", ""}, 401, 200},
		{"a proxy here that hands on a token", here, append(bearer("read"), "X-Forwarded-For", "192.0.2.1"), 200, 200},
	} {
		t.Run(tt.name, func(t *testing.T) {
			for public, want := range map[bool]int{false: tt.private, true: tt.public} {
				o := Options{PublicRead: public, Tokens: someTokens(), Metrics: http.HandlerFunc(func(http.ResponseWriter, *http.Request) {})}
				h := busyWorld(time.Now()).server(o).Handler()
				for _, path := range []string{"/", "/metrics", "/healthz", "/api/v1/machine", "/docs", "/assets/app.css", "/sd/checks", "/probe?check=mail"} {
					rec := askFrom(h, tt.from, "GET", path, nil, tt.headers...)
					if rec.Code != want {
						t.Errorf("%s, public %v: %d, want %d", path, public, rec.Code, want)
					}
					if asks := rec.Header().Values("WWW-Authenticate"); rec.Code == 401 && (len(asks) != 2 || !strings.HasPrefix(asks[0], `Bearer realm="portreeve"`) || !strings.HasPrefix(asks[1], `Basic realm="portreeve"`)) {
						t.Errorf("%s asks for %q", path, asks)
					}
				}
			}
		})
	}
}

// TestNobodyHasATokenToAskFor: then a browser must not ask for a password, and
// what a proxy hands on is not looked at.
func TestNobodyHasATokenToAskFor(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	if rec := askFrom(h, elsewhere, "GET", "/", nil, bearer("read")...); rec.Code != 403 || rec.Header().Get("WWW-Authenticate") != "" {
		t.Errorf("elsewhere: %d %v", rec.Code, rec.Header())
	}
	if rec := askFrom(h, here, "GET", "/", nil, bearer("read")...); rec.Code != 200 {
		t.Errorf("here: %d", rec.Code)
	}
}

// TestRefusalSaysWhatToDo to people and programs.
func TestRefusalSaysWhatToDo(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{Tokens: someTokens()}).Handler()
	for _, tt := range []struct {
		from, accept string
		headers      []string
		says         []string
	}{
		{elsewhere, "text/html", nil, []string{"<h1>Unauthorized</h1>", "10.0.4.8:5000 is not", "portreeve token add NAME"}},
		{elsewhere, "*/*", nil, []string{`"status":401`, "10.0.4.8:5000 is not"}},
		{here, "*/*", []string{"X-Forwarded-For", "192.0.2.1"}, []string{"a proxy says by X-Forwarded-For"}},
		{here, "*/*", bearer("nobody"), []string{"not one of ours"}},
	} {
		rec := askFrom(h, tt.from, "GET", "/", nil, append(tt.headers, "Accept", tt.accept)...)
		for _, text := range tt.says {
			if !strings.Contains(rec.Body.String(), text) {
				t.Errorf("from %s with %v: no %q in %s", tt.from, tt.headers, text, rec.Body)
			}
		}
	}
}

// TestWrongTokensAreSlowedDown, told once each, and never keep a right one out.
func TestWrongTokensAreSlowedDown(t *testing.T) {
	var said strings.Builder
	w := busyWorld(time.Now())
	s := New(w.board, w.journal, Options{Tokens: someTokens()}, slog.New(slog.NewTextHandler(&said, nil)))
	h := s.Handler()
	for i := range 3 * wrongBurst {
		want := 401
		if i >= wrongBurst {
			want = 429
		}
		rec := askFrom(h, elsewhere, "GET", "/", nil, bearer("nobody")...)
		if rec.Code != want || (want == 429) != (rec.Header().Get("Retry-After") != "") {
			t.Fatalf("wrong token %d: %d %v", i, rec.Code, rec.Header())
		}
	}
	if n := strings.Count(said.String(), "wrong token"); n != wrongBurst {
		t.Errorf("the log tells of %d wrong tokens", n)
	}
	if strings.Contains(said.String(), "nobody") {
		t.Error("the log repeats a secret")
	}
	if rec := askFrom(h, elsewhere, "GET", "/", nil, bearer("read")...); rec.Code != 200 {
		t.Errorf("a right token from the same address: %d", rec.Code)
	}
	if rec := askFrom(h, "10.0.4.9:1", "GET", "/", nil, bearer("nobody")...); rec.Code != 401 {
		t.Errorf("a wrong token from another address: %d", rec.Code)
	}
}

func TestThrottle(t *testing.T) {
	th, now := newWrongThrottle(), time.Now()
	addr := func(i int) netip.Prefix {
		return addrPrefix(netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)}))
	}
	for i := range wrongBurst {
		if th.strike(addr(0), now) {
			t.Fatalf("strike %d was too many", i)
		}
	}
	if !th.strike(addr(0), now) || th.strike(addr(0), now.Add(wrongEvery)) || !th.strike(addr(0), now.Add(wrongEvery)) {
		t.Error("after a burst it is not one in every", wrongEvery)
	}
	for i := range 3 * wrongAddrs {
		th.strike(addr(i+1), now)
		if i%100 == 0 {
			th.strike(addr(0), now)
		}
	}
	if len(th.struck) != wrongAddrs || th.order.Len() != wrongAddrs {
		t.Errorf("%d addresses are kept, in order %d", len(th.struck), th.order.Len())
	}
	if !th.strike(addr(0), now) {
		t.Error("a crowd of others made an address's strikes forgotten that goes on")
	}
}

// TestWhoMayChange is the rule of every endpoint that changes something.
func TestWhoMayChange(t *testing.T) {
	const ok = `{"name":"x"}`
	asJSON := []string{"Content-Type", "application/json; charset=utf-8"}
	for _, tt := range []struct {
		name, from, method, body string
		headers                  []string
		want                     int
	}{
		{"a token of the scope", here, "POST", ok, append(bearer("register"), asJSON...), 200},
		{"a token of a larger scope", here, "PUT", ok, append(bearer("admin"), asJSON...), 200},
		{"from elsewhere", elsewhere, "POST", ok, append(bearer("register"), asJSON...), 200},
		{"without a body", elsewhere, "DELETE", "", bearer("register"), 200},
		{"our own page", here, "POST", ok, append(bearer("register"), append(asJSON, "Sec-Fetch-Site", "same-origin", "Origin", "http://localhost:9860")...), 200},
		{"no token, though from here", here, "POST", ok, asJSON, 401},
		{"a browser's password", here, "POST", ok, append(basic(secretOf("admin")), asJSON...), 401},
		{"a wrong token", here, "POST", ok, append(bearer("nobody"), asJSON...), 401},
		{"a token that may only read", here, "POST", ok, append(bearer("read"), asJSON...), 403},
		{"a form", here, "POST", "name=x", append(bearer("register"), "Content-Type", "application/x-www-form-urlencoded"), 415},
		{"a text", here, "POST", ok, append(bearer("register"), "Content-Type", "text/plain"), 415},
		{"JSON that does not say so", here, "POST", ok, bearer("register"), 415},
		{"another site", here, "POST", ok, append(bearer("register"), append(asJSON, "Sec-Fetch-Site", "cross-site")...), 403},
		{"another port", here, "POST", ok, append(bearer("register"), append(asJSON, "Origin", "http://localhost:8080")...), 403},
		{"a link on another site", here, "GET", "", append(bearer("register"), "Sec-Fetch-Site", "cross-site", "Sec-Fetch-Mode", "navigate", "Sec-Fetch-Dest", "document"), 403},
		{"more than it may say", here, "POST", `"` + strings.Repeat("x", maxBody) + `"`, append(bearer("register"), asJSON...), 413},
	} {
		t.Run(tt.name, func(t *testing.T) {
			s := busyWorld(time.Now()).server(Options{Tokens: someTokens(), PublicRead: true})
			read := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if _, err := io.ReadAll(r.Body); err != nil {
					http.Error(w, err.Error(), http.StatusRequestEntityTooLarge)
				}
			})
			h := s.guard(requireScope(auth.Register, read))
			rec := askFrom(h, tt.from, tt.method, "/api/v1/anything", strings.NewReader(tt.body), tt.headers...)
			if rec.Code != tt.want {
				t.Errorf("%d, want %d: %s", rec.Code, tt.want, rec.Body)
			}
			asks := rec.Header().Get("WWW-Authenticate")
			if strings.HasPrefix(asks, "Bearer ") != (tt.want == 401 || tt.name == "a token that may only read") {
				t.Errorf("asks for %q", asks)
			}
			if tt.want >= 400 && tt.want != 413 && !json.Valid(rec.Body.Bytes()) {
				t.Errorf("no problem: %s", rec.Body)
			}
		})
	}
}

// TestOrigins: an old browser's Origin must be exactly ours.
func TestOrigins(t *testing.T) {
	h := busyWorld(time.Now()).server(Options{}).Handler()
	for origin, want := range map[string]int{
		"http://localhost:9860": 200, "HTTP://LOCALHOST:9860": 200,
		"https://localhost:9860": 403, "http://localhost": 403, "http://localhost:98600": 403, "http://localhost:9860/": 403, "http://ann@localhost:9860": 403,
		"localhost:9860": 403, "//localhost:9860": 403, "ftp://localhost:9860": 403, "null": 403, "": 403, "http://localhost:9860 http://evil.example": 403,
	} {
		if rec := askFrom(h, here, "GET", "/", nil, "Origin", origin); rec.Code != want {
			t.Errorf("Origin %q: %d, want %d", origin, rec.Code, want)
		}
	}
	r := arrived("GET", "https://localhost:9860/", here, "127.0.0.1:9860", "Origin", "https://localhost:9860")
	rec := httptest.NewRecorder()
	h.ServeHTTP(rec, r)
	if r.TLS == nil || rec.Code != 200 {
		t.Errorf("by TLS: %d", rec.Code)
	}
}

func TestGzipThatIsForbidden(t *testing.T) {
	for accept, want := range map[string]bool{
		"gzip": true, "GZIP": true, "br, gzip": true, "gzip;q=0.5": true, "gzip; q=1.0, br": true, "x-gzip": true, "deflate, gzip;q=0.001": true,
		"": false, "gzip;q=0": false, "gzip; q=0.000": false, "br;q=1, gzip;q=0.0": false, "identity": false, "gzipped": false, "*;q=0": false,
	} {
		if got := takesGzip(accept); got != want {
			t.Errorf("Accept-Encoding %q: %v", accept, got)
		}
	}
}
