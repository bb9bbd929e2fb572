package mirror

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"os"
	"syscall"
)

// How much a connection is protected, as libpq names it
// (https://www.postgresql.org/docs/current/libpq-ssl.html).
const (
	disable    = "disable"
	prefer     = "prefer"      // TLS when the server has it; nobody is verified
	require    = "require"     // TLS, nobody is verified unless roots are given
	verifyCA   = "verify-ca"   // TLS, and the certificate is trusted
	verifyFull = "verify-full" // and it is the host's
)

func sslModes() []string { return []string{disable, prefer, require, verifyCA, verifyFull} }

// tlsFiles say how a connection is protected, and with which files.
type tlsFiles struct {
	mode             string // empty: prefer
	roots, cert, key string
}

// config returns the TLS that a connection to host begins with, and nil for
// none; plain says that it may go on without where the server has none.
func (f tlsFiles) config(host string) (config *tls.Config, plain bool, err error) {
	if f.mode == disable {
		return nil, false, nil
	}
	config = &tls.Config{ServerName: host, MinVersion: tls.VersionTLS12}
	if err := f.read(config); err != nil {
		return nil, false, err
	}
	switch {
	case f.mode == verifyFull:
	case f.mode == verifyCA, f.mode == require && config.RootCAs != nil:
		config.InsecureSkipVerify = true // of the name only:
		config.VerifyConnection = func(s tls.ConnectionState) error { return trusted(s, config.RootCAs) }
	default:
		config.InsecureSkipVerify = true
	}
	return config, f.mode == prefer || f.mode == "", nil
}

// read reads the files into config.
func (f tlsFiles) read(config *tls.Config) error {
	if f.roots != "" {
		text, err := readFile(f.roots)
		if err != nil {
			return fmt.Errorf("read sslrootcert: %w", err)
		}
		config.RootCAs = x509.NewCertPool()
		if !config.RootCAs.AppendCertsFromPEM(text) {
			return fmt.Errorf("read sslrootcert: %s holds no certificate", f.roots)
		}
	}
	if f.cert != "" {
		own, err := readPair(f.cert, f.key)
		if err != nil {
			return fmt.Errorf("read sslcert and sslkey: %w", err)
		}
		config.Certificates = []tls.Certificate{own}
	}
	return nil
}

// readPair reads our own certificate and its key.
func readPair(cert, key string) (tls.Certificate, error) {
	certText, err := readFile(cert)
	if err != nil {
		return tls.Certificate{}, err
	}
	keyText, err := readFile(key)
	if err != nil {
		return tls.Certificate{}, err
	}
	return tls.X509KeyPair(certText, keyText)
}

// maxFile bounds a file of certificates, in bytes.
const maxFile = 4 << 20

// readFile reads a regular file of bounded size; a pipe must not keep us waiting.
func readFile(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err != nil || !info.Mode().IsRegular() {
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxFile+1))
	if err == nil && len(text) > maxFile {
		return nil, fmt.Errorf("%s is larger than %d bytes", path, maxFile)
	}
	return text, err
}

// trusted verifies a server's certificate but for its name.
func trusted(s tls.ConnectionState, roots *x509.CertPool) error {
	if len(s.PeerCertificates) == 0 {
		return errors.New("the server has shown no certificate")
	}
	options := x509.VerifyOptions{Roots: roots, Intermediates: x509.NewCertPool()}
	for _, c := range s.PeerCertificates[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := s.PeerCertificates[0].Verify(options)
	return err
}
