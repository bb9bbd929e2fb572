package discovery

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

var (
	hallType = local.under("_portreeve", "_tcp")
	hallName = hallType.under("hall")
	shop     = local.under("shop")
)

// A name is asked for three times, 250 ms apart, with what we would put there,
// announced twice, a second apart, and taken leave of (RFC 6762, 8.1, 8.3, 10.1).
func TestLifeOfAName(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		stop := newDesk(w, "192.0.2.1/24", "fd00::1/64").respond(t, hall(8443))
		settle(10 * time.Second)
		four := netip.MustParseAddrPort("192.0.2.1:5353")
		w.said = slices.DeleteFunc(w.said, func(s said) bool { return s.from != four })
		for i, s := range w.packets() {
			if i < 3 {
				expectProbe(t, s)
			} else {
				expectAnnouncement(t, s)
			}
		}
		if got := gaps(w.packets()); got != "250ms 250ms 250ms 1s" {
			t.Errorf("gaps %s", got)
		}
		w.hush()
		stop()
		if got := texts(w.packets()); !strings.Contains(got, "PTR hall._portreeve._tcp.local 0s") || !strings.Contains(got, "SRV! shop.local:8443 0s") ||
			!strings.Contains(got, "TXT! version=1 0s") || strings.Contains(got, "_dns-sd") || strings.Contains(got, " A! ") {
			t.Errorf("goodbye: %s", got)
		}
	})
}

func expectProbe(t *testing.T, s said) {
	t.Helper()
	if s.response || len(s.questions) != 2 || s.questions[0] != (question{name: shop, typ: typeANY}) || s.questions[1] != (question{name: hallName, typ: typeANY}) {
		t.Errorf("probe asks %+v", s.questions)
	}
	if got := text(s.authority...); got != "shop.local A 192.0.2.1 2m0s, shop.local AAAA fd00::1 2m0s, "+
		"hall._portreeve._tcp.local SRV shop.local:8443 2m0s, hall._portreeve._tcp.local TXT version=1 1h15m0s" {
		t.Errorf("probe would put %s", got)
	}
}

func expectAnnouncement(t *testing.T, s said) {
	t.Helper()
	if got := text(s.answers...); !s.response || got != "shop.local A! 192.0.2.1 2m0s, shop.local AAAA! fd00::1 2m0s, "+
		"_portreeve._tcp.local PTR hall._portreeve._tcp.local 1h15m0s, hall._portreeve._tcp.local SRV! shop.local:8443 2m0s, "+
		"hall._portreeve._tcp.local TXT! version=1 1h15m0s, _services._dns-sd._udp.local PTR _portreeve._tcp.local 1h15m0s" {
		t.Errorf("announces %s", got)
	}
}

// gaps tells the times between packets.
func gaps(all []said) string {
	var gaps []string
	for i := 1; i < len(all); i++ {
		gaps = append(gaps, all[i].at.Sub(all[i-1].at).Round(time.Millisecond).String())
	}
	return strings.Join(gaps, " ")
}

// text tells records: flush is "!".
func text(records ...record) string {
	var all []string
	for _, r := range records {
		kind := map[uint16]string{typeA: "A", typeAAAA: "AAAA", typePTR: "PTR", typeSRV: "SRV", typeTXT: "TXT"}[r.typ]
		if r.flush {
			kind += "!"
		}
		data := ""
		switch r.typ {
		case typeA, typeAAAA:
			data = r.addr().String()
		case typePTR:
			data = name(r.data).String()
		case typeSRV:
			host, port := r.place()
			data = fmt.Sprintf("%s:%d", host, port)
		case typeTXT:
			for k, v := range unpackText(r.data) {
				data += k + "=" + v
			}
		}
		all = append(all, fmt.Sprintf("%s %s %s %s", r.name, kind, data, time.Duration(r.ttl)*time.Second))
	}
	return strings.Join(all, ", ")
}

