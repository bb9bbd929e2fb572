package registration

import (
	"net/netip"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
)

// TestClaim: what comes of signing up a name that somebody has.
func TestClaim(t *testing.T) {
	const (
		address = "address 192.0.2.7"
		local   = "this machine"
		token   = "token ci"
	)
	same, other := Caller{Addr: addr("192.0.2.7")}, Caller{Addr: addr("192.0.2.8")}
	for _, tt := range []struct {
		name   string
		owner  string
		by     Caller
		status health.Status
		want   Outcome
		no     Because
	}{
		{"the same address", address, same, health.Healthy, Restarted, ""},
		{"the same address of an old client", address, Caller{Addr: addr("::ffff:192.0.2.7"), Compat: true}, health.Unhealthy, Restarted, ""},
		{"the owner's token, from anywhere", address, Caller{Addr: addr("192.0.2.8"), Owns: "api"}, health.Healthy, Restarted, ""},
		{"the owner's token, through a proxy", address, Caller{Owns: "api"}, health.Healthy, Restarted, ""},
		{"the owner's token of another name", address, Caller{Addr: addr("192.0.2.8"), Owns: "db"}, health.Healthy, "", Taken},
		{"this machine", local, Caller{Local: true, Addr: addr("127.0.0.1")}, health.Healthy, Restarted, ""},
		{"the same token", token, Caller{Token: "ci", Addr: addr("192.0.2.8")}, health.Healthy, Restarted, ""},

		{"another address, while the app answers", address, other, health.Healthy, "", Taken},
		{"another address, while it may be ill", address, other, health.Degrading, "", Taken},
		{"another address, while nobody knows", address, other, health.Unknown, "", Taken},
		{"another address, when it is down", address, other, health.Unhealthy, TakenOver, ""},
		{"a token, when an address's is down", address, Caller{Token: "ci"}, health.Unhealthy, TakenOver, ""},
		{"an administrator, as anybody", address, Caller{Token: "root", Admin: true, Addr: addr("192.0.2.8")}, health.Healthy, "", Taken},
		{"an address, when a token's is down", token, other, health.Unhealthy, "", Taken},
		{"another token, when a token's is down", token, Caller{Token: "cd"}, health.Unhealthy, "", Taken},
		{"an address that is called like a token", token, Caller{Addr: netip.Addr{}, Token: "token ci"}, health.Unhealthy, "", Taken},
	} {
		r := Registration{Spec: health.Spec{Name: "api"}, Owner: tt.owner}
		got, refusal := r.Claim(tt.by, tt.status)
		if got != tt.want || (refusal == nil) != (tt.no == "") || refusal != nil && (refusal.Because != tt.no || refusal.Detail == "" || refusal.Hint == "") {
			t.Errorf("%s: %q, %v", tt.name, got, refusal)
		}
	}
}

// TestWhoMayChange what is registered, or read what is private of it.
func TestWhoMayChange(t *testing.T) {
	byAddress := &Registration{Spec: health.Spec{Name: "api"}, Owner: "address 192.0.2.7"}
	byToken := &Registration{Spec: health.Spec{Name: "api"}, Owner: "token ci"}
	for _, tt := range []struct {
		name string
		r    *Registration
		by   Caller
		may  bool
	}{
		{"the owner's token", byToken, Caller{Owns: "api"}, true},
		{"the token that signed it up", byToken, Caller{Token: "ci"}, true},
		{"the address that signed it up", byAddress, Caller{Addr: addr("192.0.2.7")}, true},
		{"an administrator", byAddress, Caller{Token: "root", Admin: true}, true},
		{"the address of whom a token signed up", byToken, Caller{Addr: addr("192.0.2.7")}, false},
		{"another token", byToken, Caller{Token: "cd"}, false},
		{"any token, of what an address signed up", byAddress, Caller{Token: "cd", Addr: addr("192.0.2.7")}, false},
		{"another address", byAddress, Caller{Addr: addr("192.0.2.8")}, false},
		{"this machine, unless it signed it up", byAddress, Caller{Local: true, Addr: addr("127.0.0.1")}, false},
		{"another's owner", byAddress, Caller{Owns: "db", Addr: addr("192.0.2.8")}, false},
		{"nobody", byAddress, Caller{}, false},
		{"nobody, of what nobody owns", &Registration{Spec: health.Spec{Name: "api"}}, Caller{}, false},
	} {
		if no := tt.r.MayChange(tt.by); (no == nil) != tt.may || no != nil && no.Because != Forbidden {
			t.Errorf("%s: %v", tt.name, no)
		}
	}
}

// TestPassed: where a registration goes with who may sign it up.
func TestPassed(t *testing.T) {
	here := addr("192.0.2.7")
	for _, tt := range []struct {
		name, owner string
		to          Caller
		want        string
		at          netip.Addr
	}{
		{"the owner's token brings it along", "address 192.0.2.7", Caller{Owns: "api", Addr: addr("192.0.2.8")}, "address 192.0.2.8", addr("192.0.2.8")},
		{"through a proxy it stays", "address 192.0.2.7", Caller{Owns: "api"}, "address 192.0.2.7", here},
		{"a token's stays the token's", "token ci", Caller{Owns: "api", Addr: addr("192.0.2.8")}, "token ci", addr("192.0.2.8")},
		{"the token elsewhere", "token ci", Caller{Token: "ci", Addr: addr("192.0.2.8")}, "token ci", addr("192.0.2.8")},
		{"the token through a proxy", "token ci", Caller{Token: "ci"}, "token ci", here},
		{"taken over by an address", "address 192.0.2.7", Caller{Addr: addr("::ffff:192.0.2.8")}, "address 192.0.2.8", addr("192.0.2.8")},
		{"taken over by a token", "address 192.0.2.7", Caller{Token: "ci", Addr: addr("192.0.2.8")}, "token ci", addr("192.0.2.8")},
	} {
		r := Registration{Owner: tt.owner, Addr: here}
		if got := r.Passed(tt.to); got.Owner != tt.want || got.Addr != tt.at || r.Owner != tt.owner {
			t.Errorf("%s: %s at %v", tt.name, got.Owner, got.Addr)
		}
	}
}
