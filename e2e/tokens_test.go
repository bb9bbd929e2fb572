package e2e

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// certified writes a certificate of a serial number for an address, and its
// key, over those that are there.
func certified(t *testing.T, dir, address string, serial int64) (cert, key string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(serial), IPAddresses: []net.IP{net.ParseIP(address)}, NotAfter: time.Now().Add(time.Hour), IsCA: true, BasicConstraintsValid: true}
	public, err := x509.CreateCertificate(rand.Reader, template, template, &private.PublicKey, private)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	cert, key = filepath.Join(dir, "cert.pem"), filepath.Join(dir, "key.pem")
	for file, block := range map[string]*pem.Block{cert: {Type: "CERTIFICATE", Bytes: public}, key: {Type: "PRIVATE KEY", Bytes: secret}} {
		if err := os.WriteFile(file, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return cert, key
}

// TestFromElsewhere is a server for other machines as it is meant to be: by TLS
// and tokens, which come and go while it runs.
func TestFromElsewhere(t *testing.T) {
	here, caller, dir := newNetns(t), newNetns(t), t.TempDir()
	here.join("eth0", caller, "eth0")
	here.ip("addr add 192.0.2.1/24 dev eth0")
	caller.ip("addr add 192.0.2.2/24 dev eth0")
	cert, key := certified(t, dir, "192.0.2.1", 1)
	file := write(t, "portreeve.yaml", fmt.Sprintf("listen: 192.0.2.1:9860\ndatabase: 'memory:'\nauth: {tokens_file: %s/tokens, tls_cert: %s, tls_key: %s}\n", dir, cert, key))
	token := func(args ...string) string {
		out, errs, code := run(t, nil, append([]string{"token", "--config", file}, args...)...)
		if code != 0 {
			t.Fatalf("token %v: %s", args, errs)
		}
		return strings.TrimSpace(out)
	}
	var at string
	here.do(func() error {
		at = strings.TrimRight(pageURL.FindString(start(t, nil, filepath.Join(bin, "portreeve"), "serve", "--config", file).line()), "/")
		return nil
	})
	if at != "https://192.0.2.1:9860" {
		t.Fatalf("the page is at %s", at)
	}
	get := func(path, authorization string) (int, *tls.ConnectionState) {
		client := &http.Client{Timeout: 10 * time.Second, Transport: &http.Transport{
			DisableKeepAlives: true, TLSClientConfig: &tls.Config{InsecureSkipVerify: true},
			DialContext: func(_ context.Context, _, address string) (net.Conn, error) { return caller.dial(address) },
		}}
		req, err := http.NewRequest("GET", at+path, nil)
		if err != nil {
			t.Fatal(err)
		}
		if authorization != "" {
			req.Header.Set("Authorization", authorization)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		resp.Body.Close()
		return resp.StatusCode, resp.TLS
	}
	admin, err := os.ReadFile(filepath.Join(dir, "tokens.admin"))
	if err != nil {
		t.Fatal(err)
	}
	reader := token("add", "prometheus")
	eventually(t, 5*time.Second, func() string {
		if code, _ := get("/metrics", "Bearer "+reader); code != 200 {
			return fmt.Sprintf("a new token: %d", code)
		}
		return ""
	})
	if code, _ := get("/", "Bearer prt_"+strings.Repeat("x", 43)); code != 401 && code != 429 { // as often as reader was tried too early
		t.Errorf("a wrong token: %d", code)
	}
	for authorization, want := range map[string]int{"": 401, "Bearer " + strings.TrimSpace(string(admin)): 200, "Bearer " + reader: 200} {
		for _, path := range []string{"/", "/metrics", "/healthz", "/api/v1/machine", "/sd/checks"} {
			if code, _ := get(path, authorization); code != want {
				t.Errorf("%s with %.14q: %d, want %d", path, authorization, code, want)
			}
		}
	}
	if listed := token("list"); strings.Contains(listed, reader) || !strings.Contains(listed, "prometheus  read") {
		t.Errorf("list: %s", listed)
	}
	token("remove", "prometheus")
	eventually(t, 5*time.Second, func() string {
		if code, _ := get("/", "Bearer "+reader); code == 200 {
			return "a token that was removed still holds"
		}
		return ""
	})
	certified(t, dir, "192.0.2.1", 2)
	eventually(t, 20*time.Second, func() string {
		if _, state := get("/", "Bearer "+reader); state.PeerCertificates[0].SerialNumber.Int64() != 2 {
			return "the renewed certificate is not shown"
		}
		return ""
	})
}

// TestOpenToOthersOnPurposeOnly: no tokens and TLS, no other address.
func TestOpenToOthersOnPurposeOnly(t *testing.T) {
	_, errs, code := run(t, nil, "serve", "--listen", "0.0.0.0:0", "--database", "memory:")
	if code == 0 || !strings.Contains(errs, "0.0.0.0") || !strings.Contains(errs, "hint") {
		t.Errorf("exit %d: %s", code, errs)
	}
}