// texts tells the answers in packets.
func texts(all []said) string {
	var lines []string
	for _, s := range all {
		if s.response {
			lines = append(lines, text(s.answers...))
		}
	}
	return strings.Join(lines, "; ")
}

// However many ask for the same names at once, each gets its own, and nobody has
// two.
func TestWhoAskAtOnce(t *testing.T) {
	for round := range 20 {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{}
			const crowd = 5
			for i := range crowd {
				newDesk(w, fmt.Sprintf("192.0.2.%d/24", i+1)).respond(t, hall(uint16(8000+i)))
			}
			settle(time.Minute)
			found, _ := newDesk(w, "192.0.2.100/24").browse(t)
			settle(time.Minute)
			var instances, hosts []string
			ports := map[uint16]bool{}
			for _, f := range found.list() {
				instances, hosts, ports[f.Port] = append(instances, f.Instance), append(hosts, f.Host), true
			}
			slices.Sort(instances)
			slices.Sort(hosts)
			if got := strings.Join(instances, ","); got != "hall,hall (2),hall (3),hall (4),hall (5)" || len(ports) != crowd {
				t.Errorf("round %d: instances %s, ports %v", round, got, ports)
			}
			if got := strings.Join(hosts, ","); got != "shop-2.local,shop-3.local,shop-4.local,shop-5.local,shop.local" {
				t.Errorf("round %d: hosts %s", round, got)
			}
		})
	}
}

// Of two who ask at once the one with the later records goes on (RFC 6762, 8.2);
// records are later by their bytes, a number higher or a list longer.
func TestTieBreak(t *testing.T) {
	instance, host := hallName, shop
	for _, tt := range []struct {
		name   string
		theirs []record
		yields bool
	}{
		{"the same", []record{location(instance, host, 8443), {name: instance, typ: typeTXT, data: "\x09version=1"}}, false},
		{"an earlier port", []record{location(instance, host, 8442), {name: instance, typ: typeTXT, data: "\x09version=1"}}, false},
		{"a later port", []record{location(instance, host, 8444), {name: instance, typ: typeTXT, data: "\x09version=1"}}, true},
		{"a later text, in another order", []record{location(instance, host, 1), {name: instance, typ: typeTXT, data: "\x09version=2"}}, true},
		{"less", []record{{name: instance, typ: typeTXT, data: "\x09version=1"}}, false},
		{"more", []record{location(instance, host, 8443), location(instance, host, 8444), {name: instance, typ: typeTXT, data: "\x09version=1"}}, true},
		{"another name", []record{location(instance+"x", host, 9999)}, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{}
				other := w.stranger(t, "192.0.2.9:5353")
				newDesk(w, "192.0.2.1/24").respond(t, hall(8443))
				settle(300 * time.Millisecond)
				w.hush()
				other.say(&message{questions: []question{{name: instance, typ: typeANY}}, authority: tt.theirs})
				settle(900 * time.Millisecond)
				yields := true
				for _, s := range w.packets() {
					if s.from != other.addr && slices.Contains(s.questions, question{name: instance, typ: typeANY}) {
						yields = false
					}
				}
				if yields != tt.yields {
					t.Errorf("yields: %v", yields)
				}
				settle(5 * time.Second)
				if got := texts(w.packets()); !strings.Contains(got, "hall._portreeve._tcp.local SRV! shop.local:8443") {
					t.Errorf("the name that nobody took was not announced: %s", got)
				}
			})
		})
	}
}

