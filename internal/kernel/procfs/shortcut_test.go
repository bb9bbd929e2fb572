package procfs

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// spent has the budget of scans be spent for a long time.
func (o *Owners) spent() { o.budget.next = time.Now().Add(24 * time.Hour) }

// TestLikelyHoldersNeedNoScan has ports opened while the budget for scans is
// spent.
func TestLikelyHoldersNeedNoScan(t *testing.T) {
	tests := []struct {
		name   string
		change func(p tree)
		want   string
	}{
		{"a new process", func(p tree) { p.process(40, 1, "new", 300, 888) }, "new 40 of [40]"},
		{"a new master and its workers", func(p tree) {
			p.process(40, 1, "new", 300, 888)
			p.process(41, 40, "worker", 301, 888)
			p.process(42, 40, "worker", 301, 888)
		}, "new 40 of [40 41 42]"},
		{"one that listens already", func(p tree) { p.process(30, 1, "web", 100, 777, 888) }, "web 30 of [30]"},
		{"a worker of one that listens", func(p tree) { p.process(31, 30, "worker", 100, 777, 888) }, "worker 31 of [31]"},
		{"an old process that forked", func(p tree) {
			p.process(20, 1, "old", 90, 888)
			p.process(41, 20, "child", 300, 888)
		}, "old 20 of [20 41]"},
		{"an old process that never listened", func(p tree) { p.process(20, 1, "old", 90, 888) }, "unknown: pending"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := newTree(t)
				p.process(20, 1, "old", 90)
				p.process(30, 1, "web", 100, 777)
				p.process(31, 30, "worker", 100, 777)
				o := p.owners(OwnersOptions{})
				expectBoth(t, o, "web 30 of [30 31]", "")
				o.spent()
				tt.change(p)
				expectBoth(t, o, "web 30 of [30 31]", tt.want)
				if o.scans != 1 {
					t.Errorf("%d scans", o.scans)
				}
			})
		})
	}
}

// expectBoth names the sockets 777 and, if an owner is wanted, 888.
func expectBoth(t *testing.T, o *Owners, first, second string) {
	t.Helper()
	sockets := []port.Socket{socket(777), socket(888)}
	if second == "" {
		sockets = sockets[:1]
	}
	o.Resolve(sockets)
	for i, want := range []string{first, second}[:len(sockets)] {
		if got := brief(sockets[i].Owner); got != want {
			t.Errorf("socket %d: %s; want %s", sockets[i].Bind.Inode, got, want)
		}
	}
}

// TestYoungProcessesStayLikely: a server is seen by a scan before it has opened
// its port.
func TestYoungProcessesStayLikely(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTree(t)
		p.process(30, 1, "web", 100, 777)
		o := p.owners(OwnersOptions{})
		expect(t, o, 777, "web 30 of [30]")
		p.process(40, 1, "slow", 300)
		time.Sleep(time.Until(o.rescan))
		expect(t, o, 777, "web 30 of [30]")
		if o.scans != 2 {
			t.Fatalf("%d scans", o.scans)
		}
		o.spent()
		time.Sleep(youth - time.Second)
		p.process(40, 1, "slow", 300, 888)
		expectBoth(t, o, "web 30 of [30]", "slow 40 of [40]")
	})
}

// TestShortcutsKeepToTheirBudget: a shortcut that was dear is not taken again
// until it has been paid for, and the two kinds do not wait for each other.
func TestShortcutsKeepToTheirBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := newTree(t)
		p.process(30, 1, "web", 100, 777)
		o := p.owners(OwnersOptions{})
		expect(t, o, 777, "web 30 of [30]")
		o.spent()
		o.shortcut.newcomers.next = time.Now().Add(ahead + time.Minute)
		o.shortcut.regulars.next = time.Now().Add(ahead + time.Minute)
		p.process(40, 1, "new", 300, 888)
		expectBoth(t, o, "web 30 of [30]", "unknown: pending")
		time.Sleep(time.Minute)
		expectBoth(t, o, "web 30 of [30]", "new 40 of [40]")
		if b := o.shortcut.newcomers; !b.next.After(time.Now()) {
			t.Error("it cost nothing")
		}
	})
}

func TestRoster(t *testing.T) {
	began := time.Unix(1700000000, 0)
	var r roster
	r.take([]sighting{{30, 1}, {10, 2}}, began) // not every file system tells them in order
	r.take([]sighting{{10, 2}, {30, 7}, {40, 3}}, began.Add(time.Second))
	for _, tt := range []struct {
		name  string
		p     sighting
		after time.Duration
		want  bool
	}{
		{"there from the start", sighting{10, 2}, time.Second, false},
		{"with the number of one that is gone", sighting{10, 9}, time.Hour, true},
		{"took the number between scans", sighting{30, 7}, time.Second, true},
		{"young", sighting{40, 3}, youth, true},
		{"no longer young", sighting{40, 3}, youth + time.Second, false},
		{"never seen", sighting{41, 4}, time.Hour, true},
		{"gone since", sighting{30, 1}, time.Hour, true},
	} {
		if got := r.isNew(tt.p, began.Add(tt.after)); got != tt.want {
			t.Errorf("%s: new is %v, want %v", tt.name, got, tt.want)
		}
	}
}

// TestLineOfRegulars: those of the same user first, leaders before others,
// nobody twice.
func TestLineOfRegulars(t *testing.T) {
	o := newTree(t).owners(OwnersOptions{})
	o.holdings[1] = &holding{uid: 5, holders: []holder{{10, 3}, {11, 3}}, lead: 1}
	o.holdings[2] = &holding{uid: 6, holders: []holder{{10, 4}, {12, 3}}, lead: 0}
	o.holdings[3] = &holding{uid: 6}
	o.lost[3] = o.holdings[3]
	o.shortcut.lineUp(o)
	want := []candidate{{10, 0}, {12, 1}, {11, 2}}
	if got := o.shortcut.line; len(got) != 3 || got[0] != want[0] || got[1] != want[1] || got[2] != want[2] {
		t.Errorf("%v, want %v", got, want)
	}
	for pid := range 2 * mostCandidates {
		o.holdings[1].holders = append(o.holdings[1].holders, holder{100 + pid, 3})
	}
	if o.shortcut.lineUp(o); len(o.shortcut.line) != mostCandidates {
		t.Errorf("%d are looked at", len(o.shortcut.line))
	}
}

// TestSightingsAreStable takes processes as the kernel lists them.
func TestSightingsAreStable(t *testing.T) {
	f := New("/proc")
	var r roster
	var seen []sighting
	if err := f.sightings(func(p sighting) { seen = append(seen, p) }); err != nil {
		t.Fatal(err)
	}
	r.take(seen, time.Now())
	c := start(t, "/proc/self/exe")
	c.tell("name %q", "new") // it runs
	known, fresh := false, false
	err := f.sightings(func(p sighting) {
		if p.pid == c.pid() {
			fresh = r.isNew(p, time.Now())
		} else if p.pid == 1 {
			known = !r.isNew(p, time.Now())
		}
	})
	if err != nil || !known || !fresh {
		t.Errorf("process 1 is known: %v; a child is new: %v; %v", known, fresh, err)
	}
}
