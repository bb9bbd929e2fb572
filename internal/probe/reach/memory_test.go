package reach

import (
	"net/netip"
	"runtime"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

func TestMemory(t *testing.T) {
	db := name{"db", false}
	one, two := []netip.Addr{netip.MustParseAddr("192.0.2.1")}, []netip.Addr{netip.MustParseAddr("192.0.2.2")}
	unheard := &nameError{"db", judgement{health.Indeterminate, health.LocalResolver}, ""}
	none := noSuchAddress(db)
	minute := time.Minute
	steps := []struct {
		learn answer
		after time.Duration // since that
		want  []netip.Addr
		fresh bool
	}{
		{answer{name: db, addrs: one}, 0, one, false},
		{answer{name: db, addrs: two}, time.Hour, two, false},
		{answer{name: db, err: unheard}, 0, two, false},
		{answer{name: name{"db", true}, err: none}, 0, two, false},
		{answer{name: db, addrs: one}, time.Hour + time.Second, nil, false},
		{answer{name: db, addrs: one, fresh: minute}, minute - 1, one, true},
		{answer{name: db, err: unheard}, 1, one, false},
		{answer{name: db, err: none, fresh: minute}, minute - 1, nil, true},
		{answer{name: db, err: unheard}, 1, nil, false},
		{answer{name: db, addrs: one}, 0, one, false},
		{answer{name: db, err: none}, 0, nil, false},
	}
	m, now := memory{}, time.Duration(0)
	for i, s := range steps {
		m.learn(s.learn, now)
		now += s.after
		got, fresh := m.recall(db, now)
		if !slices.Equal(got.addrs, s.want) || fresh != s.fresh || fresh && s.want == nil && !got.isFact() {
			t.Errorf("step %d: %+v, %v, want %v", i, got, fresh, s.want)
		}
	}
}

// TestMemoryIsBounded remembers 100,000 names of two families, and then more
// than it may.
func TestMemoryIsBounded(t *testing.T) {
	m, addr := memory{}, netip.MustParseAddr("192.0.2.1")
	learn := func(i int) {
		for _, v6 := range []bool{false, true} {
			m.learn(answer{name: name{strconv.Itoa(i), v6}, addrs: []netip.Addr{addr}}, time.Duration(i))
		}
	}
	before := heap()
	for i := range 100_000 {
		learn(i)
	}
	if len(m) != 200_000 {
		t.Errorf("%d of 200,000 are remembered", len(m))
	}
	each := (heap() - before) / 100_000
	t.Logf("%d bytes for each name", each)
	if each > 400 {
		t.Errorf("%d bytes for each name", each)
	}
	for i := 100_000; i < 200_000; i++ {
		learn(i)
	}
	if len(m) > mostRecords {
		t.Errorf("%d records", len(m))
	}
	if newest, _ := m.recall(name{"199999", false}, 200_000); newest.addrs == nil {
		t.Error("the newest was forgotten")
	}
}

// TestMemoryLosesWhatNobodyAsksFor, little by little as others come.
func TestMemoryLosesWhatNobodyAsksFor(t *testing.T) {
	m, addr := memory{}, netip.MustParseAddr("192.0.2.1")
	for i := range 2000 {
		m.learn(answer{name: name{strconv.Itoa(i), false}, addrs: []netip.Addr{addr}}, 0)
	}
	for i := range 2000 {
		m.learn(answer{name: name{strconv.Itoa(-i - 1), false}, addrs: []netip.Addr{addr}}, 2*rememberFor)
	}
	if len(m) > 3000 {
		t.Errorf("%d records, of which 2,000 are in use", len(m))
	}
}

// heap returns the bytes in use.
func heap() uint64 {
	runtime.GC()
	var s runtime.MemStats
	runtime.ReadMemStats(&s)
	return s.HeapAlloc
}
