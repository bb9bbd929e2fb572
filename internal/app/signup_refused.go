package app

import (
	"cmp"
	"context"
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
	return withHint(fmt.Errorf("%s does not answer: %w", s.server.URL, innermost(err)), hintOfSilence(err))
}

// answered words a refusal.
func (s *signup) answered(e *client.Error) error {
	if e.Status == http.StatusMethodNotAllowed { // checks can be read there, and that is all
		return withHint(fmt.Errorf("apps cannot sign up with %s: registration is off there", s.server.URL),
			"turn it on: `portreeve serve --registration` (registration.enabled)")
	}
	if len(e.Fields) == 0 {
		return withHint(errors.New(phrase(e.Detail)), cmp.Or(phrase(e.Hint), s.hintOf(e.Status)))
	}
	var all []error
	for _, f := range e.Fields {
		all = append(all, fmt.Errorf("%s: %s", registerFlag(f.Name), foreign.Text(f.Reason)))
	}
	return errors.Join(all...)
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

// hintOf says what to do about an answer that says nothing of it.
func (s *signup) hintOf(status int) string {
	switch {
	case status == http.StatusUnauthorized && s.kept:
		return "the token that was kept here is not valid any more: `portreeve register` makes a new one"
	case status == http.StatusUnauthorized, status == http.StatusForbidden:
		return "it takes the token of its owner: run this where it was registered, or set PORTREEVE_TOKEN and name the server"
	case status == http.StatusNotFound:
		return "names are those of `portreeve register`; the page at " + s.server.URL + " has them all"
	}
	return ""
}

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
func hintOfSilence(err error) string {
	const another = "is `portreeve serve` running there? Name another with --server"
	if dns, ok := errors.AsType[*net.DNSError](err); ok && dns.IsNotFound {
		return "there is no such host: name another with --server"
	}
	return another
}

// phrase writes a server's sentence as errors are written here: without a capital
// at its beginning and a full stop at its end.
func phrase(sentence string) string {
	text := strings.TrimSuffix(foreign.Text(sentence).String(), ".")
	if len(text) > 1 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'a' && text[1] <= 'z' {
		text = strings.ToLower(text[:1]) + text[1:]
	}
	return text
}
