package registry

import (
	"net/netip"
	"testing"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// TestASiteTakesNotAllPlaces: whoever has an IPv6 /48 has 65,536 networks of 64
// bits, and is one all the same.
func TestASiteTakesNotAllPlaces(t *testing.T) {
	l := newRoll()
	put := func(name, addr string) *registration.Refusal {
		r := &registration.Registration{Spec: health.Spec{Name: name, Target: "tcp://192.0.2.1:1"}, Owner: registration.Caller{Addr: netip.MustParseAddr(addr)}.Identity()}
		refusal := l.room(r.Key(), l.names[name])
		if refusal == nil {
			l.put(r)
		}
		return refusal
	}
	n := 0
	for i := range 40 {
		for k := range maxPerKey {
			a := netip.MustParseAddr("2001:db8::1").As16()
			a[7] = byte(i)
			if put(string(rune('a'+i))+string(rune('a'+k)), netip.AddrFrom16(a).String()) == nil {
				n++
			}
		}
	}
	if n != maxPerSite {
		t.Errorf("one /48 has %d places, want %d", n, maxPerSite)
	}
	for _, other := range []string{"2001:db8:1::1", "192.0.2.7"} {
		if refusal := put("other-"+other, other); refusal != nil {
			t.Errorf("%s: %v", other, refusal)
		}
	}
	for name := range l.names {
		l.drop(name)
	}
	if len(l.held) != 0 || len(l.loads) != 0 {
		t.Errorf("nobody is signed up, and held are %v, %v", l.held, l.loads)
	}
}
