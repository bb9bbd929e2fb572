package probe

import (
	"bufio"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"
	"unicode"

	"pgregory.net/rapid"

	"github.com/portreeve/portreeve/internal/health"
)

// An echo is a way in which a server repeats what it was told, so that the
// words would find their way into a result.
type echo struct {
	name, expect string
	redirects    int
	verdict      health.Verdict
	answer       func(secret string) string
}

func echoes() []echo {
	raw := func(format string) func(string) string {
		return func(secret string) string { return strings.ReplaceAll(format, "SECRET", secret) }
	}
	inBody := func(write func(string) string) func(string) string {
		return func(secret string) string { return page(200, "", write(secret)) }
	}
	inJSON := func(secret string) string {
		b, _ := json.Marshal(map[string]any{"status": secret, "list": []string{"a", secret}})
		return string(b)
	}
	return []echo{
		{"a header line without a colon", "", 0, health.Fail, raw("HTTP/1.1 200 OK\r\nSECRET\r\n\r\n")},
		{"a status that is none", "", 0, health.Fail, raw("HTTP/1.1 SECRET OK\r\n\r\n")},
		{"no HTTP at all", "", 0, health.Fail, raw("SECRET\r\n\r\n")},
		{"a protocol that is none", "", 0, health.Fail, raw("SECRET 200 OK\r\n\r\n")},
		{"a length that is none", "", 0, health.Fail, raw("HTTP/1.1 200 OK\r\nContent-Length: SECRET\r\n\r\n")},
		{"another transfer encoding", "", 0, health.Fail, raw("HTTP/1.1 200 OK\r\nTransfer-Encoding: SECRET\r\n\r\n")},
		{"an encoding", `body == ""`, 0, health.Fail, raw("HTTP/1.1 200 OK\r\nContent-Encoding: SECRET\r\nContent-Length: 1\r\n\r\na")},
		{"a type", "", 0, health.Pass, raw("HTTP/1.1 200 OK\r\nContent-Type: SECRET\r\nContent-Length: 0\r\n\r\n")},
		{"a place", "", 0, health.Fail, raw("HTTP/1.1 302 x\r\nLocation: SECRET\r\nContent-Length: 0\r\n\r\n")},
		{"a place too often", "", 1, health.Fail, raw("HTTP/1.1 302 x\r\nLocation: ?SECRET\r\nContent-Length: 0\r\n\r\n")},
		{"a place that is no URL", "", 1, health.Fail, raw("HTTP/1.1 302 x\r\nLocation: http://[::1/%zzSECRET\r\nContent-Length: 0\r\n\r\n")},
		{"a place with a bad port", "", 1, health.Fail, raw("HTTP/1.1 302 x\r\nLocation: http://127.0.0.1:0/SECRET\r\nContent-Length: 0\r\n\r\n")},
		{"a place of another scheme", "", 1, health.Fail, raw("HTTP/1.1 302 x\r\nLocation: ftp://127.0.0.1/SECRET\r\nContent-Length: 0\r\n\r\n")},
		{"a user in a place", "", 1, health.Fail, raw("HTTP/1.1 302 x\r\nLocation: http://user:SECRET@[::1/\r\nContent-Length: 0\r\n\r\n")},
		{"a place with it escaped", "", 0, health.Fail, func(secret string) string {
			return page(302, "Location: /login?then="+url.QueryEscape("/?a="+url.PathEscape(secret))+"\r\n", "")
		}},
		{"a header", `header["x-a"] == "b"`, 0, health.Fail, raw("HTTP/1.1 200 OK\r\nX-A: SECRET\r\nContent-Length: 0\r\n\r\n")},
		{"a header, half of it", `header["x-a"][0:20] == "b"`, 0, health.Fail, raw("HTTP/1.1 200 OK\r\nX-A: xxxx SECRET\r\nContent-Length: 0\r\n\r\n")},
		{"a member", `json.status == "OK"`, 0, health.Fail, inBody(inJSON)},
		{"what has no members", `json.status.a.b == "OK"`, 0, health.Fail, inBody(inJSON)},
		{"a list", `json.list == ["b"]`, 0, health.Fail, inBody(inJSON)},
		{"an element", `all(json.list, # == "a")`, 0, health.Fail, inBody(inJSON)},
		{"a body", `body == "b"`, 0, health.Fail, inBody(raw("you sent SECRET!"))},
		{"a body that is cut within it", `body == "b"`, 0, health.Fail, inBody(func(secret string) string {
			return strings.Repeat("x", max(0, 80-len(secret)/2)) + secret
		})},
		{"a body of JSON", `body == "b"`, 0, health.Fail, inBody(inJSON)},
		{"a page", `body contains "b is well"`, 0, health.Fail, inBody(html.EscapeString)},
		{"a body that is no JSON", `json.status == "OK"`, 0, health.Fail, inBody(raw("SECRET"))},
		{"a health report", "", 0, health.Warn, func(secret string) string { return page(200, healthJSON, inJSON(secret)) }},
		{"every field of a health report", "", 0, health.Warn, func(secret string) string { return page(200, healthJSON, inReport(secret)) }},
		{"every field of one with a bad status", "", 0, health.Fail, func(secret string) string { return page(503, healthJSON, inReport(secret)) }},
		{"a health report that is cut within it", "", 0, health.Warn, func(secret string) string {
			return page(200, healthJSON, inJSON(strings.Repeat("x", max(0, maxText-len(secret)/2))+secret))
		}},
	}
}

