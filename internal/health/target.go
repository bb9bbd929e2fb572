package health

import (
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A Target is what a check asks: a kind of question and whom.
type Target struct {
	Kind string // tcp, tls, http, https …
	Host string // a name or an address without brackets
	Port uint16
	Path string // of http: escaped path and query, "/" at least
}

// targetForms is how targets are written, for hints.
const targetForms = "tcp://HOST:PORT, tls://HOST:PORT, http://HOST/PATH or https://HOST/PATH"

// defaultPorts are those of kinds that have one.
func defaultPorts() map[string]uint16 { return map[string]uint16{"http": 80, "https": 443} }

// ParseTarget reads a target as people write it: a URL; a bare host:port,
// which means tcp; or as load balancers have it, TCP:80, SSL:443 or
// HTTP:80/path, which means this machine. What kinds of check there are it
// does not know.
func ParseTarget(text string) (Target, error) {
	if t, ok := loadBalancerForm(text); ok {
		text = t
	}
	if !strings.Contains(text, "://") {
		text = "tcp://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return Target{}, fmt.Errorf("%q is no URL", text)
	}
	t := Target{Kind: u.Scheme, Host: u.Hostname()}
	if t.Kind == "ssl" {
		t.Kind = "tls"
	}
	if t.Host == "" {
		return Target{}, fmt.Errorf("%q names no host", text)
	}
	if u.User != nil {
		return Target{}, fmt.Errorf("%q: a target holds no user and password", u.Redacted())
	}
	if t.Port, err = portOf(u, t.Kind); err != nil {
		return Target{}, err
	}
	return t.withPath(u)
}

// portOf returns the port of a URL, or that of its kind.
func portOf(u *url.URL, kind string) (uint16, error) {
	if u.Port() == "" && defaultPorts()[kind] != 0 {
		return defaultPorts()[kind], nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return 0, fmt.Errorf("%q needs a port from 1 to 65535", u.Redacted())
	}
	return uint16(port), nil
}

// withPath adds the path to a target whose kind has one.
func (t Target) withPath(u *url.URL) (Target, error) {
	if u.Fragment != "" {
		return Target{}, fmt.Errorf("%q: no server ever sees what is behind #", u.Redacted())
	}
	if _, ok := defaultPorts()[t.Kind]; ok {
		t.Path = u.RequestURI()
		return t, nil
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return Target{}, fmt.Errorf("%q: a %s target is just %s://host:port", u.Redacted(), t.Kind, t.Kind)
	}
	return t, nil
}

// loadBalancerForm reads TCP:80 and its like, in capitals only: tcp:80 is a
// host of that name.
func loadBalancerForm(text string) (string, bool) {
	kind, rest, ok := strings.Cut(text, ":")
	if !ok || strings.HasPrefix(rest, "//") {
		return "", false
	}
	switch kind {
	case "TCP", "SSL", "HTTP", "HTTPS":
		return strings.ToLower(kind) + "://localhost:" + rest, true
	}
	return "", false
}

// Addr returns the target's address when its host is a literal one.
func (t Target) Addr() (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(t.Host)
	return netip.AddrPortFrom(a, t.Port), err == nil
}

// HostPort returns host and port as they are written, an IPv6 address in
// brackets.
func (t Target) HostPort() string {
	if strings.Contains(t.Host, ":") {
		return fmt.Sprintf("[%s]:%d", t.Host, t.Port)
	}
	return fmt.Sprintf("%s:%d", t.Host, t.Port)
}

// String returns the target as a URL.
func (t Target) String() string { return t.Kind + "://" + t.HostPort() + t.Path }
