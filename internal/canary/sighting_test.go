package canary

import (
	"net/netip"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// TestExcuse is the rule, one line for each thing that can be seen.
func TestExcuse(t *testing.T) {
	now := time.Unix(1000, 0)
	before := now.Add(-40 * time.Second)
	gw, dns := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("9.9.9.9")
	target := netip.MustParseAddr("192.0.2.7")
	seen := func(as role, a netip.Addr, trusted time.Time) sighting {
		return sighting{role: as, address: a, beyond: as == resolver, trusted: trusted}
	}
	alive := func(s sighting) sighting { s.alive = true; return s }
	lost := func(s sighting) sighting { s.lost = true; return s }
	starved := func(s sighting) sighting { s.starved = true; return s }
	outlived := func(s sighting) sighting { s.outlived = true; return s }
	near := func(s sighting) sighting { s.beyond = false; return s }
	g, newcomer := seen(gateway, gw, before), seen(gateway, gw, time.Time{})
	r, strange := seen(resolver, dns, before), seen(resolver, dns, time.Time{})
	own := near(seen(resolver, gw, before)) // the gateway is the resolver

	through, on := path{1, gw}, path{link: 1}
	tests := []struct {
		name   string
		look   look
		silent netip.Addr
		reason health.Reason
		text   string
	}{
		{"nobody can tell anything", look{path: through}, target, "", ""},
		{"nobody can tell anything of the link", look{path: on}, target, "", ""},
		{"the link carries nothing", look{path: on, trouble: "has lost its carrier"}, target, health.LocalNetwork, "eth0 has lost its carrier"},
		{"nor to who else could tell", look{path: through, trouble: "is down"}, gw, health.LocalNetwork, "eth0 is down"},

		{"the gateway answers", look{path: through, witnesses: []sighting{alive(g)}}, target, "", ""},
		{"the gateway is silent", look{path: through, witnesses: []sighting{g}}, target, health.LocalNetwork, "the gateway 10.0.0.1 on eth0 does not answer and did 40 s ago"},
		{"it always was", look{path: through, witnesses: []sighting{newcomer}}, target, "", ""},
		{"it cannot be found", look{path: through, witnesses: []sighting{lost(g)}}, target, health.LocalNetwork, "the gateway 10.0.0.1 on eth0 cannot be found and answered 40 s ago"},
		{"it never was found", look{path: through, witnesses: []sighting{lost(newcomer)}}, target, health.LocalNetwork, "the gateway 10.0.0.1 on eth0 cannot be found"},
		{"it answers as a resolver", look{path: through, witnesses: []sighting{g, alive(own)}}, target, "", ""},
		{"others on the link do not matter beyond it", look{path: through, others: true, witnesses: []sighting{g}}, target, health.LocalNetwork, "the gateway 10.0.0.1 on eth0 does not answer and did 40 s ago"},

		{"all answer", look{path: through, witnesses: []sighting{alive(g), alive(r)}}, target, "", ""},
		{"the resolver answers through a silent gateway", look{path: through, witnesses: []sighting{g, alive(r)}}, target, "", ""},
		{"nothing answers beyond the gateway", look{path: through, witnesses: []sighting{alive(g), r}}, target, health.LocalNetwork, "nothing answers beyond the gateway 10.0.0.1 on eth0: the resolver 9.9.9.9 did 40 s ago"},
		{"nor did it ever", look{path: through, witnesses: []sighting{alive(g), strange}}, target, "", ""},
		{"others answer beyond the gateway", look{path: through, witnesses: []sighting{alive(g), outlived(r)}}, target, "", ""},
		{"others answer through a silent gateway", look{path: through, witnesses: []sighting{outlived(g)}}, target, "", ""},
		{"a mute gateway and a silent resolver", look{path: through, witnesses: []sighting{newcomer, r}}, target, health.LocalNetwork, "nothing answers beyond the gateway 10.0.0.1 on eth0: the resolver 9.9.9.9 did 40 s ago"},
		{"the resolver is no witness of itself", look{path: through, witnesses: []sighting{alive(g), r}}, dns, "", ""},

		{"on the link, the gateway answers", look{path: on, witnesses: []sighting{alive(g)}}, target, "", ""},
		{"on the link, the gateway is silent", look{path: on, witnesses: []sighting{g}}, target, health.LocalNetwork, "nobody answers on eth0: the gateway 10.0.0.1 did 40 s ago"},
		{"on the link, another was heard", look{path: on, others: true, witnesses: []sighting{g}}, target, "", ""},
		{"on the link, a gateway that was never there", look{path: on, witnesses: []sighting{lost(newcomer)}}, target, "", ""},
		{"the gateway is no witness of itself", look{path: on, witnesses: []sighting{g, own}}, gw, "", ""},
		{"a resolver is heard through the link", look{path: on, witnesses: []sighting{newcomer, alive(r)}}, target, "", ""},

		{"nobody could be asked", look{path: through, witnesses: []sighting{starved(g)}}, target, health.LocalFDs, "no descriptor was left to ask the gateway 10.0.0.1"},
		{"but another was heard", look{path: through, witnesses: []sighting{starved(g), alive(r)}}, target, "", ""},
		{"nor would have answered", look{path: through, witnesses: []sighting{starved(newcomer)}}, target, "", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			tt.look.link, tt.look.end = "eth0", now
			if reason, text := tt.look.excuse(tt.silent); reason != tt.reason || string(text) != tt.text {
				t.Errorf("%q %q, want %q %q", reason, text, tt.reason, tt.text)
			}
		})
	}
}

func TestTrust(t *testing.T) {
	at := func(seconds int) time.Time { return time.Unix(int64(1000+seconds), 0) }
	var w witness
	w.missed(at(0), false)
	if !w.asked || w.trusted() {
		t.Errorf("never heard: %+v", w)
	}
	w.heard("tcp", at(1))
	w.missed(at(30), false)
	w.missed(at(60), false)
	if !w.trusted() || w.silent != at(30) {
		t.Errorf("silent since the first of two questions: %+v", w)
	}
	w.heard("tcp", at(61))
	w.missed(at(62), true)
	if !w.trusted() {
		t.Errorf("others were heard in the first moment of its silence: %+v", w)
	}
	w.missed(at(90), true)
	if w.trusted() {
		t.Errorf("it answers us no more, and others do: %+v", w)
	}
	w.heard("udp", at(91))
	if !w.trusted() || !w.silent.IsZero() || !w.spared(at(91)) || w.spared(at(93)) {
		t.Errorf("heard again: %+v", w)
	}
	w.heard("tcp", at(94))
	if w.spared(at(94)) {
		t.Error("what costs nothing is spared")
	}
}

func TestSpan(t *testing.T) {
	for d, want := range map[time.Duration]string{400 * time.Millisecond: "0 s", 90 * time.Second: "90 s", 5 * time.Minute: "5 min", 3 * time.Hour: "3 h"} {
		if got := span(d); got != want {
			t.Errorf("%v is %q, want %q", d, got, want)
		}
	}
}