// inReport repeats a secret wherever a health report has room for it.
func inReport(secret string) string {
	one := map[string]any{"status": "warn", "componentId": secret, "observedValue": secret, "observedUnit": "x " + secret, "output": secret, "affectedEndpoints": []string{"/a", "/" + secret}}
	b, _ := json.Marshal(map[string]any{
		"status": "warn", "serviceId": secret, "releaseId": "1-" + secret, "version": secret, "output": strings.Repeat("x", max(0, maxText-len(secret)/2)) + secret,
		"checks": map[string]any{secret: []any{one}, "plain": map[string]any{"observedValue": map[string]string{"token": secret}}},
	})
	return string(b)
}

// echoing is a server that repeats the credentials or else the body it is sent.
func echoing(t testing.TB, e echo) string {
	return serve(t, func(conn net.Conn) {
		r, err := http.ReadRequest(bufio.NewReader(conn))
		if err != nil {
			return
		}
		said := r.Header.Get("Authorization")
		if said == "" {
			b, _ := io.ReadAll(r.Body)
			said = string(b)
		}
		io.WriteString(conn, e.answer(said))
		conn.(*net.TCPConn).CloseWrite()
		drain(conn)
	})
}

// mustNotTell looks for a secret in everything that is made of a result: as
// it is, and as escapes and capitals have it.
func mustNotTell(t testing.TB, what string, r health.Result, canaries ...string) {
	t.Helper()
	b, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	for v, ok := plain(string(b)), true; ok; v, ok = v.unescaped() {
		for _, canary := range canaries {
			if strings.Contains(folded(v.text), folded(canary)) {
				t.Errorf("%s tells %q: %s", what, canary, b)
			}
		}
	}
}

func TestHTTPTellsNoSecrets(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte("watchman:hunter2secret"))
	for _, e := range echoes() {
		addr := echoing(t, e)
		for _, tt := range []struct {
			header, body string
			canaries     []string
		}{
			{header: "hunter2secret", canaries: []string{"hunte", "ecret"}},
			{header: "Bearer hunter2secret", canaries: []string{"hunte", "ecret"}},
			{header: "Basic " + basic, canaries: []string{basic[:12], basic[12:24], "hunte"}},
			{header: `Digest name="hunter2secret", key="a\"b<&>%41'c"`, canaries: []string{"hunte", "ecret", `a"b<&>A'c`}},
			{header: "Bearer " + strings.Repeat("hunter2secret", 40), canaries: []string{"hunter2secret"}},
			{body: "hunter2secret", canaries: []string{"hunte", "ecret"}},
			{body: `{"name":"watchman","password":"hunter2secret"}`, canaries: []string{"hunte", "ecret"}},
			{body: "name=watchman&password=hunter2secret", canaries: []string{"hunte", "ecret"}},
		} {
			spec := health.Spec{Target: "http://" + addr + "/", Expect: e.expect, Redirects: e.redirects}
			if tt.header != "" {
				spec.Headers = map[string]string{"Authorization": tt.header}
			} else {
				spec.Method, spec.Body = "POST", tt.body
			}
			r := check(t, spec)
			mustNotTell(t, e.name+" of "+tt.header+tt.body, r, tt.canaries...)
			if r.Verdict != e.verdict && !(e.redirects > 0 && tt.body != "") {
				t.Errorf("%s of %s%s: %s %s, want %s", e.name, tt.header, tt.body, r.Verdict, r.Text, e.verdict)
			}
		}
	}
}

