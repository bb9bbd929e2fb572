package canary

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

func TestNameservers(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"one", "nameserver 9.9.9.9\n", "[9.9.9.9]"},
		{"among others", "search example.org\n# nameserver 1.1.1.1\nnameserver\t2001:db8::53  # ours\noptions edns0\nnameserver fe80::1%eth0", "[2001:db8::53 fe80::1%eth0]"},
		{"no more than the C library asks", "nameserver 10.0.0.1\nnameserver 10.0.0.2\nnameserver 10.0.0.3\nnameserver 10.0.0.4\n", "[10.0.0.1 10.0.0.2 10.0.0.3]"},
		{"one of our own is none", "nameserver 127.0.0.53\nnameserver ::1\nnameserver 0.0.0.0\n", "[]"},
		{"what is no address", "nameserver dns.example.org\nnameserver\nnameserver 1.2.3\n", "[]"},
		{"IPv4 in IPv6", "nameserver ::ffff:10.0.0.1\n", "[10.0.0.1]"},
		{"CRLF", "nameserver 10.0.0.1\r\n", "[10.0.0.1]"},
	}
	for _, tt := range tests {
		if got := fmt.Sprint(nameservers(tt.text)); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
}

// TestResolversOfAStub looks where the stub itself asks.
func TestResolversOfAStub(t *testing.T) {
	dir := t.TempDir()
	stub, upstream := filepath.Join(dir, "stub"), filepath.Join(dir, "upstream")
	must(t, os.WriteFile(stub, []byte("nameserver 127.0.0.53\n"), 0o644))
	if got := resolvers(stub, upstream); got != nil {
		t.Errorf("a stub alone: %v", got)
	}
	must(t, os.WriteFile(upstream, []byte("nameserver 10.0.0.1\n"), 0o644))
	if got := fmt.Sprint(resolvers(stub, upstream)); got != "[10.0.0.1]" {
		t.Errorf("behind a stub: %s", got)
	}
}

func FuzzNameservers(f *testing.F) {
	f.Add("nameserver 9.9.9.9\nnameserver fe80::1%eth0\r\n")
	f.Add("nameserver\x00nameserver ::")
	f.Fuzz(func(t *testing.T, text string) {
		all := nameservers(text)
		if len(all) > maxResolvers {
			t.Fatalf("%d resolvers", len(all))
		}
		for _, a := range all {
			if !a.IsValid() || a.IsLoopback() || a.Is4In6() {
				t.Fatalf("%v is no resolver elsewhere", a)
			}
		}
	})
}
