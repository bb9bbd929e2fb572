package procfs

import "testing"

func TestLeader(t *testing.T) {
	type family []kin
	at := func(pid, ppid int, start uint64) kin { return kin{holder{pid, 3}, ppid, start, false} }
	// Processes that hold nothing, by pid: their parents.
	between := map[int]int{90: 10, 91: 90, 1: 0, 600: 601, 601: 600}
	tests := []struct {
		name    string
		holders family
		want    int
	}{
		{"one alone", family{at(10, 1, 100)}, 10},
		{"a master and its workers", family{at(10, 1, 100), at(11, 10, 101), at(12, 10, 102)}, 10},
		{"a master with a higher pid", family{at(11, 50, 101), at(12, 50, 102), at(50, 1, 100)}, 50},
		{"generations", family{at(10, 1, 100), at(11, 10, 101), at(12, 11, 102)}, 10},
		{"a shell between them", family{at(10, 1, 100), at(11, 91, 101)}, 10},
		{"orphans: the oldest", family{at(30, 1, 300), at(31, 1, 200), at(32, 1, 400)}, 31},
		{"orphans with children: the oldest", family{at(30, 1, 300), at(31, 30, 310), at(40, 1, 200), at(41, 40, 500)}, 40},
		{"orphans born in the same tick: the lower pid", family{at(30, 1, 300), at(31, 1, 300)}, 30},
		{"parents in a circle", family{at(10, 600, 100), at(11, 600, 90)}, 11},
		{"its own parent", family{at(10, 10, 100)}, 10},
	}
	for _, tt := range tests {
		got := leader(tt.holders, func(pid int) (int, bool) { ppid, ok := between[pid]; return ppid, ok })
		if got.pid != tt.want {
			t.Errorf("%s: %d leads, want %d", tt.name, got.pid, tt.want)
		}
	}
}
