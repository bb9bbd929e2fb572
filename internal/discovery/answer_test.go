package discovery

import (
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// asked plays a responder that has announced "hall", and somebody who asks it.
func asked(t *testing.T, from string, f func(t *testing.T, w *wire, s *stranger)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		newDesk(w, "192.0.2.1/24").respond(t, hall(8443))
		settle(10 * time.Second)
		w.hush()
		f(t, w, w.stranger(t, from))
	})
}

// answers returns the packets of the responder.
func answers(w *wire) []said {
	var all []said
	for _, s := range w.packets() {
		if s.response && s.from.Addr() == netip.MustParseAddr("192.0.2.1") {
			all = append(all, s)
		}
	}
	return all
}

func TestAnswers(t *testing.T) {
	const (
		ptr  = "_portreeve._tcp.local PTR hall._portreeve._tcp.local 1h15m0s"
		srv  = "hall._portreeve._tcp.local SRV! shop.local:8443 2m0s"
		txt  = "hall._portreeve._tcp.local TXT! version=1 1h15m0s"
		a    = "shop.local A! 192.0.2.1 2m0s"
		list = "_services._dns-sd._udp.local PTR _portreeve._tcp.local 1h15m0s"
	)
	for _, tt := range []struct {
		name         string
		ask          question
		answer, more string
		at           time.Duration // at the latest
	}{
		{"the services of the type", question{name: hallType, typ: typePTR}, ptr, srv + ", " + txt + ", " + a, 120 * time.Millisecond},
		{"the types", question{name: enumeration, typ: typePTR}, list, "", 120 * time.Millisecond},
		{"where it is", question{name: hallName, typ: typeSRV}, srv, a, 0},
		{"what it says", question{name: hallName, typ: typeTXT}, txt, "", 0},
		{"the host", question{name: shop, typ: typeA}, a, "", 0},
		{"another case", question{name: local.under("SHOP"), typ: typeA}, a, "", 0},
		{"another host", question{name: local.under("inn"), typ: typeA}, "", "", 0},
		{"another type", question{name: local.under("_http", "_tcp"), typ: typePTR}, "", "", 0},
		{"a name without its domain", question{name: root.under("shop"), typ: typeA}, "", "", 0},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked(t, "192.0.2.9:5353", func(t *testing.T, w *wire, s *stranger) {
				start := time.Now()
				s.ask(nil, tt.ask)
				settle(time.Second)
				got := answers(w)
				if tt.answer == "" {
					if len(got) > 0 {
						t.Errorf("answers %s", texts(got))
					}
					return
				}
				if len(got) != 1 || text(got[0].answers...) != tt.answer || text(got[0].additionals...) != tt.more {
					t.Fatalf("answers %s", texts(got))
				}
				if late := got[0].at.Sub(start); late > tt.at || tt.at > 0 && late < 20*time.Millisecond {
					t.Errorf("answers after %v", late)
				}
			})
		})
	}
}

// What the asker knows is not told again, unless it is about to forget (RFC 6762, 7.1).
func TestKnownAnswers(t *testing.T) {
	known := func(ttl uint32) []record {
		rec := pointer(local.under("_Portreeve", "_tcp"), hallName)
		rec.ttl = ttl
		return []record{rec}
	}
	for _, tt := range []struct {
		name  string
		known []record
		told  bool
	}{
		{"nothing", nil, true},
		{"for long", known(4500), false},
		{"for half of it", known(2250), false},
		{"for less", known(2249), true},
		{"another", []record{pointer(hallType, hallType.under("other"))}, true},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked(t, "192.0.2.9:5353", func(t *testing.T, w *wire, s *stranger) {
				s.ask(tt.known, question{name: hallType, typ: typePTR})
				settle(time.Second)
				if got := answers(w); len(got) > 0 != tt.told {
					t.Errorf("told %s", texts(got))
				}
			})
		})
	}
}

// Known answers may come in several packets (RFC 6762, 7.2).
func TestKnownAnswersInParts(t *testing.T) {
	for _, ours := range []bool{false, true} {
		asked(t, "192.0.2.9:5353", func(t *testing.T, w *wire, s *stranger) {
			s.say(&message{truncated: true, questions: []question{{name: hallType, typ: typePTR}}})
			settle(200 * time.Millisecond)
			s.say(&message{truncated: true, answers: []record{pointer(hallType, hallType.under("other"))}})
			settle(300 * time.Millisecond)
			if got := answers(w); len(got) > 0 {
				t.Errorf("did not wait, but said %s", texts(got))
			}
			if ours {
				s.say(&message{answers: []record{pointer(hallType, hallName)}})
			}
			settle(time.Second)
			if got := answers(w); len(got) > 0 == ours {
				t.Errorf("told %s", texts(got))
			}
		})
	}
}

