package config

import (
	"errors"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// judgeDefaults tells what is wrong with the times and thresholds of checks
// that have none of their own: here, and not once per check.
func (l *loading) judgeDefaults() {
	probe := health.SpecFor("tcp://localhost:1").WithDefaults(l.config.Profile())
	probe.Name = "defaults"
	wrong := probe.Validate()
	for _, e := range wrong {
		l.clash("defaults."+e.Field, e.Hint, e.Reason)
	}
	if len(wrong) > 0 {
		l.config.Defaults = Default().Defaults
	}
}

// judgeRules tells what is wrong between options, and with what they name.
func (l *loading) judgeRules() {
	if l.sources.Database != nil {
		if err := l.sources.Database(l.config.Database); err != nil {
			l.clash("database", hintOf(err), strings.TrimPrefix(err.Error(), "database: "))
		}
	}
	cert, key := l.config.Auth.TLSCert, l.config.Auth.TLSKey
	switch {
	case cert != "" && key == "":
		l.clash("auth.tls_cert", "name the private key too: auth.tls_key or --tls-key", "a certificate without a key")
	case key != "" && cert == "":
		l.clash("auth.tls_key", "name the certificate too: auth.tls_cert or --tls-cert", "a key without a certificate")
	case cert != "":
		l.judgeCertificate(cert, key)
	case l.config.open() && !l.config.Registration.Compat:
		l.clash("listen", l.openHint(),
			quoted(l.config.Listen)+" can be reached from other machines, and what they say can be read on the way")
	}
}

// judgeCertificate tells why nobody could speak TLS with these files.
func (l *loading) judgeCertificate(cert, key string) {
	if l.sources.Certificate == nil {
		return
	}
	isKey, err := l.sources.Certificate(cert, key)
	switch {
	case err == nil:
	case isKey:
		l.clash("auth.tls_key", hintOf(err), err.Error())
	default:
		l.clash("auth.tls_cert", hintOf(err), err.Error())
	}
}

// openHint says what to do about an address that others can reach, in words of
// the place where it was written.
func (l *loading) openHint() string {
	pair, permit := "--tls-cert and --tls-key", "--insecure"
	switch {
	case l.config.origin("listen").Source != FromFile:
	case isAssignments(l.text):
		pair, permit = "tls_cert and tls_key", "insecure=true"
	default:
		pair, permit = "auth.tls_cert and auth.tls_key", "insecure: true"
	}
	return "name a certificate with " + pair + ", listen on 127.0.0.1 behind a reverse proxy, or add " + permit + " if that is what you want"
}

// clash adds what is wrong with an option in view of others.
func (l *loading) clash(name, hint, message string) {
	at := l.config.origin(name)
	l.add(at, hint, "%s%s", lead(name, at), message)
}

// hintOf returns the hint of an error that has one.
func hintOf(err error) string {
	var hinted interface{ Hint() string }
	if errors.As(err, &hinted) {
		return hinted.Hint()
	}
	return ""
}

// origin returns where the value of an option was written; the zero Origin
// with the option's name when nowhere.
func (c *Config) origin(name string) Origin {
	if from := c.origins[name]; len(from) > 0 {
		return from[0]
	}
	return Origin{Source: FromDefault, Name: name}
}
