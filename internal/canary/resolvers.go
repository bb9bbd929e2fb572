package canary

import (
	"net/netip"
	"os"
	"strings"
)

const (
	resolvConf = "/etc/resolv.conf"
	// upstreamConf is where systemd-resolved lists the resolvers that it asks
	// itself (systemd-resolved.service(8)).
	upstreamConf = "/run/systemd/resolve/resolv.conf"
	// maxResolvers are those that the C library looks at (MAXNS of resolv.h).
	maxResolvers = 3
)

// resolvers returns the addresses of the resolvers that this machine asks. One
// on this machine itself is none: it says nothing about the link.
func resolvers(paths ...string) []netip.Addr {
	for _, path := range paths {
		text, err := os.ReadFile(path)
		if err != nil {
			continue
		}
		if found := nameservers(string(text)); len(found) > 0 {
			return found
		}
	}
	return nil
}

// nameservers reads the resolvers elsewhere out of a resolv.conf(5).
func nameservers(text string) []netip.Addr {
	var all []netip.Addr
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 2 || words[0] != "nameserver" || len(all) == maxResolvers {
			continue
		}
		a, err := netip.ParseAddr(words[1])
		if err == nil && !a.Unmap().IsLoopback() && !a.IsUnspecified() {
			all = append(all, a.Unmap())
		}
	}
	return all
}
