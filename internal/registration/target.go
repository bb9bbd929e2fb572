package registration

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// kinds are those of checks that apps may sign up: what asks the network, and
// heartbeats. What asks this machine's kernel is for its own administrator.
func kinds() []string { return []string{"tcp", "tls", "http", "https", "push"} }

const targetForms = "tcp://HOST:PORT, tls://HOST:PORT, http://HOST/PATH, https://HOST/PATH or push://NAME; without HOST it is your own address"

// target judges what is to be asked, and writes it in full. One without a host
// means the caller's own address, and a heartbeat without a name its own.
func (a *application) target() {
	text := a.Target
	switch {
	case len(text) > maxText:
		return // which is said already
	case text == "push://":
		text += a.Name
	case hostless(text) && !a.by.Addr.IsValid():
		a.refuse("target", "name the host", "%s names no host, and nobody knows yours", quoted(text))
		return
	case hostless(text):
		text = withHost(text, a.by.Addr)
	}
	a.spec.Target = text
	target, err := health.ParseTarget(text)
	switch {
	case err != nil:
		a.refuse("target", targetForms, "%v", err)
	case !slices.Contains(kinds(), target.Kind):
		a.refuse("target", targetForms, "%s cannot be signed up for", quoted(target.Kind))
	default:
		a.push, a.spec.Target = target.IsPush(), target.String()
		a.path(target)
	}
}

// path takes a path that is given besides a target, in the form that goes into a
// request: whoever chose it must not write the request's other lines.
func (a *application) path(of health.Target) {
	switch {
	case a.Path == "" || of.Path == "":
		a.spec.Path = a.Path // which has no meaning, or needs none
		return
	case !strings.HasPrefix(a.Path, "/"):
		a.refuse("path", "", "%s must begin with /", quoted(a.Path))
		return
	}
	of.Path = ""
	whole, err := health.ParseTarget(of.String() + a.Path)
	if err != nil {
		a.refuse("path", "a path and perhaps a query, such as /health?full=1", "%s is no path", quoted(a.Path))
		return
	}
	a.spec.Path = whole.Path
}

// hostless reports whether a target leaves its host out: tcp://:5432,
// http:///health, :80, or as load balancers have it, HTTP:80/health.
func hostless(text string) bool {
	if kind, _, ok := balancers(text); ok {
		return kind != ""
	}
	kind, rest, ok := strings.Cut(text, "://")
	if !ok {
		rest = text
	}
	return strings.HasPrefix(rest, ":") && !strings.HasPrefix(rest, "::") || ok && strings.HasPrefix(rest, "/") && !strings.EqualFold(kind, "push")
}

// balancers splits a target that is written as load balancers have it.
func balancers(text string) (kind, rest string, ok bool) {
	kind, rest, ok = strings.Cut(text, ":")
	ok = ok && !strings.HasPrefix(rest, "//") && slices.Contains([]string{"TCP", "SSL", "HTTP", "HTTPS"}, kind)
	return strings.ToLower(kind), rest, ok
}

// withHost puts an address where a target leaves its host out.
func withHost(text string, addr netip.Addr) string {
	host := addr.Unmap().String()
	if strings.Contains(host, ":") {
		host = "[" + host + "]"
	}
	if kind, rest, ok := balancers(text); ok {
		return kind + "://" + host + ":" + rest
	}
	if kind, rest, ok := strings.Cut(text, "://"); ok {
		return kind + "://" + host + rest
	}
	return host + text
}
