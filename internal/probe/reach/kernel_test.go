package reach

import (
	"context"
	"net"
	"net/netip"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestWhatTheKernelSays asks the real kernel for everything in the table, in
// both families. Silence of less than a second tells nothing about our own
// firewall, so what is to be silent is given more.
func TestWhatTheKernelSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tests := []struct {
		name    string
		v4, v6  string
		verdict health.Verdict
		reason  health.Reason
		text    string // of the IPv4 one, behind the address; | parts that of IPv6
	}{
		{"a server", "192.0.2.2:8000", "[2001:db8::2]:8000", health.Pass, "", ""},
		{"a closed port", "192.0.2.2:80", "[2001:db8::2]:80", health.Fail, health.Refused, "connection refused"},
		{"a closed port of our own", "127.0.0.1:80", "[::1]:80", health.Fail, health.Refused, "connection refused"},
		{"their firewall drops", "192.0.2.2:91", "[2001:db8::2]:91", health.Fail, health.Timeout, "no answer"},
		{"their firewall says port unreachable", "192.0.2.2:92", "[2001:db8::2]:92", health.Fail, health.Refused, "connection refused"},
		{"their firewall says prohibited", "192.0.2.2:93", "[2001:db8::2]:93", health.Fail, health.Unreachable, "no route to host|permission denied"},
		{"their firewall says host unreachable", "192.0.2.2:94", "[2001:db8::2]:94", health.Fail, health.Unreachable, "no route to host: nobody of that address on the link"},
		{"their firewall resets", "192.0.2.2:95", "[2001:db8::2]:95", health.Fail, health.Refused, "connection refused"},
		{"nobody on the link", "192.0.2.77:80", "[2001:db8::77]:80", health.Fail, health.Unreachable, "no route to host: nobody of that address on the link"},
		{"a router says prohibited", "198.51.100.1:80", "[2001:db8:1:a::1]:80", health.Fail, health.Unreachable, "no route to host, says 192.0.2.2|permission denied, says 2001:db8::2"},
		{"a router is a black hole", "198.51.100.17:80", "[2001:db8:1:b::1]:80", health.Fail, health.Timeout, "no answer"},
		{"a router says host unreachable", "198.51.100.33:80", "[2001:db8:1:c::1]:80", health.Fail, health.Unreachable, "no route to host, says 192.0.2.2|no route to host, says 2001:db8::2"},
		{"a router says network unreachable", "198.51.100.49:80", "[2001:db8:1:d::1]:80", health.Indeterminate, health.LocalNetwork, "network is unreachable, says 192.0.2.2|network is unreachable, says 2001:db8::2"},
		{"our prohibit route", "203.0.113.1:80", "[2001:db8:a::1]:80", health.Indeterminate, health.LocalNetwork, "permission denied"},
		{"our blackhole route", "203.0.113.17:80", "[2001:db8:b::1]:80", health.Indeterminate, health.LocalNetwork, "invalid argument"},
		{"our unreachable route", "203.0.113.33:80", "[2001:db8:c::1]:80", health.Indeterminate, health.LocalNetwork, "no route to host"},
		{"no route", "203.0.113.200:80", "[2001:db8:d::1]:80", health.Indeterminate, health.LocalNetwork, "network is unreachable"},
		{"our firewall drops", "192.0.2.2:81", "[2001:db8::2]:81", health.Indeterminate, health.LocalNetwork, "no answer: this machine did not let the packets out"},
		{"our firewall says port unreachable", "192.0.2.2:82", "[2001:db8::2]:82", health.Indeterminate, health.LocalNetwork, "connection refused: rejected on the way out by this machine itself"},
		{"our firewall says prohibited", "192.0.2.2:83", "[2001:db8::2]:83", health.Indeterminate, health.LocalNetwork, "no route to host: rejected on the way out by this machine itself|permission denied: rejected on the way out by this machine itself"},
		{"our firewall says no route", "192.0.2.2:84", "[2001:db8::2]:84", health.Indeterminate, health.LocalNetwork, "network is unreachable: rejected on the way out by this machine itself"},
	}
	n := New(Options{})
	ways := map[string]func(context.Context, netip.AddrPort) error{
		"touched":         func(ctx context.Context, to netip.AddrPort) error { return n.Touch(ctx, to, health.Accept) },
		"touched by half": func(ctx context.Context, to netip.AddrPort) error { return n.Touch(ctx, to, health.Listen) },
		"dialled": func(ctx context.Context, to netip.AddrPort) error {
			c, err := n.Dial(ctx, to)
			if err == nil {
				c.Close()
			}
			return err
		},
	}
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, tt := range tests {
		text4, text6, differ := strings.Cut(tt.text, "|")
		if !differ {
			text6 = text4
		}
		for target, text := range map[string]string{tt.v4: text4, tt.v6: text6} {
			if text != "" {
				text = target + ": " + text
			}
			for how, way := range ways {
				wg.Go(func() {
					w.in(w.here, func() {
						ctx, cancel := context.WithTimeout(t.Context(), 4500*time.Millisecond)
						defer cancel()
						verdict, reason, said := Classify(way(ctx, netip.MustParseAddrPort(target)))
						if verdict != tt.verdict || reason != tt.reason || string(said) != text {
							t.Errorf("%s, %s: %s %s %q, want %s %s %q", tt.name, how, verdict, reason, said, tt.verdict, tt.reason, text)
						}
					})
				})
			}
		}
	}
}

