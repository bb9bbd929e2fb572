package config

import (
	"errors"

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

// judgeRules tells what is wrong between options.
func (l *loading) judgeRules() {
	c := l.config
	if l.sources.Database != nil {
		if err := l.sources.Database(c.Database); err != nil {
			l.clash("database", hintOf(err), err.Error())
		}
	}
	encrypted := c.Auth.TLSCert != "" && c.Auth.TLSKey != ""
	switch {
	case c.Auth.TLSCert != "" && !encrypted:
		l.clash("auth.tls_cert", "name the private key too: auth.tls_key or --tls-key", "a certificate without a key")
	case c.Auth.TLSKey != "" && !encrypted:
		l.clash("auth.tls_key", "name the certificate too: auth.tls_cert or --tls-cert", "a key without a certificate")
	case !c.Insecure && !encrypted && !c.Loopback():
		l.clash("listen", "name a certificate with --tls-cert and --tls-key, listen on 127.0.0.1 behind a reverse proxy, or add --insecure if that is what you want",
			quoted(c.Listen)+" can be reached from other machines, and what they say can be read on the way")
	}
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
