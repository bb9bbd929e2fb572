package probe

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

func TestTLSCertificates(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	endsIn := func(d time.Duration) func(*x509.Certificate) {
		return func(c *x509.Certificate) { c.NotAfter = time.Now().Add(d) }
	}
	for _, tt := range []struct {
		name    string
		config  *tls.Config
		spec    health.Spec
		verdict health.Verdict
		reason  health.Reason
		text    string
	}{
		{"good", ca.config(t, nil), health.Spec{}, health.Pass, "", ""},
		{"another name", ca.config(t, func(c *x509.Certificate) { c.IPAddresses = nil }), health.Spec{}, health.Fail, health.TLSName, "127.0.0.1"},
		{"asked by name", ca.config(t, func(c *x509.Certificate) { c.IPAddresses = nil }), health.Spec{ServerName: "shop.example"}, health.Pass, "", ""},
		{"asked by another name", ca.config(t, nil), health.Spec{ServerName: "bank.example"}, health.Fail, health.TLSName, "shop.example, not bank.example"},
		{"expired", ca.config(t, endsIn(-time.Minute)), health.Spec{}, health.Fail, health.TLSExpired, "has expired"},
		{"not yet", ca.config(t, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Hour) }), health.Spec{}, health.Fail, health.TLSExpired, "not yet valid"},
		{"a stranger's", stranger.config(t, nil), health.Spec{}, health.Fail, health.TLSUntrusted, "unknown authority"},
		{"for another use", ca.config(t, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), health.Spec{}, health.Fail, health.TLSUntrusted, "incompatible key usage"},
		{"ends soon", ca.config(t, endsIn(5*day+time.Hour)), health.Spec{}, health.Warn, health.TLSExpiring, "the certificate ends in 5 days, at "},
		{"ends in 15 days", ca.config(t, endsIn(15*day)), health.Spec{}, health.Pass, "", ""},
		{"ends soon, which is expected", ca.config(t, endsIn(5*day)), health.Spec{Expect: "tls.days_left > 3"}, health.Pass, "", ""},
		{"ends sooner than expected", ca.config(t, endsIn(5*day-time.Minute)), health.Spec{Expect: "tls.days_left > 7"}, health.Fail, health.ExpectationFailed, "tls.days_left is 4.99, not > 7"},
		{"ends soon, expected of time alone", ca.config(t, endsIn(5*day)), health.Spec{Expect: `took < duration("1h")`}, health.Warn, health.TLSExpiring, "the certificate ends in "},
		{"a stranger's, skipped", stranger.config(t, endsIn(5*day)), health.Spec{SkipVerify: true}, health.Pass, "", ""},
		{"expired, skipped", ca.config(t, endsIn(-time.Minute)), health.Spec{SkipVerify: true, Expect: "tls.days_left < 0"}, health.Pass, "", ""},
		{"an old version", &tls.Config{Certificates: ca.config(t, nil).Certificates, MaxVersion: tls.VersionTLS11}, health.Spec{}, health.Fail, health.TLSHandshake, "protocol version"},
		{"wants to know who we are", &tls.Config{Certificates: ca.config(t, nil).Certificates, ClientAuth: tls.RequireAnyClientCert, MaxVersion: tls.VersionTLS12}, health.Spec{}, health.Fail, health.TLSHandshake, "refused by the server: "},
	} {
		tt.spec.Target = "tls://" + serveTLS(t, tt.config)
		if !tt.spec.SkipVerify {
			tt.spec.CAFile = ca.file
		}
		r := check(t, tt.spec)
		mustBe(t, tt.name, r, tt.verdict, tt.reason)
		if !strings.Contains(string(r.Text), tt.text) {
			t.Errorf("%s: %s, want %s", tt.name, r.Text, tt.text)
		}
		if tt.reason == health.TLSHandshake {
			continue
		}
		if f := r.Answer.TLS; f == nil || f.Subject != "CN=shop,O=Shop \x1b[31m" || f.Issuer != "CN=test authority" || f.Version != "TLS 1.3" || f.Cipher == "" || f.NotAfter.IsZero() {
			t.Errorf("%s: evidence %+v", tt.name, f)
		}
		if r.Answer.Phases.TLS <= 0 || r.Answer.Phases.Connect <= 0 {
			t.Errorf("%s: phases %+v", tt.name, r.Answer.Phases)
		}
	}
}

