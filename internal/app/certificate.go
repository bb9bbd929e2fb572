package app

import (
	"crypto/tls"
	"fmt"
	"log/slog"
	"os"
	"sync"
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
		return nil, withHint(err, "auth.tls_cert is the certificate with its chain, auth.tls_key its private key, both in PEM")
	}
	c.changed, c.looked = c.newest(), time.Now()
	return c, nil
}

// load reads the files. c.mu is held, or nobody else knows c yet.
func (c *certificate) load() error {
	pair, err := tls.LoadX509KeyPair(c.certFile, c.keyFile)
	if err != nil {
		return fmt.Errorf("certificate of the page: %w", err)
	}
	c.pair = &pair
	return nil
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
