package mail

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A policy says how much TLS there has to be.
type policy string

const (
	required      policy = "required"
	opportunistic policy = "opportunistic" // if the relay offers it
	none          policy = "none"
	implicit      policy = "implicit" // from the first byte: smtps
)

// Ports of RFC 6409, RFC 8314 and RFC 5321.
const (
	submission  = 587
	submissions = 465
	plainSMTP   = 25
)

// A relay is the mail server that takes our mail.
type relay struct {
	host           string
	port           int
	policy         policy
	user, password string
	helo           string // empty: the name of this machine
	tls            *tls.Config
}

// address returns host and port for a dialer and for people.
func (r *relay) address() string { return net.JoinHostPort(r.host, strconv.Itoa(r.port)) }

// parseRelay reads the URL of a relay.
func parseRelay(text, password string) (*relay, error) {
	u, err := url.Parse(text)
	switch {
	case text == "":
		return nil, wrong("email.smtp", exampleURL, "the relay is missing")
	case err != nil || u.Opaque != "":
		return nil, wrong("email.smtp", exampleURL, "the relay's URL cannot be read") // it may hold a password
	case u.Scheme != "smtp" && u.Scheme != "smtps":
		return nil, wrong("email.smtp", exampleURL, "the relay's URL begins with %q", foreign.Text(u.Scheme).Clip(20)+":")
	case u.Path != "" && u.Path != "/" || u.Fragment != "":
		return nil, wrong("email.smtp", exampleURL, "the relay's URL goes on behind host and port")
	}
	if _, in := u.User.Password(); in {
		return nil, wrong("email.smtp", "give it by password_file, or by SMTP_PASSWORD", "the relay's URL has a password in it")
	}
	r := &relay{host: u.Hostname(), user: u.User.Username(), password: password}
	if err := health.CheckHost(r.host); err != nil {
		return nil, wrong("email.smtp", exampleURL, "the relay's host %w", err)
	}
	r.policy = r.usual(u.Scheme)
	if r.port, err = r.parsePort(u); err != nil {
		return nil, err
	}
	if err := r.parseUser(); err != nil {
		return nil, err
	}
	return r, r.parseParameters(u)
}

const exampleURL = "write it as in smtp://user@smtp.example.org:587, or with smtps on port 465"

// usual returns the policy where the URL names none: nobody listens on the
// loopback, and relays there rarely have a certificate that fits.
func (r *relay) usual(scheme string) policy {
	switch {
	case scheme == "smtps":
		return implicit
	case r.loopback():
		return none
	}
	return required
}

func (r *relay) loopback() bool {
	a, err := netip.ParseAddr(r.host)
	return r.host == "localhost" || err == nil && a.Unmap().IsLoopback()
}

func (r *relay) parsePort(u *url.URL) (int, error) {
	switch {
	case u.Port() != "":
		port, err := strconv.ParseUint(u.Port(), 10, 16)
		if err != nil || port == 0 {
			return 0, wrong("email.smtp", exampleURL, "the relay's port %q is none", u.Port())
		}
		return int(port), nil
	case r.policy == implicit:
		return submissions, nil
	case r.loopback():
		return plainSMTP, nil
	}
	return submission, nil
}

func (r *relay) parseUser() error {
	switch {
	case r.user == "" && r.password != "":
		return wrong("email.smtp", "write it as in smtp://user@"+r.address(), "there is a password for the relay, but its URL names no user")
	case r.user != "" && r.password == "":
		return wrong("email.password_file", "give it by password_file, or by SMTP_PASSWORD", "the password of the relay's user is missing")
	case strings.ContainsAny(r.user+r.password, "\r\n\x00"):
		return wrong("email.smtp", "", "the relay's user or password has a line break in it")
	}
	if strings.HasSuffix(r.host, ".gmail.com") {
		r.password = strings.ReplaceAll(r.password, " ", "") // as Google shows app passwords
	}
	return nil
}

// parseParameters reads what stands behind the question mark.
func (r *relay) parseParameters(u *url.URL) error {
	r.tls = &tls.Config{ServerName: r.host, MinVersion: tls.VersionTLS12}
	query, err := url.ParseQuery(u.RawQuery)
	if err != nil {
		return wrong("email.smtp", exampleURL, "the parameters of the relay's URL cannot be read")
	}
	for key, values := range query {
		if len(values) > 1 {
			return wrong("email.smtp", "", "the parameter %q of the relay's URL is there twice", foreign.Text(key).Clip(40))
		}
		if err := r.parameter(key, values[0]); err != nil {
			return err
		}
	}
	return nil
}

func (r *relay) parameter(key, value string) error {
	shown := foreign.Text(value).Clip(100)
	switch key {
	case "tls":
		p := policy(value)
		if p != required && p != opportunistic && p != none || r.policy == implicit {
			return wrong("email.smtp", "tls is required, opportunistic or none, and of smtp:// alone", "the relay's tls=%s means nothing", shown)
		}
		r.policy = p
	case "helo":
		if err := health.CheckHost(value); err != nil {
			return wrong("email.smtp", "write it as in helo=ports.example.org", "the relay's helo=%s %w", shown, err)
		}
		r.helo = value
	case "insecure":
		insecure, err := strconv.ParseBool(value)
		if err != nil {
			return wrong("email.smtp", "insecure is true or false", "the relay's insecure=%s means nothing", shown)
		}
		r.tls.InsecureSkipVerify = insecure
	case "ca_file":
		return r.trust(value)
	default:
		return wrong("email.smtp", "parameters are tls, ca_file, insecure and helo", "the relay's URL has an unknown parameter %q", foreign.Text(key).Clip(40))
	}
	return nil
}

// trust reads the certificates that are trusted and no others.
func (r *relay) trust(file string) error {
	const hint = "ca_file names a file with certificates in PEM"
	pem, err := certificates(file)
	if err != nil {
		return wrong("email.smtp", hint, "read the relay's ca_file: %w", err)
	}
	r.tls.RootCAs = x509.NewCertPool()
	if !r.tls.RootCAs.AppendCertsFromPEM(pem) {
		return wrong("email.smtp", hint, "%s: there is no certificate in it", foreign.Text(file).Clip(200))
	}
	return nil
}

// String names the relay for people.
func (r *relay) String() string { return fmt.Sprintf("mail relay %s", r.address()) }
