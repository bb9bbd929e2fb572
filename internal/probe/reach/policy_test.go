package reach

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
)

// What a policy says of an address, in letters: C permitted when configured, P
// within public prefixes, L within this machine and its private networks.
var policyTests = []struct {
	addr, permitted string
	why             string // of the refusal, in part, when it is refused to all
}{
	// Where they lead is what they are.
	{"93.184.216.34", "CP", ""},
	{"8.8.8.8", "CP", ""},
	{"2606:4700:4700::1111", "CP", ""},
	{"10.0.0.1", "CL", ""},
	{"10.255.255.255", "CL", ""},
	{"172.16.0.1", "CL", ""},
	{"172.32.0.1", "C", ""},
	{"192.168.1.1", "CL", ""},
	{"127.0.0.1", "CL", ""},
	{"127.255.255.254", "CL", ""},
	{"::1", "CL", ""},
	{"fd12:3456::1", "CPL", ""},
	{"fec0::1", "C", ""},
	{"100.64.0.1", "C", ""},
	{"198.18.0.1", "C", ""},
	{"192.0.0.1", "C", ""},
	{"192.0.2.1", "C", ""},
	{"2001:db8::1", "C", ""},
	{"100::1", "C", ""},
	{"3fff::1", "C", ""},
	{"240.0.0.1", "C", ""},
	{"255.255.255.254", "C", ""},
	{"0.1.2.3", "C", ""},

	// This machine, by another name.
	{"0.0.0.0", "CL", ""},
	{"::", "CL", ""},
	{"::ffff:0.0.0.0", "CL", ""},
	{"::ffff:127.0.0.1", "CL", ""},
	{"::127.0.0.1", "CL", ""},
	{"::ffff:0:7f00:1", "CL", ""},
	{"64:ff9b::127.0.0.1", "CL", ""},
	{"64:ff9b::", "CL", ""},
	{"2002:7f00:1::", "CL", ""},
	{"2001:0:4136:e378:8000:63bf:80ff:fffe", "CL", ""}, // Teredo, 127.0.0.1 inverted
	{"2606:4700::5efe:127.0.0.1", "CL", ""},
	{"2606:4700::200:5efe:127.0.0.1", "CL", ""},

	// Private networks, in disguise.
	{"::ffff:10.0.0.1", "CL", ""},
	{"::ffff:a00:1", "CL", ""},
	{"::10.0.0.1", "CL", ""},
	{"::2", "C", ""}, // 0.0.0.2
	{"64:ff9b::10.0.0.1", "CL", ""},
	{"2002:a00:1::1", "CL", ""},
	{"2002:c0a8:101::", "CL", ""},
	{"2001:0:0:0:0:0:f5ff:fffe", "CL", ""},
	{"2606:4700::5efe:10.0.0.1", "CL", ""},

	// Public ones, in disguise.
	{"::ffff:8.8.8.8", "CP", ""},
	{"64:ff9b::8.8.8.8", "CP", ""},
	{"2002:808:808::1", "CP", ""},

	// Nobody can tell where they lead.
	{"64:ff9b:1::10.0.0.1", "C", ""},
	{"64:ff9b:1::8.8.8.8", "C", ""},
	{"64:ff9b:1:a00:0:100::", "C", ""},

	// Link-local.
	{"169.254.0.1", "", "link-local"},
	{"169.254.170.2", "", "link-local"},
	{"169.254.255.255", "", "link-local"},
	{"fe80::1", "", "link-local"},
	{"febf::1", "", "link-local"},
	{"fe80::1%eth0", "", "zone"},
	{"2606:4700::1%eth0", "", "zone"},
	{"::1%lo", "", "zone"},
	{"fe80::5efe:8.8.8.8", "", "link-local"},
	{"fe80::a9fe:a9fe", "", "link-local"},
	{"::ffff:169.254.1.1", "", "link-local"},

	// Metadata services, and the ways to them.
	{"169.254.169.254", "", "metadata"},
	{"100.100.100.200", "", "metadata"},
	{"168.63.129.16", "", "metadata"},
	{"192.0.0.192", "", "metadata"},
	{"fd00:ec2::254", "", "metadata"},
	{"fd00:ec2::23", "", "metadata"},
	{"fd20:ce::254", "", "metadata"},
	{"fd00:c1::a9fe:a9fe", "", "metadata"},
	{"fd00:42::42", "", "metadata"},
	{"fd00:a9fe:a9fe::1", "", "metadata"},
	{"fd00:100::100:200", "", "metadata"},
	{"::ffff:169.254.169.254", "", "metadata"},
	{"::ffff:a9fe:a9fe", "", "metadata"},
	{"::169.254.169.254", "", "metadata"},
	{"::ffff:0:a9fe:a9fe", "", "metadata"},
	{"64:ff9b::169.254.169.254", "", "metadata"},
	{"64:ff9b::100.100.100.200", "", "metadata"},
	{"2002:a9fe:a9fe::", "", "metadata"},
	{"2001:0:4136:e378:8000:63bf:5601:5601", "", "metadata"},
	{"2606:4700::5efe:169.254.169.254", "", "metadata"},
	{"64:ff9b:1::169.254.169.254", "", "metadata"}, // prefix of 96 bits
	{"64:ff9b:1:a9fe:a9:fe00::", "", "metadata"},   // of 48
	{"64:ff9b:1:a9:fe:a9fe::", "", "metadata"},     // of 56
	{"64:ff9b:1::a9:fea9:fe00:0", "", "metadata"},  // of 64

	// Not one destination.
	{"224.0.0.1", "", "multicast"},
	{"239.255.255.255", "", "multicast"},
	{"255.255.255.255", "", "broadcast"},
	{"ff02::1", "", "multicast"},
	{"ff0e::1", "", "multicast"},
	{"::ffff:224.0.0.1", "", "multicast"},
	{"64:ff9b::255.255.255.255", "", "broadcast"},
	{"2002:e000:1::", "", "multicast"},
}

