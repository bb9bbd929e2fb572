package registration

import (
	"net/netip"
	"testing"
)

// TestWhoSomebodyIs: their identity, and what they are counted by.
func TestWhoSomebodyIs(t *testing.T) {
	for _, tt := range []struct {
		name     string
		by       Caller
		identity string
		alike    Caller // counts as the same
	}{
		{"a token, wherever it is shown", Caller{Token: "ci", Addr: addr("192.0.2.7")}, "token ci", Caller{Token: "ci", Local: true}},
		{"this machine", Caller{Local: true, Addr: addr("127.0.0.1")}, "this machine", Caller{Local: true, Addr: addr("192.0.2.1")}},
		{"an address", Caller{Addr: addr("192.0.2.7")}, "address 192.0.2.7", Caller{Addr: addr("::ffff:192.0.2.7"), Compat: true}},
		{"an IPv6 address counts with its network", Caller{Addr: addr("2001:db8::7")}, "address 2001:db8::7", Caller{Addr: addr("2001:db8::ffff:7")}},
		{"nobody", Caller{}, "", Caller{Compat: true}},
	} {
		if got := tt.by.Identity(); got != tt.identity || tt.by.Known() != (got != "") {
			t.Errorf("%s: %q", tt.name, got)
		}
		if tt.by.Key() != tt.alike.Key() {
			t.Errorf("%s: %v and %v do not count as one", tt.name, tt.by.Key(), tt.alike.Key())
		}
		if r := (&Registration{Owner: tt.by.Identity()}); r.Key() != tt.by.Key() {
			t.Errorf("%s: what it signs up counts as %v's, not %v's", tt.name, r.Key(), tt.by.Key())
		}
	}
	if owner := (Caller{Owns: "api"}); owner.Identity() != "" {
		t.Errorf("an owner's token is no identity, and this is %q", owner.Identity())
	}
	different := []Caller{{}, {Owns: "api"}, {Owns: "db"}, {Token: "ci"}, {Token: "cd"}, {Local: true}, {Addr: addr("192.0.2.7")}, {Addr: addr("192.0.2.8")}, {Addr: addr("2001:db8::7")}, {Addr: addr("2001:db8:0:1::7")}}
	seen := map[Key]Caller{}
	for _, by := range different {
		if other, ok := seen[by.Key()]; ok {
			t.Errorf("%+v counts as %+v", by, other)
		}
		seen[by.Key()] = by
	}
}

func TestByIsForPeople(t *testing.T) {
	for want, by := range map[string]Caller{
		"ci": {Token: "ci"}, "this machine": {Local: true}, "address 192.0.2.7": {Addr: addr("192.0.2.7"), Owns: "api"}, "owner of api": {Owns: "api"},
	} {
		if got := by.By(); got != want {
			t.Errorf("%+v: %q, want %q", by, got, want)
		}
	}
}

// TestDoor: who may sign up without a token.
func TestDoor(t *testing.T) {
	door := Door{Allow: []netip.Prefix{netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("2001:db8::/32")}}
	for _, tt := range []struct {
		name string
		by   Caller
		in   bool
	}{
		{"this machine", Caller{Local: true, Addr: addr("127.0.0.1")}, true},
		{"a network that is allowed", Caller{Addr: addr("192.0.2.7")}, true},
		{"the same in IPv6's notation", Caller{Addr: addr("::ffff:192.0.2.7")}, true},
		{"an IPv6 network that is allowed", Caller{Addr: addr("2001:db8::7")}, true},
		{"another network", Caller{Addr: addr("198.51.100.7")}, false},
		{"a link, for it is no network", Caller{Addr: addr("fe80::1%eth0")}, false},
		{"one for whom a proxy asks", Caller{}, false},
		{"an owner's token opens no door", Caller{Owns: "api"}, false},
	} {
		if got := door.Admits(tt.by); got != tt.in {
			t.Errorf("%s: %v", tt.name, got)
		}
	}
	if !(Door{}).Admits(Caller{Local: true}) || (Door{}).Admits(Caller{Addr: addr("192.0.2.7")}) {
		t.Error("a door that names no network is open to this machine alone")
	}
}
