package probe

import (
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

func TestRedirect(t *testing.T) {
	addr := serveHTTP(t, nil, func(w http.ResponseWriter, r *http.Request) {
		var n int
		fmt.Sscanf(r.URL.Path, "/%d", &n)
		switch {
		case n > 0:
			http.Redirect(w, r, fmt.Sprintf("/%d", n-1), http.StatusFound)
		case r.URL.Path == "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
		case r.URL.Path == "/scheme":
			http.Redirect(w, r, "https://"+r.Host+"/", http.StatusFound)
		case r.URL.Path == "/ftp":
			http.Redirect(w, r, "ftp://a:secret@"+r.Host+"/", http.StatusFound)
		case r.URL.Path == "/nonsense":
			w.Header().Set("Location", "http://[::1/%zz")
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/port":
			http.Redirect(w, r, "http://127.0.0.1:0/", http.StatusFound)
		case r.URL.Path == "/nowhere":
			w.WriteHeader(http.StatusFound)
		case r.URL.Path == "/unchanged":
			w.WriteHeader(http.StatusNotModified)
		}
	})
	for _, tt := range []struct {
		path    string
		follow  int
		verdict health.Verdict
		reason  health.Reason
		text    string
	}{
		{"/0", 3, health.Pass, "", ""},
		{"/3", 3, health.Pass, "", ""},
		{"/4", 3, health.Fail, health.HTTPProtocol, "redirects more than 3 times, now to /0"},
		{"/1", 0, health.Fail, health.HTTPStatus, "status 302 Found, to /0"},
		{"/2", 1, health.Fail, health.HTTPProtocol, "redirects more than 1 times, now to /0"},
		{"/loop", 2, health.Fail, health.HTTPProtocol, "redirects more than 2 times, now to /loop"},
		{"/scheme", 2, health.Fail, health.HTTPProtocol, "redirects from http to another scheme: https://" + addr + "/"},
		{"/ftp", 2, health.Fail, health.HTTPProtocol, "redirects from http to another scheme: ftp://…@" + addr + "/"},
		{"/nonsense", 2, health.Fail, health.HTTPProtocol, `redirects to "http://[::1/%zz", which is no URL`},
		{"/port", 2, health.Fail, health.HTTPProtocol, `redirects to "http://127.0.0.1:0/": "http://127.0.0.1:0/" needs a port from 1 to 65535`},
		{"/nowhere", 2, health.Fail, health.HTTPStatus, "status 302 Found"},
		{"/unchanged", 2, health.Fail, health.HTTPStatus, "status 304 Not Modified"},
	} {
		r := check(t, health.Spec{Target: "http://" + addr + tt.path, Redirects: tt.follow})
		mustBe(t, tt.path, r, tt.verdict, tt.reason)
		if string(r.Text) != tt.text {
			t.Errorf("%s: %s, want %s", tt.path, r.Text, tt.text)
		}
	}
	if r := check(t, health.Spec{Target: "http://" + addr + "/3", Redirects: 3}); r.Answer.HTTP.Redirects != 3 {
		t.Errorf("redirects: %+v", r.Answer.HTTP)
	}
}

// TestRedirectTellsNoSecrets follows a redirect to another host and back: the
// headers that were meant for the first are never seen again.
func TestRedirectTellsNoSecrets(t *testing.T) {
	var mu sync.Mutex
	seen := map[string]http.Header{}
	hosts := map[string]string{}
	note := func(r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		seen[r.URL.Path], hosts[r.URL.Path] = r.Header.Clone(), r.Host
	}
	var first, second string
	handler := func(w http.ResponseWriter, r *http.Request) {
		note(r)
		switch r.URL.Path {
		case "/1":
			http.Redirect(w, r, "/2", http.StatusTemporaryRedirect)
		case "/2":
			http.Redirect(w, r, "http://user:pass@"+second+"/3", http.StatusFound)
		case "/3":
			http.Redirect(w, r, "http://"+first+"/4", http.StatusFound)
		}
	}
	first, second = serveHTTP(t, nil, handler), serveHTTP(t, nil, handler)
	r := check(t, health.Spec{
		Target: "http://" + first + "/1", Redirects: 3,
		Headers: map[string]string{"Authorization": "Bearer x", "X-Token": "y", "Host": "shop.example"},
	})
	mustBe(t, "there and back", r, health.Pass, "")
	mu.Lock()
	defer mu.Unlock()
	for path, want := range map[string]bool{"/1": true, "/2": true, "/3": false, "/4": false} {
		h := seen[path]
		if (h.Get("X-Token") == "y") != want || (h.Get("Authorization") != "") != want || (hosts[path] == "shop.example") != want || h.Get("User-Agent") != "portreeve" {
			t.Errorf("%s: own headers %v, want %v: %v %s", path, !want, want, h, hosts[path])
		}
	}
}

func TestRedirectMethod(t *testing.T) {
	var mu sync.Mutex
	var last string
	other := serveHTTP(t, nil, func(http.ResponseWriter, *http.Request) {})
	addr := serveHTTP(t, nil, func(w http.ResponseWriter, r *http.Request) {
		body := make([]byte, 10)
		n, _ := r.Body.Read(body)
		mu.Lock()
		last = r.Method + " " + string(body[:n])
		mu.Unlock()
		var status int
		if _, err := fmt.Sscanf(r.URL.Path, "/%d", &status); err == nil {
			http.Redirect(w, r, "/end", status)
		} else if r.URL.Path == "/other" {
			http.Redirect(w, r, "http://"+other+"/", http.StatusTemporaryRedirect)
		}
	})
	for path, want := range map[string]string{"/301": "GET ", "/302": "GET ", "/303": "GET ", "/307": "POST hello", "/308": "POST hello"} {
		mustBe(t, path, check(t, health.Spec{Target: "http://" + addr + path, Method: "POST", Body: "hello", Redirects: 1}), health.Pass, "")
		if last != want {
			t.Errorf("%s: then %q, want %q", path, last, want)
		}
	}
	mustBe(t, "HEAD", check(t, health.Spec{Target: "http://" + addr + "/303", Method: "HEAD", Redirects: 1}), health.Pass, "")
	if last != "HEAD " {
		t.Errorf("HEAD: then %q", last)
	}
	r := check(t, health.Spec{Target: "http://" + addr + "/other", Method: "POST", Body: "hello", Redirects: 1})
	mustBe(t, "a body for another host", r, health.Fail, health.HTTPProtocol)
	if !strings.HasSuffix(string(r.Text), "the body of a POST is not sent to another host") {
		t.Errorf("a body for another host: %s", r.Text)
	}
}

// TestRedirectToForbiddenAddress follows a redirect to where the policy does
// not let a check go: nobody there ever sees a connection.
func TestRedirectToForbiddenAddress(t *testing.T) {
	var reached atomic.Int64
	inner := serve(t, func(conn net.Conn) { reached.Add(1) })
	outer := serveHTTP(t, nil, func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "http://"+inner+"/latest/meta-data", http.StatusFound)
	})
	only := func(to netip.AddrPort) error {
		if to.String() != outer {
			return fmt.Errorf("not among those that may be asked")
		}
		return nil
	}
	r := checkWithin(t, health.Spec{Target: "http://" + outer + "/", Redirects: 3}, 10*time.Second, only)
	mustBe(t, "redirected inside", r, health.Fail, health.HTTPProtocol)
	if want := "redirects to " + inner + ", which is not allowed: "; !strings.HasPrefix(string(r.Text), want) {
		t.Errorf("text %s, want %s…", r.Text, want)
	}
	if n := reached.Load(); n != 0 {
		t.Errorf("%d connections to a forbidden address", n)
	}
	// Without a policy it is reached, so that the zero above means something.
	checkWithin(t, health.Spec{Target: "http://" + outer + "/", Redirects: 3}, 10*time.Second, reach.Configured())
	if n := reached.Load(); n != 1 {
		t.Errorf("%d connections to an address that is allowed", n)
	}
}
