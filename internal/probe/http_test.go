package probe

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"
	"log"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

func silent() *log.Logger { return log.New(io.Discard, "", 0) }

const healthJSON = "Content-Type: application/health+json; charset=utf-8\r\n"

func TestHTTPVerdict(t *testing.T) {
	for _, tt := range []struct {
		name, answer, expect string
		verdict              health.Verdict
		reason               health.Reason
		text                 string
	}{
		{"200", page(200, "", "hello"), "", health.Pass, "", ""},
		{"204 is not 200", "HTTP/1.1 204 x\r\n\r\n", "", health.Fail, health.HTTPStatus, "status 204 No Content"},
		{"500", page(500, "", "<html>"), "", health.Fail, health.HTTPStatus, "status 500 Internal Server Error"},
		{"a status without a name", page(599, "", ""), "", health.Fail, health.HTTPStatus, "status 599"},
		{"a redirect that is not followed", page(302, "Location: /login\r\n", ""), "", health.Fail, health.HTTPStatus, "status 302 Found, to /login"},
		{"the end of the connection ends the body", "HTTP/1.0 200 OK\r\n\r\nhello", "", health.Pass, "", ""},

		{"health report: pass", page(200, healthJSON, `{"status":"pass"}`), "", health.Pass, "", ""},
		{"health report: UP", page(200, healthJSON, `{"status":"UP"}`), "", health.Pass, "", ""},
		{"health report: warn", page(200, healthJSON, `{"status":"warn"}`), "", health.Warn, health.HealthWarn, `its health report says "warn"`},
		{"health report: down", page(200, healthJSON, `{"status":"down"}`), "", health.Fail, health.ExpectationFailed, `its health report says "down", though the status is 200 OK`},
		{"health report: nonsense", page(200, healthJSON, `{"status":"banana"}`), "", health.Warn, health.HealthWarn, `its health report says "banana", which is no status`},
		{"health report: no status", page(200, healthJSON, `{}`), "", health.Warn, health.HealthWarn, "a health report without a status"},
		{"health report: no JSON", page(200, healthJSON, `<html>`), "", health.Fail, health.NotJSON, "application/health+json that is no JSON: invalid character '<' looking for beginning of value"},
		{"health report: pass with 500", page(500, healthJSON, `{"status":"pass"}`), "", health.Fail, health.HTTPStatus, `status 500 Internal Server Error, though its health report says "pass"`},

		{"an expectation that holds", page(200, "", `{"status":"OK"}`), `status == 200 and json.status == "OK"`, health.Pass, "", ""},
		{"one that does not", page(200, "", `{"status":"BAD"}`), `status == 200 and json.status == "OK"`, health.Fail, health.ExpectationFailed, `json.status is "BAD", not "OK"`},
		{"it alone decides of the status", page(503, "", ""), `status == 503`, health.Pass, "", ""},
		{"even when it does not ask for it", page(503, "X-A: 1\r\nX-A: 2\r\n", ""), `header["x-a"] == "1, 2"`, health.Pass, "", ""},
		{"and of a health report", page(200, healthJSON, `{"status":"down"}`), `status == 200`, health.Pass, "", ""},
		{"JSON that is none", page(200, "", "<html>"), `json.status == "OK"`, health.Fail, health.NotJSON, `the body is no JSON: "<html>"`},
		{"time", page(200, "", ""), `took < duration("1ns")`, health.Fail, health.ExpectationFailed, ""},
	} {
		addr := serve(t, says(tt.answer))
		if tt.name == "the end of the connection ends the body" {
			addr = serve(t, func(conn net.Conn) {
				io.ReadAtLeast(conn, make([]byte, 4096), 20)
				io.WriteString(conn, tt.answer)
				conn.(*net.TCPConn).CloseWrite()
				drain(conn)
			})
		}
		r := check(t, health.Spec{Target: "http://" + addr + "/", Expect: tt.expect})
		mustBe(t, tt.name, r, tt.verdict, tt.reason)
		if tt.text != "" && string(r.Text) != tt.text {
			t.Errorf("%s: %s, want %s", tt.name, r.Text, tt.text)
		}
	}
}

func TestHTTPEvidence(t *testing.T) {
	addr := serve(t, says("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: x\r\n\r\n"+page(200, "Content-Type: text/\u202ered\r\n", "hello")))
	r := check(t, health.Spec{Target: "http://" + addr + "/"})
	mustBe(t, "interim answers", r, health.Pass, "")
	got := *r.Answer.HTTP
	want := health.HTTP{Status: 200, Protocol: "HTTP/1.1", ContentType: "text/\u202ered", ContentLength: 5, BodyBytes: 5}
	if got != want {
		t.Errorf("evidence %+v, want %+v", got, want)
	}
	if r.Answer.Address.String() != addr {
		t.Errorf("address %s, want %s", r.Answer.Address, addr)
	}
	if p := r.Answer.Phases; p.Connect <= 0 || p.Processing <= 0 || p.Transfer <= 0 || p.TLS != 0 {
		t.Errorf("phases %+v", p)
	}
}

