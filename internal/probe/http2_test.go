package probe

import (
	"crypto/tls"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

func TestHTTP2Answers(t *testing.T) {
	ca := newAuthority(t)
	addr := serveHTTP(t, ca.config(t, nil, "h2"), func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/large":
			io.WriteString(w, strings.Repeat("x", 1<<20))
		case "/gzip":
			w.Header().Set("Content-Encoding", "gzip")
			io.WriteString(w, packed(t, "gzip", "hello"))
		case "/status":
			w.WriteHeader(http.StatusTeapot)
		case "/headers":
			w.Header().Set("X-Large", strings.Repeat("x", 100<<10))
		case "/hints":
			for range 100 {
				w.WriteHeader(http.StatusEarlyHints)
			}
		case "/redirect":
			http.Redirect(w, r, "/gzip", http.StatusFound)
		case "/scheme":
			http.Redirect(w, r, "http://"+r.Host+"/", http.StatusFound)
		case "/abort":
			panic(http.ErrAbortHandler)
		case "/half":
			w.Header().Set("Content-Length", "10")
			io.WriteString(w, "half")
			http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}
	})
	before := goleak.IgnoreCurrent()
	for _, tt := range []struct {
		path, expect string
		verdict      health.Verdict
		reason       health.Reason
	}{
		{"/", "", health.Pass, ""},
		{"/large", "", health.Pass, ""},
		{"/large", `body contains "y"`, health.Fail, health.BodyTooLarge},
		{"/gzip", `body == "hello"`, health.Pass, ""},
		{"/redirect", `body == "hello"`, health.Pass, ""},
		{"/scheme", "", health.Fail, health.HTTPProtocol},
		{"/status", "", health.Fail, health.HTTPStatus},
		{"/headers", "", health.Fail, health.HTTPProtocol},
		{"/abort", "", health.Fail, health.HTTPProtocol},
		{"/half", "", health.Fail, health.HTTPProtocol},
	} {
		r := check(t, health.Spec{Target: "https://" + addr + tt.path, CAFile: ca.file, Redirects: 1, Expect: tt.expect})
		mustBe(t, tt.path+" "+tt.expect, r, tt.verdict, tt.reason)
		if r.Answer.HTTP != nil && (r.Answer.HTTP.Protocol != "HTTP/2.0" || r.Answer.HTTP.BodyBytes > maxBody) {
			t.Errorf("%s: %+v", tt.path, r.Answer.HTTP)
		}
	}
	// Whatever became of a check, its connection and all that read from it end.
	goleak.VerifyNone(t, before, goleak.IgnoreAnyFunction("net/http.(*http2serverConn).serve"), goleak.IgnoreAnyFunction("net/http.(*http2serverConn).readFrames"))
}

// TestHTTP2Misbehaviour agrees on HTTP/2 and then does something else.
func TestHTTP2Misbehaviour(t *testing.T) {
	ca := newAuthority(t)
	config := ca.config(t, nil, "h2")
	settings := "\x00\x00\x00\x04\x00\x00\x00\x00\x00"
	for _, tt := range []struct {
		name, answer string
		reason       health.Reason
	}{
		{"HTTP/1.1", page(200, "", "hello"), health.HTTPProtocol},
		{"nothing", "", health.HTTPProtocol},
		{"settings and no more", settings, health.HTTPProtocol},
		{"a frame that is too large", settings + "\xff\xff\xff\x01\x04\x00\x00\x00\x01", health.HTTPProtocol},
		{"headers that are none", settings + "\x00\x00\x03\x01\x05\x00\x00\x00\x01\xff\xff\xff", health.HTTPProtocol},
		{"goodbye", settings + "\x00\x00\x08\x07\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x02", health.HTTPProtocol},
		{"a stream that is refused", settings + "\x00\x00\x04\x03\x00\x00\x00\x00\x01\x00\x00\x00\x07", health.HTTPProtocol},
		{"data before headers", settings + "\x00\x00\x03\x00\x01\x00\x00\x00\x01abc", health.HTTPProtocol},
		{"silence", "wait", health.Timeout},
		{"pings without end", "ping", health.HTTPProtocol},
	} {
		addr := serve(t, func(conn net.Conn) {
			secure := tls.Server(conn, config)
			if secure.Handshake() != nil {
				return
			}
			// The preface, settings, a window and the request.
			if _, err := io.ReadAtLeast(secure, make([]byte, 4096), 24); err != nil {
				return
			}
			switch tt.answer {
			case "wait":
			case "ping":
				io.WriteString(secure, settings)
				for _, err := io.WriteString(secure, "\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678"); err == nil; {
					_, err = io.WriteString(secure, "\x00\x00\x08\x06\x00\x00\x00\x00\x0012345678")
				}
			default:
				io.WriteString(secure, tt.answer)
				secure.CloseWrite()
			}
			drain(secure)
		})
		timeout := 30 * time.Second // a busy machine takes long to hear a MiB of pings
		if tt.reason == health.Timeout {
			timeout = 2 * time.Second
		}
		r := checkWithin(t, health.Spec{Target: "https://" + addr + "/", CAFile: ca.file}, timeout, reach.Configured())
		mustBe(t, tt.name, r, health.Fail, tt.reason)
	}
}
