package app

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"io"
	"log/slog"
	"os"
	"sync"
	"syscall"
	"time"
)

// certificateFresh is how old what we know of the files may be.
const certificateFresh = 10 * time.Second

// A certificate is the server's. A renewed file is taken up without a restart;
// one that is wrong is told, and the one before stays. It is safe for
// concurrent use.
type certificate struct {
	certFile, keyFile string
	log               *slog.Logger

	mu      sync.Mutex
	pair    *tls.Certificate
	changed time.Time // the files' last change, as far as it was looked at
	looked  time.Time
}

// openCertificate reads the two files, in PEM.
func openCertificate(certFile, keyFile string, log *slog.Logger) (*certificate, error) {
	c := &certificate{certFile: certFile, keyFile: keyFile, log: log}
	if err := c.load(); err != nil {
		return nil, fmt.Errorf("certificate of the page: %w", err)
	}
	c.changed, c.looked = c.newest(), time.Now()
	return c, nil
}

// load reads the files. c.mu is held, or nobody else knows c yet.
func (c *certificate) load() error {
	pair, _, err := readPair(c.certFile, c.keyFile)
	if err != nil {
		return err
	}
	c.pair = pair
	return nil
}

// checkCertificate tells why a certificate and its key cannot be used, and
// whether the key is to blame.
func checkCertificate(certFile, keyFile string) (key bool, err error) {
	_, key, err = readPair(certFile, keyFile)
	return key, err
}

// readPair reads a certificate with its chain, and its private key. Of an error
// it tells whether it is the key's.
func readPair(certFile, keyFile string) (pair *tls.Certificate, key bool, err error) {
	const form = "auth.tls_cert is the certificate with its chain, auth.tls_key its private key, both in PEM"
	cert, err := readPEM(certFile)
	if err != nil {
		return nil, false, withHint(err, form)
	}
	private, err := readPEM(keyFile)
	if err != nil {
		return nil, true, withHint(err, form)
	}
	loaded, err := tls.X509KeyPair(cert, private)
	switch {
	case err == nil:
		return &loaded, false, nil
	case x509.NewCertPool().AppendCertsFromPEM(cert): // so the certificate is one
		return nil, true, withHint(err, form)
	}
	return nil, false, withHint(err, form)
}

// maxPEM bounds how much of a certificate or key is read.
const maxPEM = 1 << 20

// readPEM reads a file that is none to wait for, and not too large for what it
// should hold.
func readPEM(path string) ([]byte, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not keep us waiting
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, fmt.Errorf("%s is no regular file", path)
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPEM+1))
	if err == nil && len(text) > maxPEM {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxPEM)
	}
	return text, err
}

// current returns the certificate for a handshake.
func (c *certificate) current(*tls.ClientHelloInfo) (*tls.Certificate, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if time.Since(c.looked) < certificateFresh {
		return c.pair, nil
	}
	c.looked = time.Now()
	if now := c.newest(); !now.Equal(c.changed) {
		c.changed = now
		if err := c.load(); err != nil {
			c.log.Error("the renewed certificate cannot be used; the one before stays", "err", err)
		} else {
			c.log.Info("took up the renewed certificate", "file", c.certFile)
		}
	}
	return c.pair, nil
}

// newest returns when the files were last changed; the zero time when one is
// not there.
func (c *certificate) newest() time.Time {
	cert, err := os.Stat(c.certFile)
	if err != nil {
		return time.Time{}
	}
	key, err := os.Stat(c.keyFile)
	if err != nil {
		return time.Time{}
	}
	if key.ModTime().After(cert.ModTime()) {
		return key.ModTime()
	}
	return cert.ModTime()
}
