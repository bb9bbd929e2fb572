package probe

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// An issuer signs certificates for tests.
type issuer struct {
	cert *x509.Certificate
	key  *ecdsa.PrivateKey
	file string // its certificate, in PEM form
}

const day = 24 * time.Hour

// newAuthority makes an authority that lives as long as the test, and longer.
func newAuthority(t testing.TB) *issuer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &issuer{key: key, file: filepath.Join(t.TempDir(), "ca.pem")}
	a.cert = &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "test authority"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(1000 * day), KeyUsage: x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, a.cert, a.cert, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(a.file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
	return a
}

// sign makes a certificate for 127.0.0.1 and shop.example that differs from a
// good one by what change does.
func (a *issuer) sign(t testing.TB, change func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	c := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "shop", Organization: []string{"Shop \x1b[31m"}},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(100 * day),
		DNSNames: []string{"shop.example"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
	}
	if change != nil {
		change(c)
	}
	der, err := x509.CreateCertificate(rand.Reader, c, a.cert, &key.PublicKey, a.key)
	if err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}

// config is a server's with one certificate.
func (a *issuer) config(t testing.TB, change func(*x509.Certificate), protocols ...string) *tls.Config {
	return &tls.Config{Certificates: []tls.Certificate{a.sign(t, change)}, NextProtos: protocols}
}

// serveTLS shakes hands with each connection and waits for its end.
func serveTLS(t testing.TB, config *tls.Config) string {
	return serve(t, func(conn net.Conn) {
		secure := tls.Server(conn, config)
		if secure.Handshake() == nil {
			drain(secure)
		}
	})
}

// intermediate makes an issuer that a signs, and returns it with its
// certificate.
func (a *issuer) intermediate(t testing.TB, ends time.Time) (*issuer, []byte) {
	t.Helper()
	signed := a.sign(t, func(c *x509.Certificate) {
		c.Subject, c.NotAfter = pkix.Name{CommonName: "intermediate"}, ends
		c.IsCA, c.BasicConstraintsValid, c.KeyUsage = true, true, x509.KeyUsageCertSign
	})
	cert, err := x509.ParseCertificate(signed.Certificate[0])
	if err != nil {
		t.Fatal(err)
	}
	return &issuer{cert: cert, key: signed.PrivateKey.(*ecdsa.PrivateKey)}, cert.Raw
}
