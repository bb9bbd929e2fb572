package journal

import (
	"testing"

	"github.com/portreeve/portreeve/internal/event"
)

// TestQueueGivesItsRoomBack: the bounds are on what is in it, not on what has
// been.
func TestQueueGivesItsRoomBack(t *testing.T) {
	q := newQueue(10, 100)
	next := uint64(1)
	for range 50 {
		for q.put(event.Entry{Number: next}, 30) {
			next++
		}
		if n := q.len(); n != 3 {
			t.Fatalf("%d entries of 30 bytes in a queue of 100", n)
		}
		first := q.oldest(2)
		if len(first) != 2 || first[0].Number != next-3 || first[1].Number != next-2 {
			t.Fatalf("oldest are %v, want %d and the next", first, next-3)
		}
		q.remove(3)
	}
	if q.closeEmpty(); q.put(event.Entry{}, 1) {
		t.Error("a closed queue took an entry")
	}
}

func TestQueueIsNotClosedOverAnEntry(t *testing.T) {
	q := newQueue(10, 100)
	q.put(event.Entry{}, 1)
	if q.closeEmpty() || !q.put(event.Entry{}, 1) {
		t.Error("closed with an entry in it")
	}
	if n := q.close(); n != 2 || q.len() != 0 || !q.closeEmpty() {
		t.Errorf("%d left at the end, want 2", n)
	}
}
