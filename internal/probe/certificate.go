package probe

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"math"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// expiryWarning is how long before its end a certificate begins to be warned
// of.
const expiryWarning = 14 * 24 * time.Hour

// A verified is a certificate that was found to be good, as long as time alone
// does not change that. Verifying costs as much as the handshake itself, and
// most servers show the same certificate for months.
type verified struct {
	name        string
	shown       [sha256.Size]byte
	since, till time.Time
	tls         health.TLS
}

// is reports whether v says that the same certificates, shown for the same name
// over the same kind of connection, are still good.
func (v *verified) is(state tls.ConnectionState, name string, now time.Time) bool {
	return v != nil && v.name == name &&
		v.tls.Version == tls.VersionName(state.Version) && v.tls.Cipher == tls.CipherSuiteName(state.CipherSuite) && v.tls.ALPN == state.NegotiatedProtocol &&
		!now.Before(v.since) && !now.After(v.till) &&
		v.shown == fingerprint(state.PeerCertificates)
}

// fingerprint returns the hash of certificates, one after the other: each tells
// its own length.
func fingerprint(shown []*x509.Certificate) (sum [sha256.Size]byte) {
	h := sha256.New()
	for _, c := range shown {
		h.Write(c.Raw)
	}
	h.Sum(sum[:0])
	return sum
}

// newVerified remembers a chain that was found to be good.
func newVerified(state tls.ConnectionState, name string, chain []*x509.Certificate) *verified {
	v := &verified{name: name, shown: fingerprint(state.PeerCertificates), since: chain[0].NotBefore, till: ends(chain), tls: *tlsFacts(state, chain)}
	for _, c := range chain {
		if c.NotBefore.After(v.since) {
			v.since = c.NotBefore
		}
	}
	return v
}

// tlsFacts writes down what a handshake showed. The chain begins with the
// server's own certificate.
func tlsFacts(state tls.ConnectionState, chain []*x509.Certificate) *health.TLS {
	leaf := chain[0]
	return &health.TLS{
		Version:  tls.VersionName(state.Version),
		Cipher:   tls.CipherSuiteName(state.CipherSuite),
		ALPN:     state.NegotiatedProtocol,
		Subject:  clipped(subject(leaf), maxText),
		Issuer:   clipped(leaf.Issuer.String(), maxText),
		NotAfter: ends(chain),
	}
}

// subject returns whom a certificate is for. Most no longer carry a subject,
// but names.
func subject(c *x509.Certificate) string {
	if s := c.Subject.String(); s != "" {
		return s
	}
	names := slices.Clone(c.DNSNames)
	for _, ip := range c.IPAddresses {
		names = append(names, ip.String())
	}
	if len(names) == 0 {
		return ""
	}
	return names[0]
}

// ends returns when the first of a chain's certificates ends.
func ends(chain []*x509.Certificate) time.Time {
	return slices.MinFunc(chain, func(a, b *x509.Certificate) int { return a.NotAfter.Compare(b.NotAfter) }).NotAfter
}

// longest returns the chain that ends last. A certificate that is signed twice,
// once by a root that ends soon, is as good as its better chain.
func longest(chains [][]*x509.Certificate) []*x509.Certificate {
	return slices.MaxFunc(chains, func(a, b []*x509.Certificate) int { return ends(a).Compare(ends(b)) })
}

// daysLeft returns the days until a certificate ends, to two digits.
func daysLeft(t *health.TLS, now time.Time) float64 {
	return math.Floor(t.NotAfter.Sub(now).Hours()/24*100) / 100
}
