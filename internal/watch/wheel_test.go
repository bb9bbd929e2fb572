package watch

import (
	"math/rand/v2"
	"slices"
	"testing"
)

func TestWheelGivesOutEachEntryAtItsTick(t *testing.T) {
	tests := []struct {
		name  string
		ticks []int64   // of entries 0, 1, 2 …
		turns []int64   // to which ticks the wheel is turned
		want  [][]int32 // what falls out each time
	}{
		{"in the order of their ticks", []int64{7, 3, 5}, []int64{10}, [][]int32{{1, 2, 0}}},
		{"those of one tick in the order in which they were set", []int64{3, 3, 2, 3}, []int64{3}, [][]int32{{2, 0, 1, 3}}},
		{"not early", []int64{3}, []int64{2, 3}, [][]int32{nil, {0}}},
		{"not twice", []int64{3}, []int64{3, 3, turn + 3}, [][]int32{{0}, nil, nil}},
		{"one that is past at the next tick", []int64{-5, 0}, []int64{0, 1}, [][]int32{nil, {0, 1}}},
		{"one that is turns away when they are over", []int64{3*turn + 9}, []int64{9, turn + 9, 3*turn + 8, 3*turn + 9}, [][]int32{nil, nil, nil, {0}}},
		{"all after a long sleep", []int64{5, turn - 1, 2*turn + 1}, []int64{9 * turn}, [][]int32{{2, 0, 1}}},
		{"across the end of the ring", []int64{turn + 1, turn - 1}, []int64{turn - 2, turn + 1}, [][]int32{nil, {1, 0}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var w wheel
			for e, tick := range tt.ticks {
				w.set(int32(e), tick)
			}
			for i, to := range tt.turns {
				if got := w.advance(to, nil); !slices.Equal(got, tt.want[i]) {
					t.Errorf("turned to %d: %v fell out, want %v", to, got, tt.want[i])
				}
			}
		})
	}
}

// TestWheelAgreesWithAList sets, moves, removes and turns at random, and
// compares with a plain list of who is due when.
func TestWheelAgreesWithAList(t *testing.T) {
	const entries = 200
	random := rand.New(rand.NewPCG(1, 2))
	var w wheel
	due := map[int32]int64{}
	for range 20_000 {
		e := random.Int32N(entries)
		switch random.IntN(4) {
		case 0, 1:
			due[e] = w.now + 1 + random.Int64N(1<<(1+random.IntN(18)))
			w.set(e, due[e])
		case 2:
			delete(due, e)
			w.remove(e)
		case 3:
			to := w.now + random.Int64N(1<<(1+random.IntN(18)))
			if next := w.next(); next <= w.now {
				t.Fatalf("next is %d, but the wheel stands at %d", next, w.now)
			}
			for _, e := range w.advance(to, nil) {
				if at, ok := due[e]; !ok || at > to {
					t.Fatalf("%d fell out at %d, due at %d", e, to, at)
				}
				delete(due, e)
			}
			for e, at := range due {
				if at <= to {
					t.Fatalf("%d was due at %d and did not fall out at %d", e, at, to)
				}
			}
		}
		if w.count != len(due) {
			t.Fatalf("the wheel holds %d, want %d", w.count, len(due))
		}
	}
}

func TestWheelKnowsWhenToTurn(t *testing.T) {
	var w wheel
	if w.next() != never {
		t.Error("an empty wheel wants to be turned")
	}
	w.set(0, 1000)
	w.set(1, 70)
	if n := w.next(); n != 70 {
		t.Errorf("next = %d, want 70", n)
	}
	w.remove(1)
	if n := w.next(); n != 1000 {
		t.Errorf("next = %d, want 1000", n)
	}
	w.advance(1000, nil)
	if w.next() != never {
		t.Error("a wheel that was emptied wants to be turned")
	}
}