// TestHTTPTellsDecodedSecrets has servers repeat what they understood and not
// what they were sent.
func TestHTTPTellsDecodedSecrets(t *testing.T) {
	for _, tt := range []struct{ name, header, body, understood string }{
		{"the password of Basic", "Basic " + base64.StdEncoding.EncodeToString([]byte("ann:pass")), "", "pass"},
		{"the user of Basic", "Basic " + base64.StdEncoding.EncodeToString([]byte("anna:pass")), "", "anna"},
		{"both", "Basic " + base64.RawStdEncoding.EncodeToString([]byte("ann:pass word")), "", "ann:pass word"},
		{"a cookie", "theme=dark; session=k3jx82hw", "", "k3jx82hw"},
		{"a member", "", `{"password":"k3j\"x\u003c2hw"}`, `k3j"x<2hw`},
		{"a field", "", "user=ann&password=k3j%26x+82hw", "k3j&x 82hw"},
		{"a short password", "", `{"login":{"name":"ann","password":"pass"}}`, "pass"},
		{"a short password in a form", "", "user=ann&password=pa%73s", "pass"},
		{"a line", "", "first\nk3jx 82hw\nlast", "k3jx 82hw"},
	} {
		addr := serve(t, says(page(200, "Content-Type: "+tt.understood+"\r\n", "it is "+tt.understood)))
		spec := health.Spec{Target: "http://" + addr + "/", Expect: `body == "b"`, Method: "POST", Body: tt.body}
		if tt.header != "" {
			spec.Headers = map[string]string{"X-Any": tt.header}
		}
		r := check(t, spec)
		mustBe(t, tt.name, r, health.Fail, health.ExpectationFailed)
		mustNotTell(t, tt.name, r, tt.understood)
		if !strings.HasPrefix(string(r.Text), `body is "it is …`) {
			t.Errorf("%s: %s", tt.name, r.Text)
		}
	}
}