// TestTLSIsVerifiedAnew changes what a server shows between checks: what was
// good a moment ago says nothing of another certificate.
func TestTLSIsVerifiedAnew(t *testing.T) {
	ca, stranger := newAuthority(t), newAuthority(t)
	good, renewed, bad := ca.sign(t, nil), ca.sign(t, nil), stranger.sign(t, nil)
	var shown atomic.Pointer[tls.Certificate]
	addr := serveTLS(t, &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return shown.Load(), nil }})
	probe, wrong := New(&health.Spec{Name: "x", Target: "tls://" + addr, CAFile: ca.file}, Env{Net: reach.New(reach.Options{})})
	if wrong != nil {
		t.Fatal(wrong)
	}
	for i, tt := range []struct {
		cert    *tls.Certificate
		verdict health.Verdict
		reason  health.Reason
	}{{&good, health.Pass, ""}, {&good, health.Pass, ""}, {&bad, health.Fail, health.TLSUntrusted}, {&good, health.Pass, ""}, {&renewed, health.Pass, ""}, {&bad, health.Fail, health.TLSUntrusted}} {
		shown.Store(tt.cert)
		mustBe(t, fmt.Sprintf("round %d", i), probe(t.Context()), tt.verdict, tt.reason)
	}
}

// TestTLSExpiresWhileRemembered judges a certificate that was found good again
// after its end, and for another name.
func TestTLSExpiresWhileRemembered(t *testing.T) {
	ca := newAuthority(t)
	trust, wrong := newTrust(&health.Spec{CAFile: ca.file}, "shop.example")
	if wrong != nil {
		t.Fatal(wrong)
	}
	leaf, err := x509.ParseCertificate(ca.sign(t, nil).Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	state := tls.ConnectionState{Version: tls.VersionTLS13, PeerCertificates: []*x509.Certificate{leaf}}
	now := time.Now()
	for _, tt := range []struct {
		name   string
		at     time.Time
		reason health.Reason
	}{
		{"shop.example", now, ""},
		{"shop.example", now, ""},
		{"bank.example", now, health.TLSName},
		{"shop.example", leaf.NotAfter.Add(time.Second), health.TLSExpired},
		{"shop.example", leaf.NotBefore.Add(-time.Second), health.TLSExpired},
		{"shop.example", now, ""},
	} {
		facts, err := trust.judge(state, tt.name, tt.at)
		if reason := health.Reason(""); err != nil {
			reason = distrust(err)
			if reason != tt.reason {
				t.Errorf("%s at %v: %v", tt.name, tt.at, err)
			}
		} else if tt.reason != "" {
			t.Errorf("%s at %v: found good", tt.name, tt.at)
		}
		if facts == nil || !facts.NotAfter.Equal(leaf.NotAfter) {
			t.Errorf("facts %+v", facts)
		}
	}
}

// TestTLSChain has an issuer in between that ends before what it signs.
func TestTLSChain(t *testing.T) {
	ca := newAuthority(t)
	soon := time.Now().Add(3*day + time.Hour).Truncate(time.Second)
	between, raw := ca.intermediate(t, soon)
	leaf := between.sign(t, nil)
	whole := leaf
	whole.Certificate = append(whole.Certificate, raw)
	r := check(t, health.Spec{Target: "tls://" + serveTLS(t, &tls.Config{Certificates: []tls.Certificate{whole}}), CAFile: ca.file})
	mustBe(t, "a chain", r, health.Warn, health.TLSExpiring)
	if !r.Answer.TLS.NotAfter.Equal(soon) || r.Answer.TLS.Issuer != "CN=intermediate" {
		t.Errorf("evidence %+v, want the end of the chain, %v", r.Answer.TLS, soon)
	}
	r = check(t, health.Spec{Target: "tls://" + serveTLS(t, &tls.Config{Certificates: []tls.Certificate{leaf}}), CAFile: ca.file})
	mustBe(t, "a chain with a gap", r, health.Fail, health.TLSUntrusted)
}

func TestTLSHandshakeFailures(t *testing.T) {
	for _, tt := range []struct {
		name   string
		handle func(net.Conn)
		reason health.Reason
		text   string
	}{
		{"another protocol", func(conn net.Conn) { io.WriteString(conn, "220 mail.example ESMTP\r\n"); drain(conn) }, health.TLSHandshake, "this is no TLS: first record does not look like a TLS handshake"},
		{"it closes", func(conn net.Conn) { conn.Read(make([]byte, 4096)) }, health.TLSHandshake, "the connection was closed during the TLS handshake"},
		{"it resets", func(conn net.Conn) { conn.Read(make([]byte, 4096)); conn.(*net.TCPConn).SetLinger(0) }, health.Reset, "connection reset by peer during the TLS handshake"},
		{"it is silent", drain, health.Timeout, "the time was up during the TLS handshake"},
	} {
		r := checkWithin(t, health.Spec{Target: "tls://" + serve(t, tt.handle), SkipVerify: true}, time.Second, reach.Configured())
		mustBe(t, tt.name, r, health.Fail, tt.reason)
		if !strings.HasSuffix(string(r.Text), tt.text) {
			t.Errorf("%s: %s, want %s", tt.name, r.Text, tt.text)
		}
	}
}

func TestTLSFieldErrors(t *testing.T) {
	empty := filepath.Join(t.TempDir(), "empty.pem")
	if err := os.WriteFile(empty, []byte("nothing"), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, tt := range []struct {
		spec         health.Spec
		field, error string
	}{
		{health.Spec{CAFile: "/nowhere/ca.pem"}, "ca_file", "open /nowhere/ca.pem: no such file or directory"},
		{health.Spec{CAFile: empty}, "ca_file", empty + " holds no certificate"},
		{health.Spec{SkipVerify: true, Expect: "status == 200"}, "expect", "status has no meaning for tls"},
		{health.Spec{SkipVerify: true, Expect: "tls.days == 200"}, "expect", `column 5: unknown name "days"`},
	} {
		tt.spec.Name, tt.spec.Target = "x", "tls://127.0.0.1:1"
		probe, wrong := New(&tt.spec, Env{Net: reach.New(reach.Options{})})
		if probe != nil || len(wrong) != 1 || wrong[0].Field != tt.field || wrong[0].Reason != tt.error {
			t.Errorf("%+v, want %s: %s", wrong, tt.field, tt.error)
		}
	}
}

func TestHTTPS(t *testing.T) {
	ca := newAuthority(t)
	hello := func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Protocol", r.Proto)
		w.Header().Set("X-Authority", r.Host)
		w.Header().Set("X-Accept", r.Header.Get("Accept"))
		b, _ := io.ReadAll(r.Body)
		w.WriteHeader(http.StatusOK)
		w.Write(b)
	}
	for _, tt := range []struct {
		name      string
		protocols []string
		want      string
	}{
		{"both", []string{"h2", "http/1.1"}, "HTTP/2.0"},
		{"HTTP/2 alone", []string{"h2"}, "HTTP/2.0"},
		{"HTTP/1.1 alone", []string{"http/1.1"}, "HTTP/1.1"},
	} {
		addr := serveHTTP(t, ca.config(t, nil, tt.protocols...), hello)
		r := check(t, health.Spec{
			Target: "https://" + addr + "/x", CAFile: ca.file, Method: "POST", Body: "hello", Headers: map[string]string{"Host": "shop.example"},
			Expect: fmt.Sprintf(`status == 200 and header["x-protocol"] == %q and header["x-authority"] == "shop.example" and header["x-accept"] startsWith "application/health" and body == "hello" and tls.days_left > 90`, tt.want),
		})
		mustBe(t, tt.name, r, health.Pass, "")
		if r.Answer.HTTP.Protocol != tt.want || r.Answer.HTTP.BodyBytes != 5 || r.Answer.TLS == nil {
			t.Errorf("%s: %+v", tt.name, r.Answer.HTTP)
		}
		if p := r.Answer.Phases; p.TLS <= 0 || p.Processing <= 0 {
			t.Errorf("%s: phases %+v", tt.name, p)
		}
	}
}

// TestHTTPSRefusedLate asks servers that want a certificate of ours. In TLS 1.3
// their refusal comes after the handshake.
func TestHTTPSRefusedLate(t *testing.T) {
	ca := newAuthority(t)
	for _, protocol := range []string{"h2", "http/1.1"} {
		config := ca.config(t, nil, protocol)
		config.ClientAuth = tls.RequireAnyClientCert
		addr := serve(t, func(conn net.Conn) {
			_ = tls.Server(conn, config).Handshake()
			drain(conn)
		})
		r := check(t, health.Spec{Target: "https://" + addr + "/", CAFile: ca.file})
		mustBe(t, protocol, r, health.Fail, health.TLSHandshake)
		if want := "refused by the server: remote error: tls: certificate required"; string(r.Text) != want {
			t.Errorf("%s: %s, want %s", protocol, r.Text, want)
		}
	}
}

// TestNoSystemRoots runs itself where the system trusts nobody. Package x509
// reads the system's list once, so that takes a process of its own.
func TestNoSystemRoots(t *testing.T) {
	if os.Getenv("SSL_CERT_FILE") != "/nowhere" {
		child := exec.Command(os.Args[0], "-test.run=^TestNoSystemRoots$")
		child.Env = append(os.Environ(), "SSL_CERT_FILE=/nowhere", "SSL_CERT_DIR=/nowhere")
		if out, err := child.CombinedOutput(); err != nil {
			t.Errorf("%v\n%s", err, out)
		}
		return
	}
	env := Env{Net: reach.New(reach.Options{})}
	spec := health.Spec{Name: "x", Target: "https://127.0.0.1:1/"}
	if _, wrong := New(&spec, env); len(wrong) != 1 || wrong[0].Field != "ca_file" || wrong[0].Hint == "" {
		t.Errorf("nobody is trusted: %+v", wrong)
	}
	spec.SkipVerify = true
	if _, wrong := New(&spec, env); wrong != nil {
		t.Errorf("nobody needs to be trusted: %+v", wrong)
	}
	spec = health.Spec{Name: "x", Target: "tls://127.0.0.1:1", CAFile: newAuthority(t).file}
	if _, wrong := New(&spec, env); wrong != nil {
		t.Errorf("somebody is trusted: %+v", wrong)
	}
}
