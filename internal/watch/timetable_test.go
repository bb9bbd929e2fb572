package watch

import (
	"fmt"
	"testing"
	"time"
)

// A ride drives a timetable in virtual time: answers come after a while of
// their own, and every question is checked against its slot.
type ride struct {
	t     *testing.T
	table timetable
	now   instant
	asked []int     // by target
	next  []instant // the slot that each must be asked for; 0 for one that must not be
	lag   time.Duration
}

func newRide(t *testing.T) *ride {
	start := instant(time.Date(2026, 3, 1, 12, 0, 0, 12345, time.UTC).UnixNano())
	return &ride{t: t, table: timetable{base: start}, now: start}
}

// add adds a target that is first asked at a moment.
func (r *ride) add(name string, interval time.Duration, at instant) int32 {
	id := r.table.add(interval, phaseHash(name), forever)
	for int(id) >= len(r.asked) {
		r.asked, r.next = append(r.asked, 0), append(r.next, 0)
	}
	r.asked[id], r.next[id] = 0, at
	r.table.start(id, at)
	return id
}

// run asks until a moment. Every tenth target takes a hundredth of its interval
// to answer, the others answer at once.
func (r *ride) run(until instant) {
	var due []int32
	for {
		at, ok := r.table.next()
		if !ok || at > until {
			r.now = until
			return
		}
		r.now = max(r.now, at)
		due = r.table.advance(r.now, due[:0])
		for _, id := range due {
			if s := &r.table.slots[id]; s.state == asking {
				r.answer(id)
			} else {
				r.ask(id, s)
			}
		}
	}
}

func (r *ride) ask(id int32, s *slot) {
	if s.due != r.next[id] || s.due > r.now {
		r.t.Fatalf("target %d is asked at %v for its slot at %v, want the one at %v", id, r.now, s.due, r.next[id])
	}
	r.asked[id]++
	r.lag = max(r.lag, r.now.sub(s.due))
	r.table.begin(id)
	if id%10 == 0 {
		r.table.wake(id, r.now.add(s.interval/100))
	} else {
		r.answer(id)
	}
}

func (r *ride) answer(id int32) {
	s := &r.table.slots[id]
	before := s.due
	next, skipped := r.table.done(id, r.now, 0)
	if skipped != 0 {
		r.t.Fatalf("target %d skipped %d slots", id, skipped)
	}
	if r.next[id] == 0 && next == 0 {
		return // removed meanwhile
	}
	regular := (time.Duration(next)-s.phase)%s.interval == 0
	if gap := next.sub(before); !regular || gap < s.interval/2 || gap > s.interval*3/2 {
		r.t.Fatalf("target %d is due %v after its last question, on its slots: %v", id, gap, regular)
	}
	if r.asked[id] > 1 && next.sub(before) != s.interval {
		r.t.Fatalf("target %d has drifted: %v between slots of %v", id, next.sub(before), s.interval)
	}
	r.next[id] = next
}

// TestAnHourOfAHundredThousand asks 100,000 targets for an hour, with adding,
// removing and changing in the middle: every slot is met once, none drifts, and
// what is done to some moves nobody else.
func TestAnHourOfAHundredThousand(t *testing.T) {
	t.Parallel()
	const targets, changed = 100_000, 5_000
	r := newRide(t)
	start := r.now
	for i := range targets {
		r.add(fmt.Sprintf("t%05d", i), time.Minute, start.add(time.Duration(i)*time.Minute/targets))
	}
	r.run(start.add(time.Minute))
	for id, n := range r.asked {
		if n < 1 {
			t.Fatalf("target %d was not asked within the first interval", id)
		}
	}
	r.run(start.add(20 * time.Minute))
	for id := range int32(changed) { // those in the middle of a question leave when it is over
		r.table.remove(id)
		r.next[id] = 0
	}
	r.run(start.add(20*time.Minute + time.Second))
	for i := range changed {
		r.add(fmt.Sprintf("new%d", i), 30*time.Second, r.now.add(time.Duration(i)*time.Millisecond))
	}
	for id := int32(changed); id < 2*changed; id++ {
		if r.table.slots[id].state == pending {
			r.table.retime(id, 20*time.Second, uint64(id))
			r.next[id], r.asked[id] = r.now, 0
			r.table.start(id, r.now)
		}
	}
	r.run(start.add(time.Hour))
	for id := 2 * changed; id < targets; id++ {
		first := start.add(time.Duration(id) * time.Minute / targets)
		second := r.table.slots[id].from(first.add(time.Minute / 2))
		if want := 2 + int(start.add(time.Hour).sub(second)/time.Minute); r.asked[id] != want {
			t.Fatalf("target %d was asked %d times in an hour, want %d", id, r.asked[id], want)
		}
	}
	if r.lag > tick {
		t.Errorf("a target was asked %v late, want %v at most", r.lag, tick)
	}
	if n := len(r.table.slots); n != targets {
		t.Errorf("%d slots, want those of removed targets used again: %d", n, targets)
	}
}

