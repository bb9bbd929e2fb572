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

// story tells what a browser told, and when since a moment.
func (s *sightings) story() string {
	var all []string
	for _, f := range s.list() {
		what := fmt.Sprintf("%s %v:%d %v", f.Instance, f.Addrs, f.Port, f.Text)
		if f.Gone {
			what = f.Instance + " gone"
		}
		all = append(all, what)
	}
	return strings.Join(all, "; ")
}

// A service is told of once, and that it is gone.
func TestBrowse(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		stop := newDesk(w, "192.0.2.1/24", "fd00::1/64").respond(t, hall(8443))
		found, _ := newDesk(w, "192.0.2.3/24", "fd00::3/64").browse(t)
		settle(48 * time.Hour)
		if got := found.story(); got != "hall [192.0.2.1 fd00::1]:8443 map[version:1]" {
			t.Fatalf("told %s", got)
		}
		stop()
		settle(2 * time.Second)
		if got := found.story(); got != "hall [192.0.2.1 fd00::1]:8443 map[version:1]; hall gone" {
			t.Errorf("told %s", got)
		}
	})
}

// Whoever comes later is found as well, and who was there before us.
func TestBrowseFindsWhoComesAndWhoIs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		newDesk(w, "192.0.2.1/24").respond(t, hall(1))
		settle(time.Minute)
		found, _ := newDesk(w, "192.0.2.3/24").browse(t)
		settle(500 * time.Millisecond)
		if got := found.story(); got != "hall [192.0.2.1]:1 map[version:1]" {
			t.Errorf("told %s", got)
		}
		settle(30 * time.Minute)
		late := Service{Instance: "inn", Type: "_portreeve._tcp", Port: 2}
		newDesk(w, "192.0.2.2/24").respond(t, late)
		settle(2 * time.Second)
		if got := found.story(); !strings.HasSuffix(got, "; inn [192.0.2.2]:2 map[]") {
			t.Errorf("told %s", got)
		}
	})
}

// Questions come ever more seldom, and tell what is known (RFC 6762, 5.2, 7.1).
func TestQuestions(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := w.stranger(t, "192.0.2.9:5353")
		newDesk(w, "192.0.2.3/24").browse(t)
		settle(10 * time.Hour)
		all := w.packets()
		if got := gaps(all); !strings.HasPrefix(got, "1s 2s 4s 8s 16s 32s 1m4s 2m8s 4m16s 8m32s 17m4s 34m8s 1h0m0s 1h0m0s") {
			t.Errorf("gaps %s", got)
		}
		for _, said := range all {
			if len(said.questions) != 1 || said.questions[0] != (question{name: hallType, typ: typePTR}) {
				t.Errorf("asked %+v", said.questions)
			}
		}
		w.hush()
		long := pointer(hallType, hallName)
		long.ttl = 24 * 60 * 60
		s.say(&message{response: true, answers: []record{long, location(hallName, shop, 1), address(shop, netip.MustParseAddr("192.0.2.9"))}})
		settle(time.Hour)
		last := questionsAbout(w.packets(), typePTR)
		if len(last) == 0 || text(last[0].answers...) == "" || last[0].answers[0].ttl > long.ttl || last[0].answers[0].ttl < long.ttl/2 {
			t.Errorf("asked %+v", last)
		}
	})
}

// questionsAbout returns the packets that ask for a type of record.
func questionsAbout(all []said, typ uint16) []said {
	return slices.DeleteFunc(all, func(s said) bool {
		return !slices.ContainsFunc(s.questions, func(q question) bool { return q.typ == typ })
	})
}

