package watch

import "time"

// A timetable says when each target is to be asked. Slots are aligned to
// absolute time, k·interval + phase, with a phase that follows from the
// target's name: they are the same after a restart, whatever else is asked,
// and crowds spread over the interval. It is pure: now is handed in.
//
// A target is in the wheel once at most: until it is due, then until somebody
// wants to know that it still waits or is still being asked.
type timetable struct {
	base  instant // tick 0 of the wheel
	wheel wheel
	slots []slot  // by target
	free  []int32 // slots that nobody has
	live  int     // targets that are not at rest
}

// An instant is a moment in nanoseconds since 1970, by a clock that showed the
// wall clock's time once and never jumps.
type instant int64

func (i instant) add(d time.Duration) instant       { return i + instant(d) }
func (i instant) sub(earlier instant) time.Duration { return time.Duration(i - earlier) }

// tick is how exactly the wheel knows the time. To wake up costs more than to
// ask, so those that are due within it are asked together.
const tick = 2 * time.Millisecond

// A slot is a target's line in the timetable.
type slot struct {
	interval time.Duration
	phase    time.Duration // 0 <= phase < interval
	due      instant       // of the next question, or of the one being asked
	rounds   int32         // that are left to ask; forever, or the number
	state    slotState
	then     sequel
	fresh    bool // the first question has not been asked
}

// forever is the number of rounds of a target that is asked until it is
// removed.
const forever = -1

type slotState uint8

const (
	vacant  slotState = iota // nobody's
	resting                  // not to be asked
	pending                  // in the wheel until it is due
	waiting                  // due, but there is no place
	asking                   // being asked
)

// A sequel is what becomes of a target whose question is over.
type sequel uint8

const (
	goOn sequel = iota
	rest
	leave
	afresh // ask at once
)

// add makes a line for a target, at rest.
func (t *timetable) add(interval time.Duration, hash uint64, rounds int32) (id int32) {
	if n := len(t.free); n > 0 {
		id, t.free = t.free[n-1], t.free[:n-1]
	} else {
		id = int32(len(t.slots))
		t.slots = append(t.slots, slot{})
	}
	t.slots[id] = slot{state: resting, rounds: rounds}
	t.retime(id, interval, hash)
	return id
}

// retime gives a target other slots, from its next question on.
func (t *timetable) retime(id int32, interval time.Duration, hash uint64) {
	s := &t.slots[id]
	interval = max(interval, tick)
	s.interval, s.phase = interval, time.Duration(hash%uint64(interval))
}

// shift gives a target other slots from now on: it is asked in the first of them,
// or when it was to be asked anyway if that is sooner. It returns when a target
// that is to be asked is due, and else 0.
func (t *timetable) shift(id int32, now instant, interval time.Duration, hash uint64) instant {
	t.retime(id, interval, hash)
	s := &t.slots[id]
	if s.state != pending {
		return 0
	}
	if due := s.from(now); !s.fresh && due < s.due {
		s.due = due
		t.wake(id, due)
	}
	return s.due
}

// start has a target asked for the first time at a moment, or once the question
// that it is being asked is over.
func (t *timetable) start(id int32, at instant) {
	s := &t.slots[id]
	s.fresh = true
	if s.state == asking {
		s.then = afresh
		return
	}
	t.move(id, pending)
	s.due = at
	t.wake(id, at)
}

// hasten has a target that is to be asked asked at a moment if that is sooner,
// or once more after the question that it is being asked. It returns when it is
// due, and 0 when that is not known yet, or when it is not to be asked.
func (t *timetable) hasten(id int32, at instant) instant {
	switch s := &t.slots[id]; {
	case s.state == asking && s.then == goOn:
		s.then = afresh
	case s.state == pending && at < s.due:
		s.due, s.fresh = at, true
		t.wake(id, at)
		return at
	}
	return 0
}

// stop has a target not asked any more.
func (t *timetable) stop(id int32) {
	if s := &t.slots[id]; s.state == asking {
		s.then = rest
		return
	}
	t.move(id, resting)
	t.wheel.remove(id)
}

// remove has a target not asked any more and its line given to others, once the
// question that it is being asked is over. It reports whether it is so far.
func (t *timetable) remove(id int32) bool {
	if s := &t.slots[id]; s.state == asking {
		s.then = leave
		return false
	}
	t.move(id, vacant)
	t.wheel.remove(id)
	t.free = append(t.free, id)
	return true
}