// TestNobodyOnTheLinkYet gives up before the kernel does: the packets wait for
// the target's address on the link, which looks much like a firewall of our own.
func TestNobodyOnTheLinkYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	n := New(Options{})
	var wg sync.WaitGroup
	defer wg.Wait()
	for _, target := range []string{"192.0.2.77:80", "[2001:db8::77]:80"} {
		for _, timeout := range []time.Duration{500 * time.Millisecond, 1500 * time.Millisecond, 2500 * time.Millisecond} {
			wg.Go(func() {
				w.in(w.here, func() {
					ctx, cancel := context.WithTimeout(t.Context(), timeout)
					defer cancel()
					if v, r, text := Classify(n.Touch(ctx, netip.MustParseAddrPort(target), health.Accept)); v != health.Fail || r != health.Timeout {
						t.Errorf("after %v: %s %s %s", timeout, v, r, text)
					}
				})
			})
		}
	}
}

// TestOwnLinkDown has the own link down: the kernel says so at once.
func TestOwnLinkDown(t *testing.T) {
	w := newWorld(t)
	n := New(Options{})
	w.in(w.here, func() {
		ip(t, "link set eth0 down")
		for _, target := range []string{"192.0.2.2:8000", "[2001:db8::2]:8000", "198.51.100.1:80"} {
			began := time.Now()
			v, r, text := Classify(n.Touch(t.Context(), netip.MustParseAddrPort(target), health.Accept))
			if v != health.Indeterminate || r != health.LocalNetwork || time.Since(began) > time.Second {
				t.Errorf("%s: %s %s %s after %v", target, v, r, text, time.Since(began))
			}
		}
	})
}

// TestNoIPv6Here: the kernel says that there is no address to ask from as it
// says that there is no port.
func TestNoIPv6Here(t *testing.T) {
	enterNetNS(t)
	sysctl(t, "net/ipv6/conf/all/disable_ipv6", "1")
	v, r, text := Classify(New(Options{}).Touch(t.Context(), netip.MustParseAddrPort("[::1]:80"), health.Accept))
	if v != health.Indeterminate || r != health.LocalNetwork || text != "[::1]:80: cannot assign requested address: this machine has no address to ask from" {
		t.Errorf("%s %s %s", v, r, text)
	}
}

// TestLocalPorts has a range of 200 ports. Our own checks never use it up, for
// a reset frees the port at once; the connections of others may.
func TestLocalPorts(t *testing.T) {
	enterNetNS(t)
	sysctl(t, "net/ipv4/ip_local_port_range", "40000 40199")
	ln := listen(t, "tcp4", "127.0.0.1:0")
	acceptAll(ln)
	n := New(Options{})
	for i := range 2000 {
		if err := n.Touch(t.Context(), addrOf(ln), health.Accept); err != nil {
			t.Fatalf("check %d: %v", i, err)
		}
	}
	var err error
	for i := 0; err == nil; i++ {
		if i > 200 {
			t.Fatal("more connections than ports")
		}
		var c net.Conn
		if c, err = n.Dial(t.Context(), addrOf(ln)); err == nil {
			defer c.Close()
		}
	}
	if v, r, text := Classify(err); v != health.Indeterminate || r != health.LocalPorts {
		t.Errorf("%s %s %s", v, r, text)
	}
}
