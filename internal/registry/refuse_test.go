package registry

import (
	"fmt"
	"net/netip"
	"runtime"
	"slices"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/registration"
)

// A hostility is a way to ask for what one may not have.
type hostility struct {
	name    string
	because registration.Because
	by      func(i int) registration.Caller
	ask     func(i int) registration.Request
}

// hostilities are asked by many addresses at full registers, so that none is
// refused for a cheaper reason.
func hostilities() []hostility {
	anybody := func(i int) registration.Caller {
		return registration.Caller{Addr: netip.AddrFrom4([4]byte{10, byte(i >> 16), byte(i >> 8), byte(i)})}
	}
	name := func(name string) func(int) registration.Request {
		return func(int) registration.Request { return asking(name, "tcp://:80") }
	}
	return []hostility{
		{"one-too-often", registration.TooOften, func(int) registration.Caller { return at("192.0.2.66") }, name("new")},
		{"many-when-full", registration.Full, anybody, name("new")},
		{"many-for-a-name-that-is-taken", registration.Taken, anybody, name("a7")},
		{"many-for-a-configured-name", registration.Configured, anybody, name("configured")},
		{"proxied", registration.Forbidden, func(int) registration.Caller { return registration.Caller{} }, name("new")},
	}
}

// besieged is a registry that is full.
func besieged(t testing.TB, d *disk) village {
	p := newPanel()
	p.configured["configured"] = true
	v := admit(t, d, p)
	for i := range maxRegistrations {
		v.roll.put(&registration.Registration{Spec: health.Spec{Name: fmt.Sprintf("a%d", i)}, Owner: fmt.Sprintf("token t%d", i)})
	}
	for v.gate.pass(at("192.0.2.66").Key(), time.Now()) == 0 { // until it has to wait
	}
	return v
}

// TestRefusalsCostNothing that lasts: no write, and memory that is bounded however
// many ask.
func TestRefusalsCostNothing(t *testing.T) {
	d := newDisk()
	v := besieged(t, d)
	writes := d.writes
	for _, h := range hostilities() {
		before, others := heap(), 0
		for i := range 40_000 {
			_, err := v.Register(t.Context(), h.by(i), h.ask(i))
			if r, ok := err.(*registration.Refusal); !ok || r.Because != h.because {
				others++
			}
		}
		if others > 400 { // now and then it is not too often
			t.Errorf("%s: %d are not %s", h.name, others, h.because)
		}
		if grown := int64(heap()) - int64(before); grown > 4<<20 {
			t.Errorf("%s: memory has grown by %d KiB", h.name, grown>>10)
		}
	}
	if d.writes != writes || len(v.Registrations()) != maxRegistrations {
		t.Errorf("%d writes", d.writes-writes)
	}
}

func heap() uint64 {
	var m runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// TestRefusalsAllocateLittle, however much is registered.
func TestRefusalsAllocateLittle(t *testing.T) {
	v := besieged(t, newDisk())
	for _, h := range hostilities() {
		by, ask := h.by(1), h.ask(1)
		v.gate = gate{}
		if h.because == registration.TooOften {
			for v.gate.pass(by.Key(), time.Now()) == 0 {
			}
		}
		if n := testing.AllocsPerRun(50, func() { _, _ = v.Register(t.Context(), by, ask) }); n > 6 {
			t.Errorf("%s: %v allocations", h.name, n)
		}
	}
}

func BenchmarkRefusal(b *testing.B) {
	v := besieged(b, newDisk())
	for _, h := range hostilities() {
		b.Run(h.name, func(b *testing.B) {
			b.ReportAllocs()
			for i := 0; b.Loop(); i++ {
				if _, err := v.Register(b.Context(), h.by(i), h.ask(i)); err == nil {
					b.Fatal("let in")
				}
			}
		})
	}
}

// TestTheGateForgets whom it has not seen for long, and nobody else.
func TestTheGateForgets(t *testing.T) {
	var g gate
	now := time.Now()
	key := func(i int) registration.Key { return at(fmt.Sprintf("2001:db8:%x::", i)).Key() }
	for g.pass(key(0), now) == 0 {
	}
	for i := range 20 * maxLimiters {
		g.pass(key(i%60_000+1), now)
		if i%1000 == 0 && g.pass(key(0), now) == 0 {
			t.Fatalf("who comes all the time is forgotten after %d", i)
		}
		if n := len(g.young) + len(g.old); n > 2*maxLimiters {
			t.Fatalf("%d are remembered", n)
		}
	}
	for i := range 2 * maxLimiters {
		g.pass(key(i+1), now)
	}
	if g.pass(key(0), now) > 0 {
		t.Error("who went away is remembered for ever")
	}
}

// TestAFailingStoreIsNotAskedForEver: strangers cannot have it that we remember
// every name that they ask for while nothing can be kept, nor even read.
func TestAFailingStoreIsNotAskedForEver(t *testing.T) {
	d := newDisk()
	v := admit(t, d, newPanel())
	v.register(t, at("192.0.2.7"), asking("api", "tcp://:80"))
	d.set(true, false, true)
	for i := range 3 * maxDoubts {
		_, err := v.Register(t.Context(), at(fmt.Sprintf("10.0.%d.%d", i/100, i%100)), asking(fmt.Sprintf("x%d", i), "tcp://:80"))
		if _, refused := err.(*registration.Refusal); err == nil || refused {
			t.Fatalf("%d: %v, want that it could not be kept", i, err)
		}
	}
	if n := len(v.shelf.doubtful); n > maxDoubts || d.writes > maxDoubts+10 || len(v.Registrations()) != 1 {
		t.Errorf("%d keys are in doubt after %d writes", n, d.writes)
	}
	d.set(false, false, false)
	if err := v.turn(t.Context(), false); err != nil || len(v.shelf.doubtful) > 0 {
		t.Errorf("%v, and %d keys are in doubt though the store works", err, len(v.shelf.doubtful))
	}
	v.register(t, at("192.0.2.8"), asking("db", "tcp://:80"))
	if keys := d.keys(); !slices.Equal(keys, []string{"check/api", "check/db"}) {
		t.Errorf("kept: %v", keys)
	}
}