// A name that turns out to be taken while we ask, and one that somebody else uses
// later and defends, is given up; one that is not defended is kept (RFC 6762, 9).
func TestConflicts(t *testing.T) {
	theirs := location(hallName, local.under("other"), 1)
	address := address(shop, netip.MustParseAddr("192.0.2.9"))
	for _, tt := range []struct {
		name     string
		rec      record
		when     time.Duration
		defended bool
		want     string
	}{
		{"an instance while we ask", theirs, 400 * time.Millisecond, false, "hall (2) at shop.local"},
		{"a host while we ask", address, 400 * time.Millisecond, false, "hall at shop-2.local"},
		{"an instance later", theirs, time.Minute, true, "hall (2) at shop.local"},
		{"a host later", address, time.Minute, true, "hall at shop-2.local"},
		{"an instance later, by mistake", theirs, time.Minute, false, "hall at shop.local"},
		{"another type of record later", record{name: shop, typ: typeTXT, ttl: 120, data: "\x00"}, time.Minute, true, "hall at shop.local"},
		{"a goodbye", record{name: hallName, typ: typeSRV, data: theirs.data}, 400 * time.Millisecond, false, "hall at shop.local"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := &wire{}
				other := w.stranger(t, "192.0.2.9:5353")
				newDesk(w, "192.0.2.1/24").respond(t, hall(8443))
				settle(tt.when)
				other.say(&message{response: true, answers: []record{tt.rec}})
				if tt.defended {
					settle(300 * time.Millisecond)
					other.say(&message{response: true, answers: []record{tt.rec}})
				}
				settle(10 * time.Second)
				found, _ := newDesk(w, "192.0.2.3/24").browse(t)
				settle(10 * time.Second)
				f := found.list()[0]
				if got := f.Instance + " at " + f.Host; got != tt.want {
					t.Errorf("is now %s, want %s", got, tt.want)
				}
			})
		})
	}
}

// Who claims every name that we take makes us slow down, not stop (RFC 6762, 8.1).
func TestEnemyOfNames(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		other := w.stranger(t, "192.0.2.9:5353")
		newDesk(w, "192.0.2.1/24").respond(t, hall(8443))
		claimed := map[name]bool{}
		for range 600 {
			settle(100 * time.Millisecond)
			for _, s := range w.packets() {
				for _, q := range s.questions {
					claimed[q.name] = true
					typ := location(q.name, shop, 1)
					if !strings.Contains(string(q.name), "_tcp") {
						typ = address(q.name, netip.MustParseAddr("192.0.2.9"))
					}
					other.say(&message{response: true, answers: []record{typ}})
				}
			}
			w.hush()
		}
		if n := len(claimed); n < 30 || n > 60 {
			t.Errorf("tried %d names in a minute", n)
		}
		other.silence()
		settle(time.Minute)
		if got := texts(w.packets()); !strings.Contains(got, "_portreeve._tcp.local SRV!") {
			t.Errorf("never came back: %s", got)
		}
	})
}

// Two interfaces on one link make no conflict with ourselves, though they have
// different addresses (RFC 6762, 14).
func TestTwoInterfacesOnOneLink(t *testing.T) {
	for range 10 {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{}
			d := newDesk(w, "192.0.2.1/24")
			d.plug(2, "eth1", w, "192.0.2.2/24")
			d.respond(t, hall(8443))
			settle(time.Minute)
			if got := texts(w.packets()); strings.Contains(got, "2)") || strings.Contains(got, "shop-") ||
				!strings.Contains(got, "A! 192.0.2.1") || !strings.Contains(got, "A! 192.0.2.2") {
				t.Errorf("said %s", got)
			}
		})
	}
}

// Two programs on one machine share its name, and one that leaves takes nothing
// of it along.
func TestTwoOnOneMachine(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		d := newDesk(w, "192.0.2.1/24", "fd00::1/64")
		stop := d.respond(t, hall(8443))
		d.respond(t, hall(8444))
		d.respond(t, Service{Instance: "inn", Type: "_portreeve._tcp", Port: 8445})
		found, _ := newDesk(w, "192.0.2.3/24", "fd00::3/64").browse(t)
		settle(time.Minute)
		stop()
		settle(time.Hour)
		instances := map[string]int{}
		for _, f := range found.list() {
			instances[f.Instance]++
			if f.Host != "shop.local" || f.Gone && f.Port != 8443 {
				t.Errorf("told %+v", f)
			}
		}
		if instances["hall"]+instances["hall (2)"] != 3 || instances["inn"] != 1 {
			t.Errorf("told %s", found.story())
		}
	})
}

