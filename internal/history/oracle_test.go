package history

import (
	"github.com/portreeve/portreeve/internal/health"
)

// An oracle saw it all: every answer, every pause, every moment at which the
// clock was set, by true seconds. It judges with a pencil, knows nothing of the
// tracker or of changes, and writes down each second on a sheet of the clock's
// seconds, over whatever it wrote there before.
type oracle struct {
	thresholds health.Thresholds
	epochs     []epoch
	hidden     []hiding
	jumps      [][2]int // when, and by how much
	end        int
}

// An epoch is a time through which the tracker keeps its memory.
type epoch struct {
	began   int
	answers []answer
}

type answer struct {
	at, clock int
	up        bool
}

type hiding struct {
	at      int
	overlay health.Overlay
	on      bool
}

// An outage by hand, in true seconds until it is written on the clock.
type outage struct {
	began, ended int
	open, closed bool
}

func (o *oracle) answer(at, clock int, v health.Verdict) {
	if v == health.Indeterminate {
		return
	}
	e := &o.epochs[len(o.epochs)-1]
	e.answers = append(e.answers, answer{at, clock, v.Up()})
}

func (o *oracle) circumstance(at int, overlay health.Overlay, on bool) {
	o.hidden = append(o.hidden, hiding{at, overlay, on})
}

// streaks cuts the answers at every turn and every gap on the clock.
func (e *epoch) streaks() [][]answer {
	var streaks [][]answer
	for i, a := range e.answers {
		if i == 0 || a.up != e.answers[i-1].up || isGap(e.answers[i-1], a) {
			streaks = append(streaks, nil)
		}
		streaks[len(streaks)-1] = append(streaks[len(streaks)-1], a)
	}
	return streaks
}

// isGap reports whether nobody observed the target between two answers.
func isGap(a, b answer) bool { return b.clock-a.clock > 3*simInterval }

// judge writes one epoch's verdicts on a sheet of true seconds, and returns its
// outages.
func (o *oracle) judge(e *epoch, until int, last bool, sheet []byte) []outage {
	var found []outage
	state, since := byte('?'), e.began
	turn := func(to byte, at int) {
		fill(sheet, since, at, state)
		state, since = to, at
	}
	for _, s := range e.streaks() {
		switch up, n, at := s[0].up, len(s), s[0].at; {
		case !up && state != 'd' && n >= o.thresholds.Unhealthy:
			turn('d', at)
			found = append(found, outage{began: at, open: true})
		case up && state == 'd' && n >= o.thresholds.Healthy:
			turn('u', at)
			found[len(found)-1].ended, found[len(found)-1].open = at, false
		case up && state == '?':
			turn('u', at)
		}
	}
	turn('?', until)
	for i, a := range e.answers[min(1, len(e.answers)):] {
		if before := e.answers[i]; isGap(before, a) {
			fill(sheet, before.at, a.at, '?')
		}
	}
	if n := len(found); n > 0 && found[n-1].open && !last {
		found[n-1].open, found[n-1].closed = false, true
	}
	return found
}

func fill(sheet []byte, from, until int, with byte) {
	for i := from; i < until; i++ {
		sheet[i] = with
	}
}

// truth returns what held at each true second, and the outages.
func (o *oracle) truth() ([]byte, []outage) {
	sheet := make([]byte, o.end)
	var found []outage
	for i := range o.epochs {
		until, last := o.end, i == len(o.epochs)-1
		if !last {
			until = o.epochs[i+1].began
		}
		found = append(found, o.judge(&o.epochs[i], until, last, sheet)...)
	}
	on := map[health.Overlay]int{}
	for _, h := range o.hidden {
		if h.on {
			on[h.overlay] = h.at
		} else {
			fill(sheet, on[h.overlay], h.at, '?')
			delete(on, h.overlay)
		}
	}
	for _, at := range on {
		fill(sheet, at, o.end, '?')
	}
	return sheet, found
}

// seconds returns what held at each second of the clock, and where the sheet
// ends.
func (o *oracle) seconds() (sheet []byte, until int) {
	truth, _ := o.truth()
	sheet = make([]byte, len(truth)+simSlack*simDay)
	fill(sheet, 0, len(sheet), '?')
	skew, jumps := 0, o.jumps
	for at, state := range truth {
		for len(jumps) > 0 && jumps[0][0] == at {
			// What the clock never showed, nobody observed.
			fill(sheet, max(at+skew, 0), max(at+skew+jumps[0][1], 0), '?')
			skew += jumps[0][1]
			jumps = jumps[1:]
		}
		if clock := at + skew; clock >= 0 {
			sheet[clock], until = state, max(until, clock+1)
		}
	}
	return sheet, until
}

// outages returns the outages as the clock showed them.
func (o *oracle) outages() []outage {
	_, found := o.truth()
	for i := range found {
		found[i].began += o.skew(found[i].began)
		found[i].ended += o.skew(found[i].ended)
	}
	return found
}

// skew returns what the clock showed more at a true second.
func (o *oracle) skew(at int) int {
	skew := 0
	for _, j := range o.jumps {
		if j[0] <= at {
			skew += j[1]
		}
	}
	return skew
}