func TestHide(t *testing.T) {
	spec := &health.Spec{Headers: map[string]string{
		"Authorization": "Bearer größe-hunter2", "X-Short": "abc", "X-Four": "abcd", "Accept": "application/json", "Host": "shop.example",
	}}
	for _, tt := range []struct{ name, text, want string }{
		{"nothing", "json.status is \"BAD\", not \"OK\"", "json.status is \"BAD\", not \"OK\""},
		{"what is public", "application/json of shop.example", "application/json of shop.example"},
		{"what is too short", "abc", "abc"},
		{"four bytes", "is abcd", "is …"},
		{"the whole", "Authorization: Bearer größe-hunter2.", "Authorization: …."},
		{"twice and next to each other", "abcdabcd xabcd", "… x…"},
		{"whole characters", "öße-hunter2", "…"},
		{"most of it", "the größe-hunt", "the…"},
		{"capitals", "GRößE-HUNTER2", "…"},
		{"escapes", `gr\u00f6\u00dfe-hunter2 to gr%C3%B6%c3%9Fe%2Dhunter2`, "… to…"},
		{"escapes of escapes", `gr%25C3%25B6%25C3%259Fe-hunter2`, "…"},
		{"a user", "to http://a:b@c/d", "to http://…@c/d"},
		{"a user of no URL", "to //a:b c/@d@e", "to //…@e"},
		{"no user", `<a href="//c/d">a@b`, `<a href="//c/d">a@b`},
		{"parameters", "/?id=1&Access_Token=xyz&page=2;key=%20#a", "/?id=1&Access_Token=…&page=2;key=…#a"},
		{"an escaped parameter", "/?then=%2F%3Ftoken%3Dxyz%26page%3D2", "/?then=%2F%3Ftoken%3D…%26page%3D2"},
	} {
		if got := secretsOf(spec).Hide(tt.text); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	long := strings.Repeat("x", maxSeen-5) + "größe-hunter2"
	if got := secretsOf(spec).Hide(long); len(got) > maxSeen || strings.Contains(got, "gr") {
		t.Errorf("a long text ends in %q", got[len(got)-20:])
	}
}

// TestHideInTime has a server repeat what repeats itself, which is what costs
// the most to compare: milliseconds, and not minutes.
func TestHideInTime(t *testing.T) {
	for _, unit := range []string{"a", "abc", "abcdefghijk", "aaaaaaab", `\\`, "%25"} {
		long := strings.Repeat(unit, maxBody/len(unit))
		s := secretsOf(&health.Spec{Body: long})
		began := time.Now()
		if got := s.Hide(long); strings.Contains(got, unit) {
			t.Errorf("%q is shown: %s", unit, clipped(got, maxText))
		}
		if took := time.Since(began); took > 5*time.Second {
			t.Errorf("%q took %v", unit, took)
		} else {
			t.Logf("%q took %v", unit, took)
		}
	}
}

func TestSecretsOfCertificates(t *testing.T) {
	s := secretsOf(&health.Spec{Headers: map[string]string{"X-A": "hunter2secret"}})
	shared := &health.TLS{Version: "TLS 1.3", Subject: "CN=hunter2secret", Issuer: "CN=b"}
	if got := s.shownTLS(shared); got.Subject != "CN=…" || got.Issuer != "CN=b" || got.Version != "TLS 1.3" || shared.Subject != "CN=hunter2secret" {
		t.Errorf("%+v of %+v", got, shared)
	}
	if other := (&health.TLS{Subject: "CN=a"}); s.shownTLS(other) != other || s.shownTLS(nil) != nil {
		t.Error("facts without secrets are copied")
	}
}

// TestAnySecretIsHidden draws secrets and has them echoed in each way.
func TestAnySecretIsHidden(t *testing.T) {
	printable := rapid.RuneFrom(nil, unicode.L, unicode.N, unicode.P, unicode.S, &unicode.RangeTable{R16: []unicode.Range16{{Lo: ' ', Hi: '~', Stride: 1}}, LatinOffset: 1})
	all := echoes()
	rapid.Check(t, func(t *rapid.T) {
		isLong := func(s string) bool { return len(s) >= minPart }
		secret := rapid.Map(rapid.StringOfN(printable, minPart, 60, 200), strings.TrimSpace).Filter(isLong).Draw(t, "secret")
		before, after := rapid.String().Draw(t, "before"), rapid.String().Draw(t, "after")
		e := rapid.SampledFrom(all).Draw(t, "echo")
		s := secretsOf(&health.Spec{Headers: map[string]string{"Authorization": secret}})
		text := before + e.answer(secret) + after
		for name, form := range map[string]string{"as it is": text, "quoted": fmt.Sprintf("%q", text), "quoted twice": fmt.Sprintf("%q", fmt.Sprintf("%q", text))} {
			got := string(s.shown(form))
			if strings.Contains(folded(got), folded(secret)) {
				t.Fatalf("%s: %q tells %q", name, got, secret)
			}
		}
	})
}

// FuzzHide looks for whatever is hidden in what is shown.
func FuzzHide(f *testing.F) {
	f.Add("Bearer hunter2secret", "hunter2secret", `is "`, `"%zz\`)
	f.Add("größe+%41\\", "\u00fc", "%25", "@//a:b@")
	f.Fuzz(func(t *testing.T, header, body, before, after string) {
		s := secretsOf(&health.Spec{Headers: map[string]string{"X-A": header}, Body: body})
		for _, secret := range []string{strings.TrimSpace(header), strings.TrimSpace(body)} {
			if len(secret) < minSecret || strings.Contains(folded(hidden), folded(secret)) {
				continue
			}
			got := s.Hide(before + secret + after)
			if strings.Contains(folded(got), folded(secret)) {
				t.Errorf("%q tells %q", got, secret)
			}
		}
	})
}

// BenchmarkHide measures what a good answer costs, and what a bad one does.
func BenchmarkHide(b *testing.B) {
	own := secretsOf(&health.Spec{Headers: map[string]string{"Authorization": "Bearer 0123456789abcdef0123456789abcdef", "X-Shop": "blue"}})
	long := strings.Repeat(`{"status":"0123\u0041 %41"}`, 1000)
	for name, s := range map[string]secrets{"none": nil, "two": own} {
		for kind, text := range map[string]string{"type": "application/json; charset=utf-8", "long": long} {
			b.Run(name+"/"+kind, func(b *testing.B) {
				b.ReportAllocs()
				for b.Loop() {
					s.Hide(text)
				}
			})
		}
	}
}
