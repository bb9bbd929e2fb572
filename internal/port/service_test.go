package port

import (
	"net/netip"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/foreign"
)

func TestServiceOf(t *testing.T) {
	node := Process{Exe: "/usr/bin/node", Name: "node", UID: 1000, Script: "/srv/shop/server.js", Cwd: "/srv/shop"}
	tests := []struct {
		name  string
		owner Owner
		want  string
		kind  ServiceKind
	}{
		{"a container before all", Owner{Known: true, Leader: &node, Unit: "docker.service", Container: "web-1"}, "web-1", ByContainer},
		{"a container's hash is shortened", Owner{Known: true, Container: foreign.Text(strings.Repeat("0123456789abcdef", 4))}, "0123456789ab", ByContainer},
		{"a unit before the executable", Owner{Known: true, Leader: &node, Unit: "shop.service"}, "shop.service", ByUnit},
		{"an empty script name says its directory", Owner{Known: true, Leader: &node}, "shop", ByScript},
		{"a script by its name", Owner{Known: true, Leader: &Process{Exe: "/usr/bin/python3.11", Script: "worker.py", Cwd: "/"}}, "worker.py", ByScript},
		{"an executable by its file", Owner{Known: true, Leader: &Process{Exe: "/usr/sbin/nginx", Name: "lies"}}, "nginx", ByExecutable},
		{"nothing known but the user", Owner{}, "", ByUser},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := ServiceOf(Socket{Owner: tt.owner})
			if string(got.Name) != tt.want || got.Kind != tt.kind {
				t.Errorf("service %q by %s, want %q by %s", got.Name, got.Kind, tt.want, tt.kind)
			}
		})
	}
	other := node
	other.Cwd = "/srv/other"
	if ServiceOf(Socket{Owner: Owner{Leader: &node}}).Key == ServiceOf(Socket{Owner: Owner{Leader: &other}}).Key {
		t.Error("one script in two directories is one service")
	}
}

func TestInterpreter(t *testing.T) {
	for exe, want := range map[string]bool{
		"/usr/bin/node": true, "/usr/bin/python3.11": true, "/opt/jdk/bin/java": true, "/usr/sbin/php-fpm8.2": true,
		"/usr/sbin/nginx": false, "/usr/bin/nodejs-like": false, "": false,
	} {
		if got := Interpreter(exe); got != want {
			t.Errorf("Interpreter(%q) = %v", exe, got)
		}
	}
}

func TestScopeOf(t *testing.T) {
	tests := map[string]Scope{
		"0.0.0.0": All, "::": All, "127.0.0.1": Loopback, "127.9.9.9": Loopback, "::1": Loopback, "::ffff:127.0.0.1": Loopback,
		"10.1.2.3": Private, "172.16.0.1": Private, "192.168.1.1": Private, "100.64.0.1": Private, "fd00::1": Private,
		"169.254.1.1": LinkLocal, "fe80::1": LinkLocal, "8.8.8.8": Public, "2001:db8::1": Public, "172.32.0.1": Public,
	}
	for addr, want := range tests {
		if got := ScopeOf(netip.MustParseAddr(addr)); got != want {
			t.Errorf("ScopeOf(%s) = %s, want %s", addr, got, want)
		}
	}
	if Loopback.Exposed() || !All.Exposed() || All.Wider(Loopback) != All || Scope("").Wider(Loopback) != Loopback {
		t.Error("the order of scopes is wrong")
	}
}