func TestHTTPRequest(t *testing.T) {
	var mu sync.Mutex
	var got *http.Request
	var body string
	addr := serveHTTP(t, nil, func(w http.ResponseWriter, r *http.Request) {
		b, _ := io.ReadAll(r.Body)
		mu.Lock()
		defer mu.Unlock()
		got, body = r.Clone(t.Context()), string(b)
	})
	mustBe(t, "plain", check(t, health.Spec{Target: "http://" + addr + "/a%20b?x=1 2&y=%2F"}), health.Pass, "")
	if got.Method != "GET" || got.RequestURI != "/a%20b?x=1%202&y=%2F" || got.Host != addr || !got.Close {
		t.Errorf("request %s %s of %s, close %v", got.Method, got.RequestURI, got.Host, got.Close)
	}
	if ua, accept := got.Header.Get("User-Agent"), got.Header.Get("Accept"); ua != "portreeve" || accept != "application/health+json, application/json;q=0.9, */*;q=0.8" {
		t.Errorf("User-Agent %q, Accept %q", ua, accept)
	}
	mustBe(t, "own", check(t, health.Spec{
		Target: "http://" + addr + "/ignored", Path: "/p?q", Method: "POST", Body: "hello", Redirects: 1,
		Headers: map[string]string{"host": "shop.example", "User-Agent": "me", "x-token": "secret"},
	}), health.Pass, "")
	if got.Method != "POST" || got.RequestURI != "/p?q" || got.Host != "shop.example" || body != "hello" || got.ContentLength != 5 ||
		got.Header.Get("User-Agent") != "me" || got.Header.Get("X-Token") != "secret" {
		t.Errorf("request %+v with %q", got, body)
	}
	mustBe(t, "head", check(t, health.Spec{Target: "http://" + addr + "/", Method: "HEAD"}), health.Pass, "")
}

func TestHTTPFieldErrors(t *testing.T) {
	for _, tt := range []struct {
		name  string
		spec  health.Spec
		field string
		text  string
	}{
		{"expect", health.Spec{Expect: "statsu == 200"}, "expect", `column 1: unknown name "statsu"`},
		{"tls without tls", health.Spec{Expect: "tls.days_left > 3"}, "expect", "tls has no meaning for http"},
		{"method", health.Spec{Method: "GE T"}, "method", `"GE T" is no method`},
		{"lower method", health.Spec{Method: "get"}, "method", `"get" is not GET to a server`},
		{"connect", health.Spec{Method: "CONNECT"}, "method", "CONNECT asks for a tunnel, which no check uses"},
		{"body without method", health.Spec{Body: "x"}, "body", "a body needs a method"},
		{"path", health.Spec{Path: "/%zz"}, "path", `invalid URL escape "%zz"`},
		{"path with spaces", health.Spec{Path: "/\r\nX: 1"}, "path", "net/url: invalid control character in URL"},
		{"header name", health.Spec{Headers: map[string]string{"a b": "1"}}, "headers", `"a b" is no name of a header`},
		{"header value", health.Spec{Headers: map[string]string{"A": "secret\r\nB: 2"}}, "headers", "the value of A holds characters that no header may"},
		{"host", health.Spec{Headers: map[string]string{"Host": "a/b"}}, "headers", "the value of Host holds characters that no header may"},
		{"framing", health.Spec{Headers: map[string]string{"transfer-encoding": "chunked"}}, "headers", "Transfer-Encoding belongs to the protocol and cannot be chosen"},
		{"twice", health.Spec{Headers: map[string]string{"A": "1", "a": "2"}}, "headers", "A is given twice"},
	} {
		tt.spec.Name, tt.spec.Target = "x", "http://127.0.0.1:1/"
		probe, wrong := New(&tt.spec, Env{Net: reach.New(reach.Options{})})
		if probe != nil || len(wrong) != 1 || wrong[0].Field != tt.field || wrong[0].Reason != tt.text {
			t.Errorf("%s: %+v, want %s: %s", tt.name, wrong, tt.field, tt.text)
		}
	}
	spec := health.Spec{Name: "x", Target: "https://127.0.0.1:1/", CAFile: "/nowhere/ca.pem", Method: "(", Expect: "(", Headers: map[string]string{"(": ""}}
	if _, wrong := New(&spec, Env{Net: reach.New(reach.Options{})}); len(wrong) != 4 {
		t.Errorf("four mistakes: %+v", wrong)
	}
}

