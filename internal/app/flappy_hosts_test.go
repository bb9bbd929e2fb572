package app

import (
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/portreeve/portreeve/internal/health"
)

func TestReadHosts(t *testing.T) {
	tests := []struct{ name, list, want string }{
		{"nothing", "", "[]"},
		{"blank lines and comments alone", "\n  \n# no one\n\t# here\r\n", "[]"},
		{"names and addresses", "db1\ndb2.example.org\n10.0.0.5", "[{db1 80} {db2.example.org 80} {10.0.0.5 80}]"},
		{"in the order given, duplicates kept", "b\na\nb\nb\n", "[{b 80} {a 80} {b 80} {b 80}]"},
		{"lines of Windows", "\ufeffdb1\r\n\r\ndb2\r\n", "[{db1 80} {db2 80}]"},
		{"the last line may lack its end", "db1\ndb2", "[{db1 80} {db2 80}]"},
		{"blanks around", "  db1\t\n", "[{db1 80}]"},
		{"a comment behind a host", "db1 # the old one\ndb2\t#x", "[{db1 80} {db2 80}]"},
		{"a port of its own", "db1:8080\n10.0.0.5:22", "[{db1 8080} {10.0.0.5 22}]"},
		{"IPv6", "::1\n[::1]\n[2001:db8::1]:443\nfe80::1%eth0\n[fe80::1%eth0]:443", "[{::1 80} {::1 80} {2001:db8::1 443} {fe80::1%eth0 80} {fe80::1%eth0 443}]"},
		{"IPv6 that looks as if it had a port has none", "::1:8080", "[{::1:8080 80}]"},
		{"names with what people use", "my_db\nDB-1\nxn--grsse\nlocalhost.\nbücher.example", "[{my_db 80} {DB-1 80} {xn--grsse 80} {localhost. 80} {bücher.example 80}]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := readHosts(iotest.OneByteReader(strings.NewReader(tt.list)), 80)
			if err != nil || fmt.Sprint(got) != tt.want {
				t.Errorf("readHosts(%q) = %v, %v, want %s", tt.list, got, err, tt.want)
			}
		})
	}
}

func TestReadHostsRefuses(t *testing.T) {
	tests := []struct{ name, list, want string }{
		{"a port that is none", "db1\n\ndb2:http\n", `line 3: "db2:http" needs a port from 1 to 65535`},
		{"port 0", "db:0", `line 1: "db:0" needs a port from 1 to 65535`},
		{"a port too far", "db:65536", `line 1: "db:65536" needs a port from 1 to 65535`},
		{"a colon without a port", "db:", `line 1: "db:" needs a port from 1 to 65535`},
		{"a URL", "http://db1", `line 1: "http://db1" is a URL or a network, not a host`},
		{"a network", "10.0.0.0/8", `line 1: "10.0.0.0/8" is a URL or a network, not a host`},
		{"two hosts", "db1 db2", `line 1: "db1 db2" has ' ' in it`},
		{"two hosts, with a comma", "db1,db2", `line 1: "db1,db2" has ',' in it`},
		{"an address that is none", "10.0.0.256", `line 1: "10.0.0.256" ends in a number, but is no IP address`},
		{"half an address", "[::1", `line 1: "[::1" has '[' in it`},
		{"a user", "root@db1", `line 1: "root@db1" has '@' in it`},
		{"a # within", "db#1", `line 1: "db#1" has '#' in it`},
		{"a control character", "db\x1b[31m", `line 1: "db\x1b[31m" has '\x1b' in it`},
		{"bytes that are no text", "db\xff", `line 1: "db�" has '�' in it`},
		{"UTF-16", "\xff\xfed\x00b\x00", "the list of hosts is UTF-16; save it as UTF-8"},
		{"a line without an end", "db1\n" + strings.Repeat("a", 5000), "line 2 is longer than 4096 bytes"},
		{"every one of them", "a b\nok\nc:d\n", "line 1: \"a b\" has ' ' in it\nline 3: \"c:d\" needs a port from 1 to 65535"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, err := readHosts(strings.NewReader(tt.list), 80)
			var usage UsageError
			if !errors.As(err, &usage) || err.Error() != tt.want {
				t.Errorf("readHosts(%q) = %v, want the usage error\n%s", tt.list, err, tt.want)
			}
		})
	}
}

func TestReadHostsTellsTwentyMistakes(t *testing.T) {
	_, err := readHosts(strings.NewReader(strings.Repeat("a b\n", 100)), 80)
	lines := strings.Split(err.Error(), "\n")
	if len(lines) != 21 || lines[19] != `line 20: "a b" has ' ' in it` || lines[20] != "and 80 more like these" {
		t.Errorf("%d lines, the last %q", len(lines), lines[len(lines)-1])
	}
}

// TestAnErrorOfTheReaderIsNoUsageError: the list was cut off, not wrong.
func TestAnErrorOfTheReaderIsNoUsageError(t *testing.T) {
	_, err := readHosts(io.MultiReader(strings.NewReader("db1\n"), iotest.ErrReader(io.ErrUnexpectedEOF)), 80)
	var usage UsageError
	if !errors.Is(err, io.ErrUnexpectedEOF) || errors.As(err, &usage) {
		t.Errorf("readHosts = %v", err)
	}
}

func TestParseHosts(t *testing.T) {
	got, err := parseHosts([]string{"db1", "[::1]:8080", "db1"}, 80)
	if err != nil || fmt.Sprint(got) != "[{db1 80} {::1 8080} {db1 80}]" {
		t.Errorf("parseHosts = %v, %v", got, err)
	}
	_, err = parseHosts([]string{"db1", "", "a b"}, 80)
	if !usageWithHint(err) || err.Error() != "host \"\" is empty\nhost \"a b\" has ' ' in it" {
		t.Errorf("parseHosts = %v", err)
	}
}

// FuzzReadHosts: whatever is read, hosts can be asked and shown, or the list is
// refused.
func FuzzReadHosts(f *testing.F) {
	f.Add("db1\r\n# x\n[::1]:80 # y\n\n10.0.0.5:22\n")
	f.Add("\ufeffdb1:8080\nfe80::1%eth0")
	f.Fuzz(func(t *testing.T, list string) {
		hosts, err := readHosts(strings.NewReader(list), 80)
		if err != nil {
			var usage UsageError
			if !errors.As(err, &usage) || err.Error() == "" {
				t.Fatalf("%q: %v", list, err)
			}
			return
		}
		if len(hosts) > strings.Count(list, "\n")+1 {
			t.Fatalf("%q: %d hosts", list, len(hosts))
		}
		for _, h := range hosts {
			if err := health.CheckHost(h.name); err != nil || h.port == 0 {
				t.Fatalf("%q: %+v: %v", list, h, err)
			}
		}
	})
}
