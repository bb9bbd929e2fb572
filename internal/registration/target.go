package registration

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// kinds are those of checks that apps may sign up: what asks the network, and
// heartbeats. What asks this machine's kernel is for its own administrator.
func kinds() []string { return []string{"tcp", "tls", "http", "https", push} }

const targetForms = "tcp://HOST:PORT, tls://HOST:PORT, http://HOST/PATH, https://HOST/PATH or push://NAME; without HOST it is your own address"

// target judges what is to be asked, and writes it in full.
func (a *application) target() {
	scheme := schemeOf(a.Target)
	a.push = scheme == push
	text, ok := a.whole(scheme)
	target, err := health.ParseTarget(text)
	if ok && err != nil {
		a.refuse("target", targetForms, "%v", err)
	}
	if isWrong(a.wrong, "target") {
		if text = standIn(scheme, a.Name); text == "" {
			return
		}
		target, _ = health.ParseTarget(text) // of a push it may have no name, which is told
	}
	if a.spec.Target = text; target.Kind != "" {
		a.spec.Target = target.String()
	}
	a.path(target)
}

// whole writes a target with what it leaves out: the host is the caller's own
// address, and the name of a heartbeat that of its check. It reports whether there
// is anything to be read.
func (a *application) whole(scheme string) (text string, ok bool) {
	switch text := a.Target; {
	case len(text) > maxText:
		return "", false // which is told already
	case scheme != "" && scheme != "ssl" && !slices.Contains(kinds(), scheme): // no port helps it
		a.refuse("target", targetForms, "%s is no kind that can be signed up for", quoted(scheme))
	case text == push+"://":
		return text + a.Name, true
	case hostless(text) && !a.by.Addr.IsValid():
		a.refuse("target", "name the host", "%s names no host, and nobody knows yours", quoted(text))
	case hostless(text):
		return withHost(text, a.by.Addr), true
	default:
		return text, true
	}
	return "", false
}

// push is the kind of heartbeats.
const push = "push"

// standIn is a target of a kind in place of one that is wrong, so that the rest can
// be judged: of a host that there never is (RFC 6761, section 6.4). Empty when
// nobody knows the kind.
func standIn(scheme, name string) string {
	switch {
	case scheme == push:
		return push + "://" + name
	case scheme == "ssl" || slices.Contains(kinds(), scheme):
		return scheme + "://portreeve.invalid:1"
	}
	return ""
}

// schemeOf returns what stands before :// in a target; empty when nothing does that
// could be a scheme (RFC 3986, section 3.1), such as a password that was put there.
func schemeOf(text string) string {
	scheme, _, ok := strings.Cut(text, "://")
	if !ok || scheme == "" || strings.Trim(strings.ToLower(scheme), "abcdefghijklmnopqrstuvwxyz0123456789+-.") != "" {
		return ""
	}
	return strings.ToLower(scheme)
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
	return strings.HasPrefix(rest, ":") && !strings.HasPrefix(rest, "::") || ok && strings.HasPrefix(rest, "/") && !strings.EqualFold(kind, push)
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
