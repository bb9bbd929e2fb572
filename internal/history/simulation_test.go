package history

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

const (
	simInterval = 30     // seconds
	simDay      = 86_400 // seconds
	simSlack    = 100    // days that jumps of the clock may lead away
)

// A simulation is a check over years: a target that fails now and then, a
// portreeve that is stopped, started, paused and blind now and then, and a
// clock that is set. It runs by true seconds; what it records has the times of
// the clock.
type simulation struct {
	t       *testing.T
	rand    *rand.Rand
	spec    *health.Spec
	tracker *health.Tracker
	entries []event.Recorded
	oracle  oracle

	now    int // true seconds
	skew   int // what the clock shows more
	left   int // seconds for which the target stays as it is
	spell  []health.Verdict
	paused bool
	maint  bool
	behind bool
	calm   int // nothing is done to the clock before
}

func newSimulation(t *testing.T, seed uint64) *simulation {
	r := rand.New(rand.NewPCG(seed, 0))
	spec := &health.Spec{Name: "api", Interval: health.Duration(simInterval * time.Second), Thresholds: health.Thresholds{Unhealthy: 1 + r.IntN(4), Healthy: 1 + r.IntN(10)}}
	s := &simulation{t: t, rand: r, spec: spec, tracker: health.NewTracker(spec)}
	s.oracle.thresholds = spec.Thresholds
	s.oracle.epochs = []epoch{{}}
	return s
}

var simBase = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

func (s *simulation) clock() time.Time { return onClock(s.now + s.skew) }

func onClock(seconds int) time.Time { return simBase.Add(time.Duration(seconds) * time.Second) }

// run simulates until so many true seconds have passed.
func (s *simulation) run(seconds int) {
	for s.now < seconds {
		s.ask()
		next := s.now + simInterval
		switch n := s.rand.IntN(14_000); {
		case n == 0:
			next += s.away()
			if s.rand.IntN(4) == 0 {
				s.setClock(next)
			}
		case n < 5:
			s.setClock(next)
		case n < 35:
			s.now += 1 + s.rand.IntN(simInterval-1)
			s.happen()
		}
		s.left -= next - s.now
		s.now = next
	}
	s.oracle.end = s.now
}

// ask has the tracker judge one answer.
func (s *simulation) ask() {
	if s.left <= 0 {
		s.turn()
	}
	if s.paused {
		return
	}
	r := health.Result{Check: "api", At: s.clock(), Verdict: s.spell[s.rand.IntN(len(s.spell))], Reason: health.Refused}
	s.oracle.answer(s.now, s.now+s.skew, r.Verdict)
	s.record(s.tracker.Observe(r)...)
}

// turn begins another spell of the target.
func (s *simulation) turn() {
	spells := [][]health.Verdict{
		{health.Fail}, {health.Fail}, {health.Fail}, {health.Warn}, {health.Indeterminate},
		{health.Pass, health.Fail}, {health.Pass, health.Pass, health.Warn, health.Indeterminate, health.Fail},
	}
	if len(s.spell) == 1 && s.spell[0] == health.Pass {
		s.spell = spells[s.rand.IntN(len(spells))]
		s.left = 1 << s.rand.IntN(15) // up to nine hours
	} else {
		s.spell, s.left = []health.Verdict{health.Pass}, s.rand.IntN(simDay)
	}
}

// happen does something to the check while portreeve runs.
func (s *simulation) happen() {
	switch s.rand.IntN(5) {
	case 0:
		s.toggle(health.Maintenance, &s.maint)
	case 1:
		s.toggle(health.Behind, &s.behind)
	case 2:
		if s.paused {
			s.record(s.tracker.Restart(s.spec, s.clock())...)
			s.oracle.epochs = append(s.oracle.epochs, epoch{began: s.now})
		}
		s.toggle(health.Paused, &s.paused)
	default: // which the oracle need not see: it moves nothing
		s.record(s.tracker.Mark(health.Restarted, s.clock()))
	}
}

func (s *simulation) toggle(o health.Overlay, on *bool) {
	*on = !*on
	s.oracle.circumstance(s.now, o, *on)
	s.record(s.tracker.Turn(o, !*on, s.clock()))
}

