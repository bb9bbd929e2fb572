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
	Kind string // the scheme: tcp …
	Host string // a name or an address without brackets
	Port uint16
}

// ParseTarget reads a target URL, or a bare host:port, which means tcp.
func ParseTarget(text string) (Target, error) {
	if !strings.Contains(text, "://") {
		text = "tcp://" + text
	}
	u, err := url.Parse(text)
	if err != nil {
		return Target{}, fmt.Errorf("%q is no URL", text)
	}
	port, err := strconv.ParseUint(u.Port(), 10, 16)
	if err != nil || port == 0 {
		return Target{}, fmt.Errorf("%q needs a port from 1 to 65535", text)
	}
	if u.Hostname() == "" {
		return Target{}, fmt.Errorf("%q names no host", text)
	}
	if u.Scheme == "tcp" && (u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "") {
		return Target{}, fmt.Errorf("%q: a tcp target is just tcp://host:port", text)
	}
	return Target{Kind: u.Scheme, Host: u.Hostname(), Port: uint16(port)}, nil
}

// Addr returns the target's address when its host is a literal one.
func (t Target) Addr() (netip.AddrPort, bool) {
	a, err := netip.ParseAddr(t.Host)
	return netip.AddrPortFrom(a, t.Port), err == nil
}