func TestSlotsAreTheSameAfterARestart(t *testing.T) {
	next := func(start instant) instant {
		table := timetable{base: start}
		table.add(time.Second, 1, forever) // others do not matter
		id := table.add(30*time.Second, phaseHash("db"), forever)
		table.start(id, start)
		table.advance(start.add(tick), nil)
		table.begin(id)
		due, _ := table.done(id, start.add(2*tick), 0)
		return due
	}
	start := newRide(t).now
	one, other := next(start), next(start.add(1234567*time.Microsecond))
	if gap := one.sub(other) % (30 * time.Second); gap != 0 {
		t.Errorf("slots are %v apart after a restart", gap)
	}
}

func TestPhasesSpread(t *testing.T) {
	const targets, bins = 10_000, 100
	var count [bins]int
	for i := range targets {
		count[phaseHash(fmt.Sprintf("host-%d.example.org-8080", i))%uint64(5*time.Second)/uint64(5*time.Second/bins)]++
	}
	for bin, n := range count {
		if n < 50 || n > 150 { // five standard deviations
			t.Errorf("%d of %d targets in the %dth of %d parts of the interval", n, targets, bin, bins)
		}
	}
}

// TestDone is the rule by which a target's next question is found. Times are
// in seconds; slots are at 0, 10, 20 …
func TestDone(t *testing.T) {
	tests := []struct {
		name      string
		due, over float64 // when it was due, and when the answer was in
		retry     float64
		rounds    int32
		want      float64
		skipped   int64
	}{
		{"the slot after the last", 10, 11, 0, forever, 20, 0},
		{"the slot after the first question, which was not at one", 12, 12.1, 0, forever, 20, 0},
		{"not one that is sooner than half an interval", 16, 16.1, 0, forever, 30, 0},
		{"a slot that has just gone by", 10, 22.5, 0, forever, 20, 0},
		{"not one that it is too late for", 10, 22.6, 0, forever, 30, 1},
		{"nor several", 10, 55, 0, forever, 60, 4},
		{"a retry instead", 10, 11, 3, forever, 13, 0},
		{"a retry at once if it is late", 10, 14.5, 3, forever, 14.5, 0},
		{"a slot after retries", 23, 24, 0, forever, 30, 0},
		{"a round after the last", 12, 13, 0, 2, 22, 0},
		{"a round at once if it is late", 12, 29, 0, 2, 29, 0},
		{"nothing after the last round", 12, 13, 0, 1, 0, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			at := func(s float64) instant { return instant(s * float64(time.Second)) }
			var table timetable
			id := table.add(10*time.Second, 0, tt.rounds)
			table.start(id, at(tt.due))
			table.advance(at(tt.due), nil)
			table.begin(id)
			next, skipped := table.done(id, at(tt.over), time.Duration(at(tt.retry)))
			if next != at(tt.want) || skipped != tt.skipped {
				t.Errorf("next at %v with %d skipped, want %v with %d", time.Duration(next), skipped, time.Duration(at(tt.want)), tt.skipped)
			}
		})
	}
}

// TestSkip is the rule by which a question is given up that is asked too late.
func TestSkip(t *testing.T) {
	at := func(s float64) instant { return instant(s * float64(time.Second)) }
	tests := []struct {
		name    string
		first   bool
		now     float64 // due at 10
		skipped int64
		next    float64
	}{
		{"a little late is asked", false, 12.5, 0, 10},
		{"too late is not", false, 12.6, 1, 20},
		{"nor are all that went by", false, 71, 6, 70},
		{"the first is asked whenever", true, 71, 0, 10},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var table timetable
			id := table.add(10*time.Second, 0, forever)
			table.start(id, at(10))
			table.slots[id].fresh = tt.first
			if got := table.skip(id, at(tt.now)); got != tt.skipped || table.slots[id].due != at(tt.next) {
				t.Errorf("skipped %d until %v, want %d until %v", got, time.Duration(table.slots[id].due), tt.skipped, time.Duration(at(tt.next)))
			}
		})
	}
}

// TestWhatIsSaidMeanwhile: what is done to a target that is being asked happens
// when the question is over.
func TestWhatIsSaidMeanwhile(t *testing.T) {
	tests := []struct {
		name  string
		say   func(table *timetable, id int32)
		state slotState
		live  int
	}{
		{"nothing", func(*timetable, int32) {}, pending, 1},
		{"stop", func(table *timetable, id int32) { table.stop(id) }, resting, 0},
		{"remove", func(table *timetable, id int32) { table.remove(id) }, vacant, 0},
		{"stop and start", func(table *timetable, id int32) { table.stop(id); table.start(id, 0) }, pending, 1},
		{"start and remove", func(table *timetable, id int32) { table.start(id, 0); table.remove(id) }, vacant, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var table timetable
			id := table.add(10*time.Second, 0, forever)
			table.start(id, 1)
			table.begin(id)
			tt.say(&table, id)
			if s := table.slots[id].state; s != asking {
				t.Fatalf("state %d while it is being asked", s)
			}
			table.done(id, instant(time.Second), 0)
			if s := table.slots[id].state; s != tt.state || table.live != tt.live {
				t.Errorf("state %d and %d live, want %d and %d", s, table.live, tt.state, tt.live)
			}
		})
	}
}