// What is known is asked for again at 80, 85, 90 and 95 % of its life, and when
// nobody answers it is gone (RFC 6762, 5.2).
func TestRefresh(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := w.stranger(t, "192.0.2.9:5353")
		found, _ := newDesk(w, "192.0.2.3/24").browse(t)
		settle(time.Minute)
		start := time.Now()
		text := record{name: hallName, typ: typeTXT, flush: true, ttl: otherTTL, data: "\x00"}
		s.say(&message{response: true, answers: []record{pointer(hallType, hallName), text,
			location(hallName, shop, 1), address(shop, netip.MustParseAddr("192.0.2.9"))}})
		w.hush()
		settle(119 * time.Second)
		if got := found.story(); got != "hall [192.0.2.9]:1 map[]" {
			t.Errorf("told %s", got)
		}
		asked := questionsAbout(w.packets(), typeSRV)
		for i, percent := range []int{80, 85, 90, 95} {
			from := hostTTL * time.Second * time.Duration(percent) / 100
			if at := asked[i].at.Sub(start); at < from || at > from+3*time.Second {
				t.Errorf("asked %v after it was heard, want from %v on", at, from)
			}
		}
		if len(asked) != 4 {
			t.Errorf("asked %d times", len(asked))
		}
		settle(2 * time.Second)
		if got := found.story(); got != "hall [192.0.2.9]:1 map[]; hall gone" {
			t.Errorf("told %s", got)
		}
	})
}

// What is answered in parts is asked for, part by part.
func TestResolve(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := w.stranger(t, "192.0.2.9:5353")
		found, _ := newDesk(w, "192.0.2.3/24").browse(t)
		parts := map[question][]record{
			{name: hallType, typ: typePTR}: {pointer(hallType, hallName)},
			{name: hallName, typ: typeSRV}: {location(hallName, shop, 1)},
			{name: hallName, typ: typeTXT}: {{name: hallName, typ: typeTXT, ttl: otherTTL, data: "\x03a=b"}},
			{name: shop, typ: typeA}:       {address(shop, netip.MustParseAddr("192.0.2.9"))},
		}
		for range 50 {
			settle(20 * time.Millisecond)
			all := w.packets()
			w.hush()
			for _, said := range all {
				for _, q := range said.questions {
					if records := parts[q]; records != nil {
						s.say(&message{response: true, answers: records})
					}
				}
			}
		}
		if got := found.story(); got != "hall [192.0.2.9]:1 map[a:b]" {
			t.Errorf("told %s", got)
		}
	})
}

// say plays an announcer of "hall" at an address and port.
func announce(s *stranger, addr string, port uint16, more ...record) {
	s.t.Helper()
	s.say(&message{response: true, answers: append([]record{pointer(hallType, hallName), location(hallName, shop, port),
		address(shop, netip.MustParseAddr(addr))}, more...)})
}

// What changes is told; records with the cache-flush bit end those of before
// (RFC 6762, 10.2).
func TestChanges(t *testing.T) {
	text := func(data string) record {
		return record{name: hallName, typ: typeTXT, flush: true, ttl: otherTTL, data: data}
	}
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := w.stranger(t, "192.0.2.9:5353")
		found, _ := newDesk(w, "192.0.2.3/24").browse(t)
		settle(time.Second)
		for _, step := range []struct {
			addr string
			port uint16
			data string
			want string
		}{
			{"192.0.2.9", 1, "\x03a=b", "hall [192.0.2.9]:1 map[a:b]"},
			{"192.0.2.9", 1, "\x03a=b", "hall [192.0.2.9]:1 map[a:b]"},
			{"192.0.2.10", 1, "\x03a=b", "hall [192.0.2.10]:1 map[a:b]"},
			{"192.0.2.10", 2, "\x03a=b", "hall [192.0.2.10]:2 map[a:b]"},
			{"192.0.2.10", 2, "\x03a=c", "hall [192.0.2.10]:2 map[a:c]"},
		} {
			announce(s, step.addr, step.port, text(step.data))
			settle(10 * time.Second)
			all := found.list()
			one := &sightings{all: all[len(all)-1:]}
			if got := one.story(); got != step.want {
				t.Errorf("told %s, want %s", got, step.want)
			}
		}
		if got := len(found.list()); got != 4 {
			t.Errorf("told %d times: %s", got, found.story())
		}
	})
}

// A service without a text is told of nevertheless, a second later.
func TestNoText(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := w.stranger(t, "192.0.2.9:5353")
		found, _ := newDesk(w, "192.0.2.3/24").browse(t)
		settle(time.Second)
		announce(s, "192.0.2.9", 1)
		settle(900 * time.Millisecond)
		if got := found.story(); got != "" {
			t.Errorf("told %s", got)
		}
		settle(200 * time.Millisecond)
		if got := found.story(); got != "hall [192.0.2.9]:1 map[]" {
			t.Errorf("told %s", got)
		}
	})
}