// A simple resolver gets its own question and number back, and nothing that only
// multicast DNS knows (RFC 6762, 6.7).
func TestSimpleResolver(t *testing.T) {
	asked(t, "192.0.2.9:40000", func(t *testing.T, w *wire, s *stranger) {
		s.ttl = 1
		s.say(&message{id: 77, questions: []question{{name: hallType, typ: typePTR}}})
		s.say(&message{id: 78, questions: []question{{name: shop, typ: typeAAAA}}})
		settle(time.Second)
		got := answers(w)
		if len(got) != 1 || got[0].to != s.addr || got[0].id != 77 || len(got[0].questions) != 1 || got[0].questions[0].name != hallType {
			t.Fatalf("got %+v", got)
		}
		if got := text(got[0].answers...) + " / " + text(got[0].additionals...); got != "_portreeve._tcp.local PTR hall._portreeve._tcp.local 10s / "+
			"hall._portreeve._tcp.local SRV shop.local:8443 10s, hall._portreeve._tcp.local TXT version=1 10s, shop.local A 192.0.2.1 10s" {
			t.Errorf("answers %s", got)
		}
	})
}

// Who asks for an answer of their own gets it, unless the others are due to hear
// it as well (RFC 6762, 5.4).
func TestUnicastAnswer(t *testing.T) {
	asked(t, "192.0.2.9:5353", func(t *testing.T, w *wire, s *stranger) {
		ask := question{name: hallName, typ: typeSRV, unicast: true}
		s.ask(nil, ask)
		settle(time.Second)
		if got := answers(w); len(got) != 1 || got[0].to != s.addr || got[0].id != 0 || len(got[0].questions) != 0 {
			t.Fatalf("got %+v", got)
		}
		w.hush()
		settle(hostTTL / 4 * time.Second)
		s.ask(nil, ask)
		settle(time.Second)
		if got := answers(w); len(got) != 1 || got[0].to.IsValid() {
			t.Errorf("got %+v", got)
		}
	})
}

// Nothing is answered that came through a router, and nothing that shows an
// address elsewhere gets an answer of its own: it would leave the link.
func TestOffLink(t *testing.T) {
	for _, tt := range []struct {
		name, from string
		ttl        int
		unicast    bool
		answered   bool
	}{
		{"of the link", "192.0.2.9:5353", 255, false, true},
		{"of the link, from far", "192.0.2.9:5353", 64, false, true},
		{"of another network on the link", "198.51.100.9:5353", 255, false, true},
		{"from elsewhere", "198.51.100.9:5353", 64, false, false},
		{"from elsewhere, a simple resolver", "198.51.100.9:40000", 255, false, false},
		{"from elsewhere, for itself", "198.51.100.9:5353", 255, true, false},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked(t, tt.from, func(t *testing.T, w *wire, s *stranger) {
				s.ttl = tt.ttl
				s.ask(nil, question{name: hallName, typ: typeSRV, unicast: tt.unicast})
				settle(time.Second)
				got := answers(w)
				if len(got) > 0 != tt.answered {
					t.Errorf("answered %+v", got)
				}
			})
		})
	}
}

// However many ask, a record is told to all once a second; to who wants our name,
// four times (RFC 6762, 6).
func TestRateOfAnswers(t *testing.T) {
	for _, tt := range []struct {
		name      string
		authority []record
		least     int
		most      int
	}{
		{"a question", nil, 9, 11},
		{"a probe", []record{location(hallName, local.under("other"), 1)}, 36, 41},
	} {
		t.Run(tt.name, func(t *testing.T) {
			asked(t, "192.0.2.9:5353", func(t *testing.T, w *wire, s *stranger) {
				for range 1000 {
					s.say(&message{questions: []question{{name: hallName, typ: typeSRV}}, authority: tt.authority})
					settle(10 * time.Millisecond)
				}
				if got := len(answers(w)); got < tt.least || got > tt.most {
					t.Errorf("%d answers in ten seconds", got)
				}
			})
		})
	}
}

// Answers to single askers are bounded, too.
func TestRateOfUnicastAnswers(t *testing.T) {
	asked(t, "192.0.2.9:40000", func(t *testing.T, w *wire, s *stranger) {
		for range 400 {
			for range 10 {
				s.ask(nil, question{name: hallName, typ: typeANY})
			}
			settle(10 * time.Millisecond)
		}
		if got := len(answers(w)); got < 4*unicasts || got > 5*unicasts {
			t.Errorf("%d answers in four seconds", got)
		}
	})
}

// Who asks for the family that we lack hears so at once (RFC 6762, 6.1).
func TestWhatThereIsNot(t *testing.T) {
	asked(t, "192.0.2.9:5353", func(t *testing.T, w *wire, s *stranger) {
		var packet []byte
		s.ask(nil, question{name: shop, typ: typeAAAA})
		settle(time.Second)
		for len(s.in) > 0 {
			packet = (<-s.in).packet
		}
		const nsec = "\x00\x2f\x80\x01\x00\x00\x00\x78" // type, class, TTL
		if !strings.Contains(string(packet), nsec) || !strings.HasSuffix(string(packet), "\x04shop\x05local\x00\x00\x01\x40") {
			t.Errorf("said %q", packet)
		}
	})
}

// Whose goodbye says that a record of ours is no more, or nearly, hears it again
// (RFC 6762, 6.6).
func TestSomebodyElsesGoodbye(t *testing.T) {
	asked(t, "192.0.2.9:5353", func(t *testing.T, w *wire, s *stranger) {
		rec := pointer(enumeration, hallType)
		rec.ttl = 0
		s.say(&message{response: true, answers: []record{rec}})
		settle(time.Second)
		if got := texts(answers(w)); got != "_services._dns-sd._udp.local PTR _portreeve._tcp.local 1h15m0s" {
			t.Errorf("said %s", got)
		}
	})
}
