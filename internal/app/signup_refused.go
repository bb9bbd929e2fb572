package app

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"

	"github.com/portreeve/portreeve/client"
	"github.com/portreeve/portreeve/internal/foreign"
)

// refused says in our words why a server did not do what it was asked: every
// wrong field by itself, by the name of its flag.
func (s *signup) refused(err error) error {
	var answer *client.Error
	switch {
	case errors.As(err, &answer):
		return s.answered(answer)
	case errors.Is(err, context.Canceled):
		return err
	}
	return withHint(fmt.Errorf("%s does not answer: %w", s.server.URL, innermost(err)), s.hintOfSilence(err))
}

// foreign says that the answer is good, and about something else.
func (s *signup) foreign() error {
	return withHint(fmt.Errorf("%s does not answer as portreeve does", s.server.URL), "name another with --server")
}

// answered words a refusal.
func (s *signup) answered(e *client.Error) error {
	if off(e) {
		return withHint(fmt.Errorf("apps cannot sign up with %s: registration is off there", s.server.URL),
			"turn it on: `portreeve serve --registration` (registration.enabled)")
	}
	if len(e.Fields) == 0 {
		return withHint(errors.New(phrase(e.Detail)), cmp.Or(s.hintOf(e), phrase(e.Hint)))
	}
	var all []error
	for _, f := range e.Fields {
		all = append(all, fmt.Errorf("%s: %s", registerFlag(f.Name), foreign.Text(f.Reason)))
	}
	return errors.Join(all...)
}

// off reports whether a server has nobody sign up: then checks can be read there,
// and that is all. Where apps sign up, every refusal says what it is because of.
func off(e *client.Error) bool {
	return e.Status == http.StatusMethodNotAllowed || e.Status == http.StatusNotFound && e.Because == "" && strings.HasPrefix(e.Detail, "There is nothing at ")
}

// registerFlag returns what a field of a registration is called on the command
// line.
func registerFlag(field string) string {
	switch field {
	case "name":
		return "NAME"
	case "target":
		return "URL"
	case "interval", "timeout", "path", "expect", "title", "period", "grace", "alerts", "mode", "family":
		return "--" + field
	case "unhealthy_threshold":
		return "--unhealthy"
	case "healthy_threshold":
		return "--healthy"
	case "service_id":
		return "--service-id"
	}
	return foreign.Text(field).String()
}

// hintOf says what to do about an answer in the words of the command line; empty
// where what the server says of it is better.
func (s *signup) hintOf(e *client.Error) string {
	switch {
	case e.Status == http.StatusBadRequest && e.Because == "" && strings.HasPrefix(s.server.URL, "http://") && strings.HasPrefix(e.Detail, "the answer is "):
		return "it does not look like portreeve's; does it speak TLS? Then write --server https://" + strings.TrimPrefix(s.server.URL, "http://")
	case e.Status == http.StatusNotFound:
		return "names are those of `portreeve register`; the page at " + s.server.URL + " has them all"
	case e.Status == http.StatusForbidden && e.Hint == "":
		return ownersHint
	case e.Status != http.StatusUnauthorized:
		return ""
	case s.signing:
		return "have the network of this machine added to registration.allow there; or set PORTREEVE_TOKEN to what `portreeve token add NAME --scope register` makes there, and name the server"
	case s.kept:
		return "the token that was kept here is not valid any more: `portreeve register` makes a new one, unless another has taken the name over"
	case s.server.Token != "":
		return "look at PORTREEVE_TOKEN; or leave it and the server out, where " + s.name + " was registered from here"
	case s.owners.path == "":
		return "neither HOME nor XDG_STATE_HOME is set here, so the token that was kept is not found: set HOME, or PORTREEVE_TOKEN and PORTREEVE_SERVER"
	}
	return ownersHint
}

// ownersHint is for those who have no token, and need one.
const ownersHint = "it takes the token of its owner: run this where, and as whom, it was registered, or set PORTREEVE_TOKEN and name the server"

// innermost leaves out what the packages of HTTP say of the request: which one
// it was is known.
func innermost(err error) error {
	if e, ok := errors.AsType[*url.Error](err); ok {
		err = e.Err
	}
	if e, ok := errors.AsType[*net.OpError](err); ok {
		err = e.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("nothing came within %v", requestTime)
	}
	return err
}

// hintOfSilence says what to look at when nobody answers.
func (s *signup) hintOfSilence(err error) string {
	var (
		stranger x509.UnknownAuthorityError
		alias    x509.HostnameError
		invalid  x509.CertificateInvalidError
		dns      *net.DNSError
	)
	switch {
	case errors.As(err, &stranger):
		return "this machine does not trust who signed the certificate: add that CA to the system's, or name its file in SSL_CERT_FILE"
	case errors.As(err, &alias):
		return "name the server as its certificate does, with --server https://NAME:PORT"
	case errors.As(err, &invalid):
		return "look at the certificate there, and at the clock here"
	case errors.Is(err, http.ErrSchemeMismatch):
		return "it speaks no TLS: write --server http://" + strings.TrimPrefix(s.server.URL, "https://")
	case errors.As(err, &dns) && strings.HasSuffix(strings.TrimSuffix(dns.Name, "."), ".local"):
		return "names in .local are multicast DNS's, which is not asked for --server: leave it out, and the server is found; or name its address"
	case errors.As(err, &dns) && dns.IsNotFound:
		return "there is no such host: name another with --server"
	case errors.As(err, &dns):
		return "the name cannot be resolved here: name the server by its address, or see /etc/resolv.conf"
	case s.portless():
		return "no port is named; portreeve's is 9860, unless it was told another: --server " + s.server.URL + ":9860"
	}
	return "is `portreeve serve` running there? Name another with --server"
}

// portless reports whether the server's URL is a host and no more, so that it is
// looked for where web servers are.
func (s *signup) portless() bool {
	u, err := url.Parse(s.server.URL)
	return err == nil && u.Port() == "" && u.Path == ""
}

// phrase writes a server's sentence as errors are written here: without a capital
// at its beginning and a full stop at its end.
func phrase(sentence string) string {
	text := strings.TrimSuffix(foreign.Text(sentence).String(), ".")
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && (text[1] >= 'a' && text[1] <= 'z' || text[1] == ' ') {
		text = strings.ToLower(text[:1]) + text[1:]
	}
	return text
}
