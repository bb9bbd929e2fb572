package kernel

import (
	"encoding/binary"
	"fmt"
	"maps"
	"net/netip"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/portreeve/portreeve/internal/port"
)

// A truth counts as a clientTable does, without bounds.
type truth []map[netip.Addr]uint32

// count counts a connection in both.
func (all truth) count(t *clientTable, index int, a netip.Addr) {
	if all[index] == nil {
		all[index] = map[netip.Addr]uint32{}
	}
	all[index][a]++
	t.count(uint16(index), a)
}

func newClientTable(ports int) *clientTable {
	t := &clientTable{crowds: make([]crowd, ports)}
	t.reset()
	return t
}

// answers returns what the table tells of each port.
func answers(t *clientTable, want truth, top int) []port.Clients {
	rest := t.sorted()
	all := make([]port.Clients, len(t.crowds))
	for i := range t.crowds {
		c := &t.crowds[i]
		c.describe(&all[i], rest[:c.present], top, want.total(i))
		rest = rest[c.present:]
	}
	return all
}

func (all truth) total(index int) uint32 {
	sum := uint32(0)
	for n := range maps.Values(all[index]) {
		sum += n
	}
	return sum
}

func address(n uint32, v6 bool) netip.Addr {
	if v6 {
		b := [16]byte{0x20, 0x01, 0x0d, 0xb8}
		binary.BigEndian.PutUint32(b[12:], n)
		return netip.AddrFrom16(b)
	}
	b := [4]byte{10}
	binary.BigEndian.PutUint32(b[:], 10<<24|n)
	return netip.AddrFrom4(b)
}

func TestClientsAreExactWhileThereIsRoom(t *testing.T) {
	table := newClientTable(3)
	rapid.Check(t, func(t *rapid.T) {
		table.reset()
		want := make(truth, 3)
		hits := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) [3]uint32 {
			return [3]uint32{rapid.Uint32Range(0, 2).Draw(t, "port"), rapid.Uint32Range(0, 60).Draw(t, "address"), rapid.Uint32Range(0, 1).Draw(t, "family")}
		}), 0, 2000).Draw(t, "connections")
		for _, h := range hits {
			want.count(table, int(h[0]), address(h[1], h[2] == 1))
		}
		const top = 5
		for i, got := range answers(table, want, top) {
			busiest := slices.SortedFunc(maps.Keys(want[i]), func(a, b netip.Addr) int {
				if d := int(want[i][b]) - int(want[i][a]); d != 0 {
					return d
				}
				return a.Compare(b)
			})
			rest := want.total(i)
			if got.Distinct != len(busiest) || got.Error != 0 || len(got.Top) != min(top, len(busiest)) {
				t.Fatalf("port %d: %+v, want %d clients", i, got, len(busiest))
			}
			for j, c := range got.Top {
				if c.Addr != busiest[j] || c.Connections != want[i][c.Addr] {
					t.Fatalf("port %d, place %d: %+v, want %v with %d", i, j, c, busiest[j], want[i][busiest[j]])
				}
				rest -= c.Connections
			}
			if got.Other != rest {
				t.Fatalf("port %d: %d others, want %d", i, got.Other, rest)
			}
		}
	})
}

// TestCrowdBlursItsOwnPortOnly brings several times more clients to a port
// than there is room for, some of them busy, and few to another.
func TestCrowdBlursItsOwnPortOnly(t *testing.T) {
	const crowded, quiet, busy, strangers = 0, 1, 50, 5 * maxSlots
	table := newClientTable(2)
	want := make(truth, 2)
	for n := range uint32(strangers) {
		want.count(table, crowded, address(n, n%2 == 0))
		if n%64 == 0 {
			for b := range uint32(busy) {
				want.count(table, crowded, address(1<<20+b, false))
			}
		}
		if n%100 == 0 {
			want.count(table, quiet, address(n/100%200, false))
		}
	}
	if len(table.slots) != maxSlots {
		t.Fatalf("%d slots, want the most: %d", len(table.slots), maxSlots)
	}
	got := answers(table, want, busy)
	if g := got[quiet]; g.Error != 0 || g.Distinct != len(want[quiet]) || g.Top[0].Connections != want[quiet][g.Top[0].Addr] {
		t.Errorf("the quiet port is not exact: %+v", g)
	}
	g := got[crowded]
	if g.Error == 0 || g.Error > 2*want.total(crowded)/(maxSlots/4) || g.Distinct > len(want[crowded]) || g.Distinct < maxSlots/2 {
		t.Errorf("error %d, %d clients of %d", g.Error, g.Distinct, len(want[crowded]))
	}
	for _, c := range g.Top {
		truth := want[crowded][c.Addr]
		if c.Connections < truth || c.Connections-truth > g.Error {
			t.Errorf("%v: %d connections, in truth %d, error %d", c.Addr, c.Connections, truth, g.Error)
		}
		if truth < strangers/64 {
			t.Errorf("%v with %d connections is not one of the busiest", c.Addr, truth)
		}
	}
}

func TestPurgeKeepsEveryoneFindable(t *testing.T) {
	table := newClientTable(2)
	for n := range uint32(maxSlots / 4 * 3) {
		table.count(uint16(n%2), address(n, false))
		if n%3 == 0 {
			table.count(uint16(n%2), address(n, false))
		}
	}
	table.purge(0)
	found := 0
	for _, c := range table.slots {
		if c.connections == 0 {
			continue
		}
		found++
		if at := table.find(&c); table.slots[at] != c {
			t.Fatalf("%v is in the table but is not found there", c)
		}
	}
	if found != table.used || found != table.crowds[0].present+table.crowds[1].present {
		t.Errorf("%d clients in the table, accounted for are %d = %d + %d", found, table.used, table.crowds[0].present, table.crowds[1].present)
	}
	if table.crowds[0].present != maxSlots/8 || table.crowds[1].present != maxSlots/8*3 {
		t.Errorf("present are %+v", table.crowds)
	}
}

func BenchmarkClients(b *testing.B) {
	for _, distinct := range []uint32{10, 20000, 200000} {
		b.Run(fmt.Sprint(distinct), func(b *testing.B) {
			table := newClientTable(1)
			b.ReportAllocs()
			for b.Loop() {
				table.reset()
				for n := range uint32(100000) {
					table.count(0, address(n*2654435761%distinct, false))
				}
				table.sorted()
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/100000, "ns/connection")
		})
	}
}