// Each interface is told its own addresses.
func TestAddressesOfTheInterface(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := &wire{}, &wire{}
		d := newDesk(one, "192.0.2.1/24", "fe80::1/64")
		d.plug(2, "eth1", two, "198.51.100.1/24", "fd00::1/64", "fe80::2/64")
		d.respond(t, hall(8443))
		settle(10 * time.Second)
		if got := addressesIn(one.packets()); got != "192.0.2.1" {
			t.Errorf("on eth0: %s", got)
		}
		if got := addressesIn(two.packets()); got != "198.51.100.1 fd00::1" {
			t.Errorf("on eth1: %s", got)
		}
	})
}

// addressesIn returns the addresses that were told.
func addressesIn(all []said) string {
	seen := map[string]bool{}
	for _, s := range all {
		for _, rec := range slices.Concat(s.answers, s.additionals) {
			if a := rec.addr(); a.IsValid() {
				seen[a.String()] = true
			}
		}
	}
	var texts []string
	for a := range seen {
		texts = append(texts, a)
	}
	slices.Sort(texts)
	return strings.Join(texts, " ")
}

func TestAnnouncedAddresses(t *testing.T) {
	for _, tt := range []struct{ name, has, want string }{
		{"private and ULA", "10.0.0.1/8 fd00::1/64", "10.0.0.1 fd00::1"},
		{"link-local beside others", "10.0.0.1/8 169.254.1.1/16 2001:db8::1/64 fe80::1/64", "10.0.0.1 2001:db8::1"},
		{"link-local IPv4 beside IPv6", "169.254.1.1/16 2001:db8::1/64", "169.254.1.1 2001:db8::1"},
		{"link-local IPv6 beside IPv4", "10.0.0.1/8 fe80::1/64", "10.0.0.1"},
		{"link-local IPv6 alone", "fe80::1/64", "fe80::1"},
	} {
		t.Run(tt.name, func(t *testing.T) {
			got := strings.Trim(fmt.Sprint(iface{addrs: prefixes(strings.Fields(tt.has))}.announced()), "[]")
			if got != tt.want {
				t.Errorf("announces %s, want %s", got, tt.want)
			}
		})
	}
}

// Interfaces and addresses come and go without a restart.
func TestInterfacesComeAndGo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := &wire{}, &wire{}
		d := newDesk(one, "192.0.2.1/24")
		d.respond(t, hall(8443))
		settle(10 * time.Second)
		one.hush()

		d.plug(2, "eth1", two, "198.51.100.1/24")
		settle(10 * time.Second)
		if got := texts(two.packets()); !strings.Contains(got, "A! 198.51.100.1 2m0s") {
			t.Errorf("on the new interface: %s", got)
		}
		d.change(func() { d.ports[1].addrs = prefixes([]string{"192.0.2.77/24"}) })
		settle(10 * time.Second)
		if got := texts(one.packets()); !strings.HasPrefix(got, "shop.local A! 192.0.2.1 0s; shop.local A! 192.0.2.77 2m0s") {
			t.Errorf("after a change of address: %s", got)
		}
		one.hush()
		d.unplug(1)
		settle(10 * time.Second)
		d.plug(1, "eth0", one, "192.0.2.1/24")
		settle(10 * time.Second)
		if got := texts(one.packets()); !strings.Contains(got, "A! 192.0.2.1 2m0s") {
			t.Errorf("after the interface came back: %s", got)
		}
	})
}

// What could not be sent does not count: not as a probe, so that no name is
// taken that nobody was asked for, nor as an announcement.
func TestSendingFailsAtFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		d := newDesk(w, "192.0.2.1/24")
		d.ports[1].mute = true
		d.respond(t, hall(8443))
		settle(5 * time.Second)
		w.mu.Lock()
		d.ends[0].mute = false
		w.mu.Unlock()
		settle(10 * time.Second)
		if got := w.packets(); len(got) != 5 || got[0].response || got[2].response || !got[3].response {
			t.Errorf("said %d packets: %s", len(got), texts(got))
		}
	})
}