// An interface that goes takes with it what was found on it, and no more; one
// that cannot be used is no hindrance.
func TestBrowseOnSeveralInterfaces(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, two := &wire{}, &wire{}
		d := newDesk(one, "192.0.2.3/24")
		d.plug(2, "eth1", two, "198.51.100.3/24")
		d.plug(3, "eth2", &wire{}, "203.0.113.3/24").fail = true
		found, _ := d.browse(t)
		newDesk(one, "192.0.2.1/24").respond(t, hall(1))
		newDesk(two, "198.51.100.1/24").respond(t, Service{Instance: "inn", Type: "_portreeve._tcp", Port: 2})
		settle(10 * time.Second)
		if got := found.story(); !strings.Contains(got, "hall [192.0.2.1]:1") || !strings.Contains(got, "inn [198.51.100.1]:2") {
			t.Errorf("told %s", got)
		}
		d.unplug(1)
		settle(10 * time.Second)
		if got := found.story(); !strings.HasSuffix(got, "; hall gone") {
			t.Errorf("told %s", got)
		}
		d.plug(1, "eth0", one, "192.0.2.3/24")
		settle(10 * time.Second)
		if got := found.story(); !strings.HasSuffix(got, "; hall gone; hall [192.0.2.1]:1 map[version:1]") {
			t.Errorf("told %s", got)
		}
	})
}

// Addresses that are good on the link only come last, and say on which.
func TestOrderOfAddresses(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := w.stranger(t, "192.0.2.9:5353")
		found, _ := newDesk(w, "192.0.2.3/24").browse(t)
		settle(time.Second)
		var more []record
		for _, a := range []string{"fe80::9", "169.254.0.9", "2001:db8::9"} {
			more = append(more, address(shop, netip.MustParseAddr(a)))
		}
		announce(s, "192.0.2.9", 1, append(more, record{name: hallName, typ: typeTXT, ttl: 120, data: "\x00"})...)
		settle(time.Second)
		if got := found.story(); got != "hall [192.0.2.9 2001:db8::9 169.254.0.9 fe80::9%eth0]:1 map[]" {
			t.Errorf("told %s", got)
		}
	})
}

// Answers from elsewhere, or from no responder, teach nothing.
func TestWhoIsNotBelieved(t *testing.T) {
	for _, tt := range []struct {
		from string
		ttl  int
		told bool
	}{{"192.0.2.9:5353", 255, true}, {"198.51.100.9:5353", 64, false}, {"192.0.2.9:40000", 255, false}} {
		synctest.Test(t, func(t *testing.T) {
			w := &wire{}
			s := w.stranger(t, tt.from)
			s.ttl = tt.ttl
			found, _ := newDesk(w, "192.0.2.3/24").browse(t)
			settle(time.Second)
			announce(s, "192.0.2.9", 1)
			settle(5 * time.Second)
			if told := found.story() != ""; told != tt.told {
				t.Errorf("%s, TTL %d: told %s", tt.from, tt.ttl, found.story())
			}
		})
	}
}

// A crowd of services that are none fills no memory, makes no flood of questions,
// and keeps out none that is one.
func TestCrowdOfServices(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := &wire{}
		s := w.stranger(t, "192.0.2.9:5353")
		found, _ := newDesk(w, "192.0.2.3/24").browse(t)
		settle(time.Second)
		w.hush()
		for i := range 3000 {
			fake := hallType.under(fmt.Sprint("fake", i))
			s.say(&message{response: true, answers: []record{pointer(hallType, fake), {name: fake, typ: typeTXT, ttl: 120, data: strings.Repeat("\x01a", 500)}}})
			settle(5 * time.Millisecond)
		}
		announce(s, "192.0.2.9", 1)
		settle(5 * time.Second)
		if got := found.story(); got != "hall [192.0.2.9]:1 map[]" {
			t.Errorf("told %s", got)
		}
		asked := 0
		for _, said := range w.packets() {
			if !said.response {
				asked += said.size
			}
		}
		if asked > 20*maxQuestions*9000 {
			t.Errorf("asked %d bytes in twenty seconds", asked)
		}
	})
}