// setClock sets the clock by ten minutes to a day, either way, at the moment of
// the next answer, which is one that counts.
func (s *simulation) setClock(at int) {
	if s.paused || at < s.calm {
		return
	}
	by := 600 + s.rand.IntN(simDay)
	if s.rand.IntN(2) == 0 {
		by = -by
	}
	s.oracle.jumps = append(s.oracle.jumps, [2]int{at, by})
	s.skew += by
	s.calm = at + simDay/2
	s.spell, s.left = [][]health.Verdict{{health.Pass}, {health.Fail}}[s.rand.IntN(2)], simDay/10
}

// away returns for how long portreeve is stopped. It may be another process that
// goes on, which knows what the newest change says and when the last one saw
// anything.
func (s *simulation) away() int {
	gap := 1 << s.rand.IntN(18)
	if gap > 3*simInterval && len(s.spell) == 1 && s.spell[0] != health.Indeterminate && !s.paused && len(s.entries) > 0 {
		s.tracker = health.NewTracker(s.spec)
		s.tracker.Recall(*s.entries[len(s.entries)-1].Change, s.clock())
	}
	return gap
}

// record writes changes down as the watch does: with all overlays that hold
// after them.
func (s *simulation) record(changes ...health.Change) {
	for _, c := range changes {
		on := map[health.Overlay]bool{health.Paused: s.paused, health.Maintenance: s.maint, health.Behind: s.behind, health.Flapping: c.Has(health.Flapping)}
		c.Overlays = slices.DeleteFunc(health.Overlays(), func(o health.Overlay) bool { return !on[o] })
		s.entries = append(s.entries, event.Recorded{Entry: event.Entry{Stream: "check/api", Number: uint64(len(s.entries) + 1), At: c.At, Observer: "h", Change: &c}})
	}
}

// TestLedgerOfYears: the ledger of a check's changes says of every second what
// somebody says who saw it all and judges by hand.
func TestLedgerOfYears(t *testing.T) {
	for year := range simYears {
		s := newSimulation(t, uint64(year))
		s.run(365 * simDay)
		want, until := s.oracle.seconds()
		if until > s.now+s.skew {
			until = s.now + s.skew
		}
		ledger := Fold(s.entries)
		compare(t, ledger.Spans(simBase, onClock(until)), want)
		measure(t, ledger, want, s.rand, until)
		outages(t, Incidents(s.entries), s.oracle.outages())
		if t.Failed() {
			t.Fatalf("in year %d, with %d changes", year, len(s.entries))
		}
	}
}

// compare looks at every second.
func compare(t *testing.T, spans []Span, want []byte) {
	t.Helper()
	at := simBase
	for _, s := range spans {
		if !s.From.Equal(at) || !s.From.Before(s.Until) {
			t.Fatalf("a hole or none: %v, after %v", s, at)
		}
		for ; at.Before(s.Until); at = at.Add(time.Second) {
			if got, want := upDown(s.State), want[at.Sub(simBase)/time.Second]; got != want {
				t.Fatalf("at %v %c, want %c, in %v", at, got, want, s)
			}
		}
	}
}

func upDown(s State) byte {
	switch s {
	case Up, Degrading:
		return 'u'
	case Down:
		return 'd'
	}
	return '?'
}

// measure compares the uptime of some stretches of time.
func measure(t *testing.T, l *Ledger, want []byte, r *rand.Rand, until int) {
	t.Helper()
	for range 100 {
		a, b := r.IntN(until), r.IntN(until)
		a, b = min(a, b), max(a, b)+1
		count := func(state byte) health.Duration {
			return health.Duration(bytes.Count(want[a:b], []byte{state})) * health.Duration(time.Second)
		}
		u := l.Measure(onClock(a), onClock(b))
		if u.Up != count('u') || u.Down != count('d') || u.Unobserved != count('?') || u.Window != u.Up+u.Down+u.Unobserved {
			t.Fatalf("from %d to %d: %+v, want %v up, %v down, %v unobserved", a, b, u, count('u'), count('d'), count('?'))
		}
	}
}

// outages compares the incidents.
func outages(t *testing.T, got []Incident, want []outage) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d incidents, want %d", len(got), len(want))
	}
	for i, g := range got {
		w := want[i]
		if !g.Began.Equal(onClock(w.began)) || g.Closed != w.closed || g.Open() != w.open || !w.open && !w.closed && !g.Ended.Equal(onClock(w.ended)) {
			t.Fatalf("incident %d: %+v, want %+v", i, g, w)
		}
	}
}
