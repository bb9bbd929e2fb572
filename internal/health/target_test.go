package health

import (
	"net/netip"
	"strings"
	"testing"
)

func TestParseTarget(t *testing.T) {
	tests := []struct {
		name, text string
		want       Target
	}{
		{"a URL", "tcp://db:5432", Target{"tcp", "db", 5432, ""}},
		{"a slash behind it", "tcp://db:5432/", Target{"tcp", "db", 5432, ""}},
		{"any case of the kind", "TCP://db:5432", Target{"tcp", "db", 5432, ""}},
		{"tls", "tls://db:443", Target{"tls", "db", 443, ""}},
		{"ssl is tls", "ssl://db:443", Target{"tls", "db", 443, ""}},
		{"http has a port", "http://api", Target{"http", "api", 80, "/"}},
		{"https too", "https://api/", Target{"https", "api", 443, "/"}},
		{"path and query stay as they are", "http://api:8080/a%2Fb/?q=1&r", Target{"http", "api", 8080, "/a%2Fb/?q=1&r"}},
		{"a query alone", "http://api?q", Target{"http", "api", 80, "/?q"}},
		{"a kind that is for others to know", "gopher://h:70", Target{"gopher", "h", 70, ""}},

		{"bare means tcp", "db:5432", Target{"tcp", "db", 5432, ""}},
		{"a name like a kind", "tcp:80", Target{"tcp", "tcp", 80, ""}},
		{"an underscore", "my_service:80", Target{"tcp", "my_service", 80, ""}},
		{"a name from the root", "db.example.org.:80", Target{"tcp", "db.example.org.", 80, ""}},
		{"a name in other letters", "tcp://größe.example:80", Target{"tcp", "größe.example", 80, ""}},
		{"IPv4", "10.0.0.5:80", Target{"tcp", "10.0.0.5", 80, ""}},
		{"IPv6", "[2001:db8::1]:80", Target{"tcp", "2001:db8::1", 80, ""}},
		{"IPv6 as URL", "https://[::1]/x", Target{"https", "::1", 443, "/x"}},
		{"a zone as RFC 6874 has it", "tcp://[fe80::1%25eth0]:80", Target{"tcp", "fe80::1%eth0", 80, ""}},
		{"a zone as everybody writes it", "[fe80::1%eth0]:80", Target{"tcp", "fe80::1%eth0", 80, ""}},
		{"what only looks like one", "http://[::1]/%41?x=]", Target{"http", "::1", 80, "/%41?x=]"}},

		{"a heartbeat", "push://backup", Target{"push", "backup", 0, ""}},
		{"a slash behind it, too", "PUSH://backup/", Target{"push", "backup", 0, ""}},
		{"a heartbeat named like an address", "push://10.0.0.5", Target{"push", "10.0.0.5", 0, ""}},
		{"a heartbeat with every character of a name", "push://0a._-", Target{"push", "0a._-", 0, ""}},

		{"a load balancer's TCP", "TCP:80", Target{"tcp", "localhost", 80, ""}},
		{"its SSL", "SSL:443", Target{"tls", "localhost", 443, ""}},
		{"its HTTP", "HTTP:80/path?q", Target{"http", "localhost", 80, "/path?q"}},
		{"its HTTP without a path", "HTTP:8080", Target{"http", "localhost", 8080, "/"}},
		{"its HTTPS", "HTTPS:443/ping", Target{"https", "localhost", 443, "/ping"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got, err := ParseTarget(tt.text)
			if err != nil || got != tt.want {
				t.Errorf("ParseTarget(%q) = %+v, %v", tt.text, got, err)
			}
			if again, err := ParseTarget(got.String()); err != nil || again != got {
				t.Errorf("its String %q is read as %+v, %v", got, again, err)
			}
		})
	}
}

