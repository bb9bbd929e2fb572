package watch

import (
	"math"
	"math/bits"
	"slices"
)

// A wheel is a hashed timing wheel (G. Varghese and T. Lauck, "Hashed and
// Hierarchical Timing Wheels", 1987, scheme 6): a ring of buckets, one per
// tick, each a list of entries. Setting and removing cost the same among ten
// entries and among a million. An entry that is more than a turn away stays
// where it is when its bucket comes by, so nothing is ever moved in a crowd. It
// reads no clock: ticks are handed in. The zero wheel is empty and stands at
// tick 0.
//
// Entries are small numbers that the caller gives out. Each is in the wheel
// once at most.
type wheel struct {
	now   int64    // everything up to this tick has been given out
	heads []int32  // first entry of each bucket, plus one; nil while nothing was ever set
	full  []uint64 // one bit per bucket that has entries
	links []link   // by entry
	count int      // entries in the wheel
}

// A link is an entry's place in the list of its bucket.
type link struct {
	tick       int64 // 0 when it is not in the wheel
	next, prev int32 // entries, plus one; 0 for none
}

const (
	// turn is how many buckets there are: enough that most intervals fit into one
	// turn.
	turn = 1 << 16
	// never is the tick of an empty wheel.
	never = math.MaxInt64
)

// set puts an entry into the wheel, or moves it within. A tick that is past
// means the next one.
func (w *wheel) set(entry int32, tick int64) {
	if w.heads == nil {
		w.heads, w.full = make([]int32, turn), make([]uint64, turn/64)
	}
	for int(entry) >= len(w.links) {
		w.links = append(w.links, link{})
	}
	w.remove(entry)
	tick = max(tick, w.now+1)
	bucket := tick % turn
	first := w.heads[bucket]
	if first != 0 {
		w.links[first-1].prev = entry + 1
	}
	w.links[entry] = link{tick: tick, next: first}
	w.heads[bucket] = entry + 1
	w.full[bucket/64] |= 1 << (bucket % 64)
	w.count++
}

// remove takes an entry out of the wheel if it is in.
func (w *wheel) remove(entry int32) {
	if int(entry) >= len(w.links) || w.links[entry].tick == 0 {
		return
	}
	l := w.links[entry]
	bucket := l.tick % turn
	if l.next != 0 {
		w.links[l.next-1].prev = l.prev
	}
	if l.prev != 0 {
		w.links[l.prev-1].next = l.next
	} else if w.heads[bucket] = l.next; l.next == 0 {
		w.full[bucket/64] &^= 1 << (bucket % 64)
	}
	w.links[entry] = link{}
	w.count--
}

// advance turns the wheel to a tick and appends the entries that fall out to
// due: the earliest tick first when that is less than a turn, and those of one
// tick in the order in which they were set.
func (w *wheel) advance(to int64, due []int32) []int32 {
	last := min(to, w.now+turn) // by then every bucket has come by
	for at := w.seek(w.now + 1); at <= last; at = w.seek(at + 1) {
		before := len(due)
		for e := w.heads[at%turn]; e != 0; {
			next := w.links[e-1].next
			if w.links[e-1].tick <= to {
				w.remove(e - 1)
				due = append(due, e-1)
			}
			e = next
		}
		slices.Reverse(due[before:]) // the list begins with the newest
	}
	w.now = max(w.now, to)
	return due
}

// next returns the first tick at which the wheel may have something to give
// out, never when it is empty. When that tick's entries are all some turns
// away, it has nothing.
func (w *wheel) next() int64 { return w.seek(w.now + 1) }

// seek returns the first tick, from one on, whose bucket has entries.
func (w *wheel) seek(from int64) int64 {
	if w.count == 0 {
		return never
	}
	bucket := from % turn
	first := from - bucket%64 // of the bits in the same word
	if word := w.full[bucket/64] >> (bucket % 64); word != 0 {
		return from + int64(bits.TrailingZeros64(word))
	}
	for i := int64(1); i <= turn/64; i++ {
		if word := w.full[(bucket/64+i)%(turn/64)]; word != 0 {
			return first + i*64 + int64(bits.TrailingZeros64(word))
		}
	}
	return never
}
