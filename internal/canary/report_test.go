package canary

import (
	"net/netip"
	"slices"
	"testing"
)

func TestReport(t *testing.T) {
	if !alone(t) {
		return
	}
	w := newWorld(t, otherHost, "10.1.0.4", "127.0.0.53")
	w.far.resolver(otherHost)
	ip(t, "link add eth9 type veth peer name eth8", "link set eth9 up")
	r, err := w.canary.Report(t.Context())
	must(t, err)
	links := map[string]string{}
	for _, l := range r.Links {
		if links[string(l.Name)] = l.Trouble; l.OK != (l.Trouble == "") {
			t.Errorf("%+v", l)
		}
	}
	if len(links) != 3 || links["eth0"] != "" || links["eth9"] != "has lost its carrier" || links["eth8"] != "is down" {
		t.Errorf("links: %v", links)
	}
	standing := func(r Report, as role, address string) Standing {
		i := slices.IndexFunc(r.Witnesses, func(o WitnessReport) bool { return o.Role == string(as) && o.Address == netip.MustParseAddr(address) })
		if i < 0 {
			t.Fatalf("no %s %s: %+v", as, address, r.Witnesses)
		}
		if one := r.Witnesses[i]; one.Link != "eth0" || (one.Standing == Answers) != (one.Way != "" && !one.Answered.IsZero()) && one.Standing != Silent {
			t.Errorf("%+v", one)
		}
		return r.Witnesses[i].Standing
	}
	if standing(r, gateway, theGateway) != Answers || standing(r, gateway, "fe80::1") != Answers || standing(r, resolver, otherHost) != Answers || standing(r, resolver, "10.1.0.4") != Mute {
		t.Errorf("all is well: %+v", r.Witnesses)
	}
	if len(r.Witnesses) != 4 || r.Witnesses[0].Role != string(gateway) {
		t.Errorf("gateways come first, each once: %+v", r.Witnesses)
	}
	w.lan.run("ip", "link set port1 down")
	r, err = w.canary.Report(t.Context())
	must(t, err)
	if standing(r, gateway, theGateway) != Silent || standing(r, resolver, otherHost) != Silent || standing(r, resolver, "10.1.0.4") != Mute {
		t.Errorf("the switch is dead: %+v", r.Witnesses)
	}
}