// move takes a target to another state.
func (t *timetable) move(id int32, to slotState) {
	s := &t.slots[id]
	if s.state > resting {
		t.live--
	}
	if to > resting {
		t.live++
	}
	s.state = to
}

// wake puts a target into the wheel for a moment.
func (t *timetable) wake(id int32, at instant) {
	t.wheel.set(id, int64((at.sub(t.base)+tick-1)/tick))
}

// advance appends the targets whose moment has come.
func (t *timetable) advance(now instant, due []int32) []int32 {
	return t.wheel.advance(int64(now.sub(t.base)/tick), due)
}

// next returns when to call advance again; ok is false when there is no need.
func (t *timetable) next() (at instant, ok bool) {
	n := t.wheel.next()
	return t.base.add(time.Duration(n) * tick), n != never
}

// skip gives up a slot that it is too late for, the first question's excepted,
// and returns how many went by. Everybody would be asked at once otherwise
// after we were stopped for a while.
func (t *timetable) skip(id int32, now instant) (skipped int64) {
	s := &t.slots[id]
	if s.fresh || s.rounds != forever || now.sub(s.due) <= s.patience() {
		return 0
	}
	due, skipped := s.next(now)
	s.due = due
	t.wake(id, due)
	return skipped + 1
}

// wait has a target that is due wait for a place, for as long as it takes.
func (t *timetable) wait(id int32) {
	t.move(id, waiting)
	t.wheel.remove(id)
}

// waitUntil has a target that is due wait for a place, and advance return it at
// a moment if it waits still.
func (t *timetable) waitUntil(id int32, at instant) {
	t.move(id, waiting)
	t.wake(id, at)
}

// begin notes that a target is being asked.
func (t *timetable) begin(id int32) {
	t.move(id, asking)
	t.slots[id].fresh = false
	t.wheel.remove(id)
}

// due returns when a target is due next, 0 when it is not. While it is being
// asked, that is its next slot.
func (t *timetable) due(id int32) instant {
	switch s := &t.slots[id]; {
	case s.state <= resting:
		return 0
	case s.state == pending:
		return s.due
	default:
		due, _ := s.next(s.due)
		return due
	}
}

// done notes that a target's question is over, and returns when the next is
// due, 0 when none is, and how many slots were skipped in between. The next
// slot is the first that is at least half an interval after the last question;
// with a retry, the next question is that long after the last, whatever the
// slots.
func (t *timetable) done(id int32, now instant, retry time.Duration) (due instant, skipped int64) {
	s := &t.slots[id]
	t.wheel.remove(id)
	then := s.then
	s.then = goOn
	if s.rounds > 0 && then == goOn {
		s.rounds--
	}
	if s.rounds == 0 && then == goOn {
		then = rest
	}
	t.move(id, resting)
	switch then {
	case leave:
		t.remove(id)
		return 0, 0
	case rest:
		return 0, 0
	case afresh:
		t.start(id, now)
		return now, 0
	}
	t.move(id, pending)
	if retry > 0 {
		s.due = max(s.due.add(retry), now)
	} else {
		s.due, skipped = s.next(now)
	}
	t.wake(id, s.due)
	return s.due, skipped
}

// patience is how late a question may be asked: by a quarter of its interval.
func (s *slot) patience() time.Duration { return s.interval / 4 }

// next returns the slot after the last question that it is not too late for,
// and how many it was. Rounds are never skipped: each comes one interval after
// the last, or as soon as that is over.
func (s *slot) next(now instant) (due instant, skipped int64) {
	if s.rounds != forever {
		return max(s.due.add(s.interval), now), 0
	}
	due = s.from(s.due.add(s.interval / 2))
	if late := now.sub(due) - s.patience(); late > 0 {
		skipped = int64((late-1)/s.interval) + 1
		due = due.add(time.Duration(skipped) * s.interval)
	}
	return due, skipped
}

// from returns the first slot from a moment on.
func (s *slot) from(at instant) instant {
	past := (time.Duration(at) - s.phase) % s.interval // since the slot before
	switch {
	case past == 0:
		return at
	case past < 0:
		return at.add(-past)
	}
	return at.add(s.interval - past)
}

// phaseHash is FNV-1a over a name: the same for ever, so that slots are too.
func phaseHash(name string) uint64 {
	h := uint64(14695981039346656037)
	for i := range len(name) {
		h = (h ^ uint64(name[i])) * 1099511628211
	}
	return h
}