func TestPolicies(t *testing.T) {
	prefixes := func(all ...string) (list []netip.Prefix) {
		for _, p := range all {
			list = append(list, netip.MustParsePrefix(p))
		}
		return list
	}
	policies := map[string]Policy{
		"C": Configured(),
		"P": Within(prefixes("8.0.0.0/8", "93.184.216.0/24", "2606:4700::/32", "169.254.0.0/16", "fd00::/8", "fe80::/10", "ff00::/8")...),
		"L": Within(prefixes("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "127.0.0.0/8", "::1/128", "fd12::/16")...),
	}
	if len(policyTests) < 64 {
		t.Errorf("only %d addresses", len(policyTests))
	}
	for _, tt := range policyTests {
		for letter, policy := range policies {
			err := policy(netip.AddrPortFrom(netip.MustParseAddr(tt.addr), 80))
			if permitted := strings.Contains(tt.permitted, letter); (err == nil) != permitted {
				t.Errorf("%s: %s says %v", tt.addr, letter, err)
			}
			if err != nil && !strings.Contains(err.Error(), tt.why) {
				t.Errorf("%s: refused because %q, want %s", tt.addr, err, tt.why)
			}
		}
	}
}

func TestPoliciesOfPrefixes(t *testing.T) {
	tests := []struct {
		prefix, addr string
		ok           bool
	}{
		{"::ffff:10.0.0.0/104", "10.1.2.3", true},
		{"10.0.0.0/8", "::ffff:10.1.2.3", true},
		{"::/0", "10.1.2.3", false},
		{"::/0", "64:ff9b::10.1.2.3", false}, // it leads to IPv4
		{"::/0", "2606:4700::1", true},
		{"0.0.0.0/0", "0.0.0.0", true},
		{"0.0.0.0/0", "169.254.169.254", false},
		{"0.0.0.0/8", "0.0.0.0", false}, // it leads to 127.0.0.1
		{"64:ff9b:1::/48", "64:ff9b:1::8.8.8.8", false},
	}
	for _, tt := range tests {
		err := Within(netip.MustParsePrefix(tt.prefix))(netip.AddrPortFrom(netip.MustParseAddr(tt.addr), 80))
		if (err == nil) != tt.ok {
			t.Errorf("%s within %s: %v", tt.addr, tt.prefix, err)
		}
	}
	if Within()(netip.MustParseAddrPort("127.0.0.1:80")) == nil || Configured()(netip.AddrPort{}) == nil {
		t.Error("nothing is within nothing, and no address is no address")
	}
}

// TestRefusedAddressesAreNotConnectedTo has a policy that refuses an address
// where somebody listens, and every way there.
func TestRefusedAddressesAreNotConnectedTo(t *testing.T) {
	ln := listen(t, "tcp4", "127.0.0.1:0")
	addr := addrOf(ln)
	n := New(Options{}).With(Within(netip.MustParsePrefix("10.0.0.0/8")))
	mapped := netip.AddrPortFrom(netip.AddrFrom16(addr.Addr().As16()), addr.Port())
	unspecified := netip.AddrPortFrom(netip.IPv4Unspecified(), addr.Port())
	for _, to := range []netip.AddrPort{addr, mapped, unspecified} {
		_, err := n.Dial(t.Context(), to)
		for _, err := range []error{n.Touch(t.Context(), to, health.Accept), n.Touch(t.Context(), to, health.Listen), err} {
			if v, r, text := Classify(err); v != health.Indeterminate || r != health.LocalPolicy || !strings.Contains(string(text), "not among the addresses") {
				t.Errorf("%s: %s %s %s", to, v, r, text)
			}
		}
	}
	if pending(t, ln) != 0 {
		t.Error("somebody connected")
	}
	if err := n.With(Configured()).Touch(t.Context(), mapped, health.Accept); err != nil || pending(t, ln) != 1 {
		t.Errorf("permitted: %v", err)
	}
}

func FuzzPoliciesAgree(f *testing.F) {
	for _, tt := range policyTests {
		f.Add(tt.addr)
	}
	configured, all := Configured(), Within(netip.MustParsePrefix("0.0.0.0/0"), netip.MustParsePrefix("::/0"))
	f.Fuzz(func(t *testing.T, text string) {
		a, err := netip.ParseAddr(text)
		if err != nil {
			return
		}
		to := netip.AddrPortFrom(a, 80)
		if all(to) == nil && configured(to) != nil {
			t.Errorf("%s is permitted to others and not to the administrator", a)
		}
		if mapped := netip.AddrPortFrom(netip.AddrFrom16(a.As16()), 80); a.Zone() == "" && (all(mapped) == nil) != (all(to) == nil) {
			t.Errorf("%s is judged otherwise than %s", mapped, to)
		}
	})
}