func TestParseTargetRefuses(t *testing.T) {
	tests := map[string]string{ // with these words
		"":                                  "names no host",
		"tcp://":                            "names no host",
		"tcp://:80":                         "names no host",
		"/etc/passwd":                       "names no host",
		"db":                                "needs a port",
		"tcp://db":                          "needs a port",
		"tcp://db:":                         "needs a port",
		"tcp://db:0":                        "needs a port",
		"http://db:0":                       "needs a port",
		"tcp://db:65536":                    "needs a port",
		"TCP:":                              "needs a port",
		"db:http":                           "is no URL",
		"db:-1":                             "is no URL",
		"db:+80":                            "is no URL",
		"://":                               "is no URL",
		"http://h/%zz":                      "is no URL",
		"tcp://a b:1":                       "is no URL",
		"tcp://a\x00:1":                     "is no URL",
		"[::1:80":                           "is no URL",
		"::1":                               "brackets",
		"::1:80":                            "brackets",
		"tcp://2001:db8::1:80/x":            "brackets",
		"[::1]":                             "needs a port",
		"db:80/path":                        "tcp://HOST:PORT alone",
		"tls://db:443?q":                    "tls://HOST:PORT alone",
		"http://h/#x":                       "#",
		"tcp://a\u202eb:1":                  `has '\u202e' in it`,
		"tcp://a*:1":                        "has '*' in it",
		"10.0.0.256:80":                     "no IP address",
		"127.1:80":                          "no IP address",
		"-n:80":                             "begins with a dash",
		"a..b:80":                           "a dot too many",
		".:80":                              "is empty",
		"[fe80::1%25a\x1b]:80":              "is no URL",
		"[fe80::1%2541234567890123456]:80":  "no name of an interface",
		"push://":                           "names no check",
		"push:///x":                         "push://NAME alone",
		"push://backup:80":                  "push://NAME alone",
		"push://backup/start":               "push://NAME alone",
		"push://backup?x":                   "push://NAME alone",
		"push://backup#x":                   "push://NAME alone",
		"push://Backup":                     "63 at most",
		"push://[::1]":                      "63 at most",
		"push://user:secret@backup":         "user or password",
		"push://" + strings.Repeat("a", 64): "63 at most",
		strings.Repeat("a", 64) + ":80":     "63 characters",
		strings.Repeat("a.", 127) + "b:80":  "253 characters",
	}
	for text, words := range tests {
		got, err := ParseTarget(text)
		if err == nil || got != (Target{}) || !strings.Contains(err.Error(), words) {
			t.Errorf("ParseTarget(%q) = %+v, %v, want %q in the error", text, got, err, words)
		}
	}
}

// TestErrorsHoldNoPassword: people paste URLs that do.
func TestErrorsHoldNoPassword(t *testing.T) {
	for _, text := range []string{
		"https://user:secret@h/", "https://secret@h/", "tcp://user:se@cret@h:1", "user:secret@h:80", "tcp://user:secret secret@h:1", "http://user:secret@:80", "http://user:secret@h/%zz",
	} {
		_, err := ParseTarget(text)
		if err == nil || strings.Contains(err.Error(), "cret") {
			t.Errorf("ParseTarget(%q) = %v, want an error without the password", text, err)
		}
	}
}

func TestTargetAddr(t *testing.T) {
	for text, want := range map[string]string{"10.0.0.5:80": "10.0.0.5:80", "[::1]:80": "[::1]:80", "[fe80::1%eth0]:80": "[fe80::1%eth0]:80", "db:80": "", "push://10.0.0.5": ""} {
		target, err := ParseTarget(text)
		if err != nil {
			t.Fatal(err)
		}
		addr, ok := target.Addr()
		if ok != (want != "") || ok && addr != netip.MustParseAddrPort(want) {
			t.Errorf("%q: Addr() = %v, %v", text, addr, ok)
		}
		if want != "" && target.HostPort() != want {
			t.Errorf("%q: HostPort() = %q", text, target.HostPort())
		}
	}
}

// FuzzParseTarget: what is taken is a target that is written and read as the
// same, with a host that cannot act on a terminal, and what is not says so.
func FuzzParseTarget(f *testing.F) {
	for _, text := range []string{"tcp://db:5432", "[fe80::1%eth0]:80", "HTTP:80/a?b=c#d", "https://u:p@h/%41", "::1", "a:b:1", "ssl://größe:1", "http://h?", "http://h//x", "push://a.b", "push://10.0.0.1/"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		got, err := ParseTarget(text)
		if err != nil {
			if got != (Target{}) {
				t.Fatalf("%q: %+v beside %v", text, got, err)
			}
			return
		}
		if again, err := ParseTarget(got.String()); err != nil || again != got {
			t.Fatalf("%q is %+v, written %q, read again as %+v, %v", text, got, got, again, err)
		}
		if got.IsPush() {
			if !validName.MatchString(got.Host) || got.Port != 0 || got.Path != "" {
				t.Fatalf("%q is %+v", text, got)
			}
			return
		}
		if err := CheckHost(got.Host); err != nil || got.Port == 0 || got.Kind == "" {
			t.Fatalf("%q is %+v: %v", text, got, err)
		}
	})
}
