package kernel

import (
	"bytes"
	"cmp"
	"hash/maphash"
	"net/netip"
	"slices"

	"github.com/portreeve/portreeve/internal/port"
)

// A clientTable counts connections by client address for a few ports, in at
// most 768 KiB. Within that it is exact. Beyond, it keeps the busiest clients
// by the summary of Misra and Gries in the form of Anderson et al. ("A
// High-Performance Algorithm for Identifying Frequent Items in Data Streams",
// IMC 2017): when the table is full, the median is taken off every count and
// those that reach zero make room. Only the port with the most clients pays,
// so that a crowd on one does not blur the numbers of another.
type clientTable struct {
	seed   maphash.Seed // addresses are the choice of strangers: they must not choose collisions
	slots  []client     // open addressing with linear probing; a power of two
	used   int
	crowds []crowd // by index of the port
	sample []uint32
}

// A client is one address on one port; a free slot when it has no connections.
type client struct {
	addr        [16]byte // IPv4 is v4-mapped
	connections uint32
	port        uint16 // index of the port
}

// A crowd is what is known of all clients of a port.
type crowd struct {
	present int    // in the table
	most    int    // that were present at once
	taken   uint32 // off the count of every client that was ever present: the error
}

const (
	minSlots   = 1 << 8
	maxSlots   = 1 << 15
	sampleSize = 1 << 10
)

// reset empties the table. The number of ports stays that of crowds.
func (t *clientTable) reset() {
	if t.slots == nil {
		t.seed = maphash.MakeSeed()
		t.slots = make([]client, minSlots)
	}
	if t.used > 0 {
		clear(t.slots)
		t.used = 0
	}
	clear(t.crowds)
}

// count counts one connection of a client of the port with that index.
func (t *clientTable) count(index uint16, addr netip.Addr) {
	key := client{addr: addr.As16(), port: index}
	at := t.find(&key)
	if t.slots[at].connections == 0 {
		at = t.admit(&key, at)
	}
	t.slots[at].connections++
}

// find returns the slot of a client, or the free one where it belongs.
func (t *clientTable) find(key *client) int {
	mask := len(t.slots) - 1
	at := t.home(key)
	for t.slots[at].connections != 0 && (t.slots[at].addr != key.addr || t.slots[at].port != key.port) {
		at = (at + 1) & mask
	}
	return at
}

// home returns the slot where the search for a client begins.
func (t *clientTable) home(key *client) int {
	var b [18]byte
	copy(b[:], key.addr[:])
	b[16], b[17] = byte(key.port), byte(key.port>>8)
	return int(maphash.Bytes(t.seed, b[:])) & (len(t.slots) - 1)
}

// admit takes in a client that belongs in the free slot at, and returns its
// slot, which is another one if room had to be made.
func (t *clientTable) admit(key *client, at int) int {
	if t.used >= len(t.slots)/4*3 {
		if len(t.slots) < maxSlots {
			t.grow()
		} else {
			t.purge(t.mostCrowded())
		}
		at = t.find(key)
	}
	t.slots[at] = *key
	t.used++
	c := &t.crowds[key.port]
	c.present++
	c.most = max(c.most, c.present)
	return at
}

func (t *clientTable) grow() {
	old := t.slots
	t.slots = make([]client, 2*len(old))
	for i := range old {
		if old[i].connections != 0 {
			t.slots[t.find(&old[i])] = old[i]
		}
	}
}

func (t *clientTable) mostCrowded() uint16 {
	most := 0
	for i := range t.crowds {
		if t.crowds[i].present > t.crowds[most].present {
			most = i
		}
	}
	return uint16(most)
}

// purge takes the median count of a port's clients off each of them and drops
// those of whom nothing is left: about half, and at least one.
func (t *clientTable) purge(index uint16) {
	median := t.median(index)
	for i := range t.slots {
		if c := &t.slots[i]; c.port == index && c.connections != 0 {
			if c.connections > median {
				c.connections -= median
			} else {
				c.connections = gone
			}
		}
	}
	t.crowds[index].taken += median
	for i := range t.slots {
		for t.slots[i].connections == gone {
			t.crowds[index].present--
			t.used--
			t.remove(i)
		}
	}
}

// gone marks the count of a client that is about to be removed.
const gone = 1<<32 - 1

// median returns the median count of a port's clients, from a sample: the
// order of the slots is as good as random.
func (t *clientTable) median(index uint16) uint32 {
	t.sample = slices.Grow(t.sample[:0], sampleSize)
	for i := range t.slots {
		if c := &t.slots[i]; c.port == index && c.connections != 0 {
			if t.sample = append(t.sample, c.connections); len(t.sample) == sampleSize {
				break
			}
		}
	}
	slices.Sort(t.sample)
	return t.sample[len(t.sample)/2]
}

// remove frees a slot and moves up those behind it that would else be cut off
// from where their search begins.
func (t *clientTable) remove(hole int) {
	mask := len(t.slots) - 1
	for at := (hole + 1) & mask; t.slots[at].connections != 0; at = (at + 1) & mask {
		if home := t.home(&t.slots[at]); (at-home)&mask >= (at-hole)&mask {
			t.slots[hole] = t.slots[at]
			hole = at
		}
	}
	t.slots[hole] = client{}
}

// sorted returns all clients by port, the busiest first, then by address.
// The table is used up by it: reset comes next.
func (t *clientTable) sorted() []client {
	n := 0
	for i := range t.slots {
		if t.slots[i].connections != 0 {
			t.slots[n], t.slots[i] = t.slots[i], t.slots[n]
			n++
		}
	}
	slices.SortFunc(t.slots[:n], func(a, b client) int {
		return cmp.Or(
			cmp.Compare(a.port, b.port),
			cmp.Compare(b.connections, a.connections),
			compareAddr(&a.addr, &b.addr),
		)
	})
	return t.slots[:n]
}

// compareAddr orders as netip.Addr.Compare does: all of IPv4 before IPv6.
func compareAddr(a, b *[16]byte) int {
	aIs4, bIs4 := netip.AddrFrom16(*a).Is4In6(), netip.AddrFrom16(*b).Is4In6()
	switch {
	case aIs4 == bIs4:
		return bytes.Compare(a[:], b[:])
	case aIs4:
		return -1
	}
	return 1
}

// describe fills the answer about a port with this crowd: the top of its
// clients, who are sorted, and total connections.
func (c *crowd) describe(answer *port.Clients, clients []client, top int, total uint32) {
	answer.Distinct, answer.Error, answer.Other = c.most, c.taken, total
	if answer.Top == nil {
		answer.Top = []port.Client{}
	}
	for _, client := range clients[:max(0, min(top, len(clients)))] {
		// What was taken off is given back, so that a number is never too
		// low: a limit that is reached shows.
		n := min(client.connections+c.taken, total)
		answer.Top = append(answer.Top, port.Client{Addr: netip.AddrFrom16(client.addr).Unmap(), Connections: n})
		answer.Other -= min(n, answer.Other)
	}
}