func TestHTTPBody(t *testing.T) {
	large := strings.Repeat("x", 65<<10)
	for _, tt := range []struct {
		name, answer, expect string
		verdict              health.Verdict
		reason               health.Reason
	}{
		{"a large body that nobody asks for", page(200, "", large), "", health.Pass, ""},
		{"a large body that matters", page(200, "", large), `body contains "y"`, health.Fail, health.BodyTooLarge},
		{"a large health report", page(200, healthJSON, large), "", health.Fail, health.BodyTooLarge},
		{"exactly as large as may be", page(200, "", large[:maxBody]), `len(body) == 65536`, health.Pass, ""},
		{"gzip", page(200, "Content-Encoding: gzip\r\n", packed(t, "gzip", "hello")), `body == "hello"`, health.Pass, ""},
		{"deflate", page(200, "Content-Encoding: Deflate\r\n", packed(t, "zlib", "hello")), `body == "hello"`, health.Pass, ""},
		{"bare deflate", page(200, "Content-Encoding: deflate\r\n", packed(t, "flate", "hello")), `body == "hello"`, health.Pass, ""},
		{"an empty gzip body", page(200, "Content-Encoding: gzip\r\n", ""), `body == ""`, health.Pass, ""},
		{"gzip that is none", page(200, "Content-Encoding: gzip\r\n", "hello, this is text"), "", health.Fail, health.HTTPProtocol},
		{"gzip that ends early", page(200, "Content-Encoding: gzip\r\n", packed(t, "gzip", "hello")[:12]), "", health.Fail, health.HTTPProtocol},
		{"a gzip bomb", page(200, "Content-Encoding: gzip\r\n", packed(t, "gzip", strings.Repeat("\x00", 10<<20))), `len(body) > 0`, health.Fail, health.BodyTooLarge},
		{"a gzip bomb that nobody asks for", page(200, "Content-Encoding: gzip\r\n", packed(t, "gzip", strings.Repeat("\x00", 10<<20))), "", health.Pass, ""},
		{"gzip of nothing without end", page(200, "Content-Encoding: gzip\r\n", strings.Repeat(packed(t, "gzip", ""), 20_000)), "", health.Fail, health.HTTPProtocol},
		{"an encoding that nobody knows", page(200, "Content-Encoding: br\r\n", "hello"), "", health.Pass, ""},
		{"an encoding that nobody knows, asked", page(200, "Content-Encoding: br\r\n", "hello"), `body == "hello"`, health.Fail, health.HTTPProtocol},
		{"two encodings", page(200, "Content-Encoding: gzip\r\nContent-Encoding: gzip\r\n", "hello"), `body == "hello"`, health.Fail, health.HTTPProtocol},
		{"chunks", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nhel\r\n2\r\nlo\r\n0\r\nX: y\r\n\r\n", `body == "hello"`, health.Pass, ""},
	} {
		addr := serve(t, says(tt.answer))
		r := check(t, health.Spec{Target: "http://" + addr + "/", Expect: tt.expect})
		mustBe(t, tt.name, r, tt.verdict, tt.reason)
		if r.Answer.HTTP == nil || r.Answer.HTTP.BodyBytes > maxBody {
			t.Errorf("%s: %+v", tt.name, r.Answer.HTTP)
		}
	}
}

// packed compresses a text.
func packed(t *testing.T, format, text string) string {
	t.Helper()
	var to bytes.Buffer
	var w io.WriteCloser
	switch format {
	case "gzip":
		w = gzip.NewWriter(&to)
	case "zlib":
		w = zlib.NewWriter(&to)
	default:
		w, _ = flate.NewWriter(&to, 6)
	}
	if _, err := io.WriteString(w, text); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return to.String()
}

func TestHTTPLeavesNoConnection(t *testing.T) {
	ended := make(chan error, 1)
	addr := serve(t, func(conn net.Conn) {
		io.ReadAtLeast(conn, make([]byte, 4096), 20)
		io.WriteString(conn, page(200, "", "hello"))
		_, err := conn.Read(make([]byte, 1))
		ended <- err
	})
	mustBe(t, "a check", check(t, health.Spec{Target: "http://" + addr + "/"}), health.Pass, "")
	select {
	case err := <-ended:
		if !strings.Contains(err.Error(), "connection reset") {
			t.Errorf("the server read %v, want a reset: a FIN would leave TIME_WAIT with us", err)
		}
	case <-time.After(10 * time.Second):
		t.Error("the connection is still open")
	}
}
