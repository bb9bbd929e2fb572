package probe

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"os"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A trust shakes hands with servers and decides whether they are who they must
// be. It is safe for concurrent use.
type trust struct {
	config *tls.Config // of the target's host
	host   string      // the target's
	name   string      // that its certificate must have
	roots  *x509.CertPool
	skip   bool
	last   atomic.Pointer[verified]
}

// newTrust returns what a check's options say of TLS. The file of roots is
// read now; a changed one is read when the check is made anew.
func newTrust(spec *health.Spec, host string, protocols ...string) (*trust, []health.FieldError) {
	t := &trust{host: host, name: host, skip: spec.SkipVerify}
	if spec.ServerName != "" {
		t.name = spec.ServerName
	}
	var wrong []health.FieldError
	if spec.CAFile != "" {
		roots, err := readRoots(spec.CAFile)
		if err != nil {
			wrong = append(wrong, health.FieldError{Field: "ca_file", Reason: err.Error(), Hint: "name a file of certificates in PEM form"})
		}
		t.roots = roots
	} else if !spec.SkipVerify && !hasSystemRoots() {
		wrong = append(wrong, health.FieldError{
			Field:  "ca_file",
			Reason: "this machine has no list of certificate authorities to trust",
			Hint:   "install ca-certificates, or name a file of certificates",
		})
	}
	// The certificate is judged after the handshake and before a byte of ours is
	// sent: so what it says of itself is known even when it is not good.
	t.config = &tls.Config{ServerName: t.name, NextProtos: protocols, InsecureSkipVerify: true}
	return t, wrong
}

// readRoots reads the certificates to trust.
func readRoots(file string) (*x509.CertPool, error) {
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots := x509.NewCertPool()
	if !roots.AppendCertsFromPEM(pem) {
		return nil, errors.New(file + " holds no certificate")
	}
	return roots, nil
}

// hasSystemRoots reports whether the system trusts anybody. Without that every
// server would look untrusted, which would be no fault of theirs.
func hasSystemRoots() bool {
	roots, err := x509.SystemCertPool()
	return err == nil && !roots.Equal(x509.NewCertPool())
}

// handshake makes a secure connection of one that stands. The error is about
// the handshake or about the certificate; in the latter case there are facts.
func (t *trust) handshake(conn net.Conn, host string) (*tls.Conn, *health.TLS, error) {
	config, name := t.config, t.name
	if host != t.host {
		config, name = config.Clone(), host
		config.ServerName = host
	}
	secure := tls.Client(conn, config)
	if err := secure.Handshake(); err != nil {
		return nil, nil, err
	}
	facts, err := t.judge(secure.ConnectionState(), name, time.Now())
	return secure, facts, err
}

// judge decides whether the certificates that were shown are good for a name at
// a time.
func (t *trust) judge(state tls.ConnectionState, name string, now time.Time) (*health.TLS, error) {
	if last := t.last.Load(); last.is(state, name, now) {
		return &last.tls, nil
	}
	shown := state.PeerCertificates
	if t.skip {
		return tlsFacts(state, shown[:1]), nil
	}
	between := x509.NewCertPool()
	for _, c := range shown[1:] {
		between.AddCert(c)
	}
	chains, err := shown[0].Verify(x509.VerifyOptions{Roots: t.roots, Intermediates: between, DNSName: name, CurrentTime: now})
	if err != nil {
		return tlsFacts(state, shown[:1]), err
	}
	v := newVerified(state, name, longest(chains))
	t.last.Store(v)
	return &v.tls, nil
}

// distrust returns the reason for which a certificate is not good.
func distrust(err error) health.Reason {
	var name x509.HostnameError
	var invalid x509.CertificateInvalidError
	switch {
	case errors.As(err, &name):
		return health.TLSName
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return health.TLSExpired
	}
	return health.TLSUntrusted
}
