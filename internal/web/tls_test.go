package web

import (
	"bufio"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"
)

// certificate makes one for localhost that is its own authority, of a serial
// number.
func certificate(t *testing.T, serial int64) *tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), DNSNames: []string{"localhost"}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// secured are the options of a server that speaks TLS, and a way to change its
// certificate.
func secured(t *testing.T) (Options, *atomic.Pointer[tls.Certificate]) {
	t.Helper()
	var current atomic.Pointer[tls.Certificate]
	current.Store(certificate(t, 1))
	return Options{TLS: &tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return current.Load(), nil }}}, &current
}

// client does not look at certificates: these tests are about the server.
func tlsClient(addr string, config *tls.Config) *http.Client {
	config.InsecureSkipVerify = true
	return &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{DialContext: from(addr).DialContext, TLSClientConfig: config, ForceAttemptHTTP2: true}}
}

func TestTLS(t *testing.T) {
	o, current := secured(t)
	s := busyWorld(time.Now()).server(o)
	target := serve(t, s)
	resp, err := tlsClient("127.0.0.1", &tls.Config{}).Get("https://" + target + "/")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || resp.StatusCode != 200 || !strings.Contains(string(body), "</html>") {
		t.Errorf("the page answers %d, %v", resp.StatusCode, err)
	}
	if resp.ProtoMajor != 1 || resp.TLS.Version != tls.VersionTLS13 {
		t.Errorf("it speaks %s by TLS %x", resp.Proto, resp.TLS.Version)
	}
	current.Store(certificate(t, 2))
	again, err := tlsClient("127.0.0.1", &tls.Config{MaxVersion: tls.VersionTLS12}).Get("https://" + target + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	again.Body.Close()
	if n := again.TLS.PeerCertificates[0].SerialNumber.Int64(); n != 2 || again.TLS.Version != tls.VersionTLS12 {
		t.Errorf("the new certificate is not shown: number %d, by TLS %x", n, again.TLS.Version)
	}
	if _, err := tlsClient("127.0.0.1", &tls.Config{MaxVersion: tls.VersionTLS11}).Get("https://" + target + "/"); err == nil {
		t.Error("it speaks TLS 1.1")
	}
	plain, err := http.Get("http://" + target + "/")
	if err != nil {
		t.Fatal(err)
	}
	plain.Body.Close()
	if plain.StatusCode != http.StatusBadRequest {
		t.Errorf("to plain HTTP it answers %d", plain.StatusCode)
	}
}

// TestStreamsByTLS outlive the limits and are in their own pool.
func TestStreamsByTLS(t *testing.T) {
	o, _ := secured(t)
	w := busyWorld(time.Now())
	s := w.server(o)
	s.wait.read, s.wait.write = 400*time.Millisecond, 400*time.Millisecond
	target := serve(t, s)
	resp, err := tlsClient("127.0.0.1", &tls.Config{}).Get("https://" + target + "/events/stream?kind=generation")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if !within(5*time.Second, func() bool { s.gate.mu.Lock(); defer s.gate.mu.Unlock(); return s.gate.count == 0 }) {
		t.Errorf("%d connections are counted though there is only a stream", s.gate.count)
	}
	lines := bufio.NewReader(resp.Body)
	for begin := time.Now(); time.Since(begin) < time.Second; w.look() {
		if _, err := lines.ReadString('\n'); err != nil {
			t.Fatalf("the stream ended: %v", err)
		}
	}
}

// TestCrowdsOfHandshakes: those that say nothing, half a greeting, or make a
// handshake and then nothing, keep nobody out and are cut off like slow headers.
func TestCrowdsOfHandshakes(t *testing.T) {
	needFiles(t)
	hello := "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" // and then five hundred bytes that never come
	for name, part := range map[string]string{"silent": "", "half a greeting": hello, "plain HTTP that is slow": slowHeader} {
		t.Run(name, func(t *testing.T) {
			o, _ := secured(t)
			s := busyWorld(time.Now()).server(o)
			target := serve(t, s)
			crowd(t, target, "127.0.0.2", part, 500)
			for i := range 20 {
				crowd(t, target, "127.0.1."+string(rune('1'+i%9)), part, 24)
			}
			for _, addr := range []string{"127.0.0.2", "127.0.0.9"} {
				best := time.Hour
				for range 5 {
					begin := time.Now()
					resp, err := tlsClient(addr, &tls.Config{}).Get("https://" + target + "/")
					if err != nil {
						t.Fatalf("the page does not answer %s: %v", addr, err)
					}
					resp.Body.Close()
					best = min(best, time.Since(begin))
				}
				if best > 200*time.Millisecond {
					t.Errorf("the page took %v for %s", best, addr)
				}
			}
		})
	}
	o, _ := secured(t)
	s := busyWorld(time.Now()).server(o)
	s.wait.header = 300 * time.Millisecond
	c, err := net.Dial("tcp", serve(t, s))
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetReadDeadline(time.Now().Add(10 * time.Second))
	if _, err := io.ReadAll(c); err != nil {
		t.Errorf("a silent handshake is not cut off: %v", err)
	}
}
