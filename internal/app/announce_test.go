package app

import (
	"net/netip"
	"strings"
	"testing"
)

// TestHostLabel: whatever a machine is called, it has a name on the network, and
// answers to it also where others have that.
func TestHostLabel(t *testing.T) {
	long := strings.Repeat("n", 64)
	for name, want := range map[string]string{
		"web-07": "web-07", "My_Box": "My-Box", "größe": "gr--e", "-x-": "x", "---": "portreeve", "": "portreeve", "日本": "portreeve",
		long: long[:63], "a" + long[:61] + "_b": "a" + long[:61],
	} {
		if got := hostLabel(name); got != want {
			t.Errorf("hostLabel(%q) = %q, want %q", name, got, want)
		}
	}
	names := localNames("web-07")
	if names[0] != "web-07.local" || names[1] != "web-07-2.local" || len(names) != maxRenamed {
		t.Errorf("called %q", names)
	}
	for _, name := range localNames(long[:63]) {
		if label := strings.TrimSuffix(name, ".local"); len(label) != maxLabel {
			t.Errorf("%q has %d bytes", label, len(label))
		}
	}
	if got := cut("aaaü", 4); got != "aaa" {
		t.Errorf("cut to %q", got)
	}
}

func TestInterfacesOf(t *testing.T) {
	for addr, want := range map[string]string{"0.0.0.0": "", "::": "", "127.0.0.1": "lo", "::ffff:127.0.0.1": "lo", "fe80::1%eth7": "eth7", "192.0.2.1": ""} {
		if got := strings.Join(interfacesOf(netip.MustParseAddr(addr)), " "); got != want {
			t.Errorf("interfacesOf(%s) = %q, want %q", addr, got, want)
		}
	}
}
