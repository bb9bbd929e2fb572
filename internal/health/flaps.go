package health

import (
	"slices"
	"time"
)

// Flaps measures how restless the raw results of a check are, in two ways: by
// percent of the last 21 results, newer flips weighing more (the measure of
// Nagios, "Detection and Handling of State Flapping"), and by flips per hour,
// because outages longer than three checks never reach its 30 %. The zero
// Flaps has seen nothing.
type Flaps struct {
	seen   int
	up     bool        // the last result
	flips  uint32      // one bit per pair of neighbours, the newest lowest
	steady int         // results since the last flip
	hour   []time.Time // of the flips within the last hour, no more than it takes to start

	byPercent, byHour bool // what each measure says
}

const (
	flapPairs   = 20
	flapStart   = 30.0 // percent
	flapEnd     = 20.0
	hourlyStart = 8 // flips in the last hour: four outages
	hourlyEnd   = 3
)

// flapping returns the Flaps of a check that was flapping at a time, of which no
// more is known. It ends once the last 21 results agree, or an hour later when
// there have been no new flips: neither sooner than it would have nor never.
func flapping(at time.Time) Flaps {
	return Flaps{byHour: true, hour: slices.Repeat([]time.Time{at}, hourlyStart)}
}

// Observe takes one result and reports whether flapping began or ended by it.
func (f *Flaps) Observe(up bool, at time.Time) (changed bool) {
	flip := f.seen > 0 && up != f.up
	f.seen, f.up = f.seen+1, up
	f.flips = f.flips << 1 & (1<<flapPairs - 1)
	f.steady++
	if flip {
		f.flips |= 1
		f.steady = 1
		f.hour = append(f.hour, at)
	}
	f.forget(at)
	was := f.Flapping()
	f.judge()
	if was && !f.Flapping() {
		f.hour = nil // what has been told as over must not begin it again
	}
	return was != f.Flapping()
}

// forget drops flips that are more than an hour old, or too many to matter.
func (f *Flaps) forget(now time.Time) {
	for len(f.hour) > 0 && (now.Sub(f.hour[0]) > time.Hour || len(f.hour) > hourlyStart) {
		f.hour = f.hour[1:]
	}
	if len(f.hour) == 0 {
		f.hour = nil
	}
}

// judge takes both measures on. Once the last 21 results agree, what happened
// earlier in the hour is over: a long outage must not hide behind the
// restlessness before it.
func (f *Flaps) judge() {
	if f.byPercent {
		f.byPercent = f.Percent() > flapEnd
	} else {
		f.byPercent = f.Percent() >= flapStart
	}
	if f.byHour {
		f.byHour = len(f.hour) > hourlyEnd && f.steady <= flapPairs
	} else {
		f.byHour = len(f.hour) >= hourlyStart
	}
}

// Percent returns the weighted share of flips among the last 21 results: the
// x-th pair of neighbours, from the oldest, weighs 0.75 + (x-1)·0.5/19.
func (f *Flaps) Percent() float64 {
	sum := 0.0
	for x := range flapPairs {
		if f.flips>>(flapPairs-1-x)&1 == 1 {
			sum += 0.75 + float64(x)*0.5/(flapPairs-1)
		}
	}
	return sum * 100 / flapPairs
}

// Flapping reports whether the results are too restless to believe any.
func (f *Flaps) Flapping() bool { return f.byPercent || f.byHour }
