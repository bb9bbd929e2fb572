package health

import (
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
)

// A Target is what a check asks: a kind of question and whom.
type Target struct {
	Kind string // tcp, tls, http, https, push …
	Host string // a name or an address without brackets, as [CheckHost] has it; of push: the name of the check
	Port uint16 // of push: 0
	Path string // of http: escaped path and query, "/" at least
}

// targetForms is how targets are written, for hints.
const targetForms = "tcp://HOST:PORT, tls://HOST:PORT, http://HOST/PATH, https://HOST/PATH or push://NAME"

// defaultPorts are those of kinds that have one.
func defaultPorts() map[string]uint16 { return map[string]uint16{"http": 80, "https": 443} }

// ParseTarget reads a target as people write it: a URL; a bare host:port,
// which means tcp; or as load balancers have it, TCP:80, SSL:443 or
// HTTP:80/path, which means this machine. What kinds of check there are it
// does not know. Errors repeat the text, but never a password in it.
func ParseTarget(text string) (Target, error) {
	t, err := parseTarget(text)
	if err != nil {
		return Target{}, fmt.Errorf("%q %w", withoutUser(text), err)
	}
	return t, nil
}

func parseTarget(text string) (Target, error) {
	u, err := url.Parse(withZone(asURL(text)))
	switch {
	case bareIPv6(text):
		return Target{}, errors.New("needs brackets around an IPv6 address, as in [::1]:80")
	case err != nil:
		return Target{}, errors.New("is no URL")
	case u.User != nil:
		return Target{}, errors.New("holds a user or password, and a target must not")
	case u.Scheme == push:
		return pushTarget(u)
	case u.Hostname() == "":
		return Target{}, errors.New("names no host")
	}
	t := Target{Kind: u.Scheme, Host: u.Hostname()}
	if t.Kind == "ssl" {
		t.Kind = "tls"
	}
	if err := CheckHost(t.Host); err != nil {
		return Target{}, fmt.Errorf("names a host that %w", err)
	}
	if t.Port, err = portOf(u, t.Kind); err != nil {
		return Target{}, err
	}
	return t.withPath(u)
}

// push is the kind of target that is not asked, but heard: its host is the name
// of its own check.
const push = "push"

// IsPush reports whether the target is one that is not asked, but heard of by
// heartbeats.
func (t Target) IsPush() bool { return t.Kind == push }

// pushTarget reads the target of a heartbeat.
func pushTarget(u *url.URL) (Target, error) {
	switch {
	case u.Fragment != "", u.RawQuery != "", strings.Trim(u.Path, "/") != "", u.Port() != "":
		return Target{}, errors.New("goes on behind the name, and a push target is push://NAME alone")
	case u.Host == "":
		return Target{}, errors.New("names no check, and a push target is push://NAME")
	case !validName.MatchString(u.Host):
		return Target{}, errors.New("names no check: " + nameRule)
	}
	return Target{Kind: push, Host: u.Host}, nil
}

// asURL writes every form of a target as a URL.
func asURL(text string) string {
	if kind, rest, ok := strings.Cut(text, ":"); ok && !strings.HasPrefix(rest, "//") {
		switch kind { // in capitals only: tcp:80 is a host of that name
		case "TCP", "SSL", "HTTP", "HTTPS":
			return strings.ToLower(kind) + "://localhost:" + rest
		}
	}
	if !strings.Contains(text, "://") {
		return "tcp://" + text
	}
	return text
}

// withZone escapes the zone of an IPv6 address as RFC 6874 demands and nobody
// writes.
func withZone(text string) string {
	open, zone, end := strings.Index(text, "["), strings.Index(text, "%"), strings.Index(text, "]")
	if open < 0 || zone < open || end < zone || strings.HasPrefix(text[zone:], "%25") {
		return text
	}
	return text[:zone] + "%25" + text[zone+1:]
}

// bareIPv6 reports whether a text has more colons than a host and a port do.
func bareIPv6(text string) bool {
	if _, rest, ok := strings.Cut(text, "://"); ok {
		text = rest
	}
	host, _, _ := strings.Cut(text, "/")
	host = host[strings.LastIndex(host, "@")+1:]
	return !strings.HasPrefix(host, "[") && strings.Count(host, ":") > 1
}

// withoutUser leaves out what may be a password.
func withoutUser(text string) string {
	at := strings.LastIndex(text, "@")
	if at < 0 {
		return text
	}
	if scheme, _, ok := strings.Cut(text[:at], "://"); ok {
		return scheme + "://…" + text[at:]
	}
	return "…" + text[at:]
}

// portOf returns the port of a URL, or that of its kind.
func portOf(u *url.URL, kind string) (uint16, error) {
	if u.Port() == "" && defaultPorts()[kind] != 0 {
		return defaultPorts()[kind], nil
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return 0, errors.New("needs a port from 1 to 65535")
	}
	return uint16(port), nil
}

// withPath adds the path to a target whose kind has one.
func (t Target) withPath(u *url.URL) (Target, error) {
	if u.Fragment != "" {
		return Target{}, errors.New("goes on behind #, which no server ever sees")
	}
	if _, ok := defaultPorts()[t.Kind]; ok {
		t.Path = u.RequestURI()
		return t, nil
	}
	if strings.Trim(u.Path, "/") != "" || u.RawQuery != "" {
		return Target{}, fmt.Errorf("has a path, and a %s target is %s://HOST:PORT alone", t.Kind, t.Kind)
	}
	return t, nil
}

// Addr returns the target's address when its host is a literal one.
func (t Target) Addr() (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(t.Host)
	return netip.AddrPortFrom(a, t.Port), err == nil && !t.IsPush()
}

// HostPort returns host and port as they are written, an IPv6 address in
// brackets; of push, the name alone.
func (t Target) HostPort() string {
	if t.IsPush() {
		return t.Host
	}
	if strings.Contains(t.Host, ":") {
		return fmt.Sprintf("[%s]:%d", t.Host, t.Port)
	}
	return fmt.Sprintf("%s:%d", t.Host, t.Port)
}

// String returns the target as a URL that ParseTarget reads as the same.
func (t Target) String() string {
	return t.Kind + "://" + strings.Replace(t.HostPort(), "%", "%25", 1) + t.Path
}
