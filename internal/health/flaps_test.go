package health

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// restless returns results that end in k flips and before them agree.
func restless(k int) string {
	results := strings.Repeat("+", 30)
	for i := range k {
		results += string("-+"[i%2])
	}
	return results
}

// TestFlapPercentOfTheNewestFlips are the figures that Nagios's formula gives.
func TestFlapPercentOfTheNewestFlips(t *testing.T) {
	for k, want := range []string{"0.00", "6.25", "12.37", "18.36", "24.21", "29.93", "35.53"} {
		var f Flaps
		observe(&f, tick, restless(k))
		if got := fmt.Sprintf("%.2f", f.Percent()); got != want {
			t.Errorf("%d newest flips: %s %%, want %s", k, got, want)
		}
	}
	var f Flaps
	observe(&f, tick, restless(40))
	if got := f.Percent(); math.Abs(got-100) > 1e-9 {
		t.Errorf("20 flips in 20 pairs: %v %%, want 100", got)
	}
}

// observe gives results to f, apart by every, and returns after which of them,
// counted from 1, it began (positive) or ended (negative) to flap.
func observe(f *Flaps, every time.Duration, results string) (turns []int) {
	at := time.Unix(0, 0)
	for i, letter := range results {
		at = at.Add(every)
		if !f.Observe(letter == '+', at) {
			continue
		}
		if f.Flapping() {
			turns = append(turns, i+1)
		} else {
			turns = append(turns, -i-1)
		}
	}
	return turns
}

func TestFlappingBeginsAndEnds(t *testing.T) {
	spell := func(n int) string { return strings.Repeat("-", n) + strings.Repeat("+", n) }
	tests := []struct {
		name    string
		every   time.Duration
		results string
		turns   string
	}{
		{"steady", tick, strings.Repeat("+", 100), "[]"},
		{"one outage", tick, restless(0) + spell(30), "[]"},
		{"five flips are 29.93 %: not yet", tick, restless(5), "[]"},
		{"the sixth begins it", tick, restless(6), "[36]"},
		{"five old flips are 20.07 %: not yet over", tick, restless(6) + strings.Repeat("+", 15), "[36]"},
		{"it ends at 20 %, when two have aged out", tick, restless(6) + strings.Repeat("+", 16), "[36 -52]"},
		{"with the first results, too: there is nothing before them", tick, "+-+-+-+", "[7]"},
		{"outages of four results, by the hour", time.Minute, restless(0) + strings.Repeat(spell(4), 4), "[59]"},
		{"less than eight flips in an hour are none", 2 * time.Minute, restless(0) + strings.Repeat(spell(5), 4), "[]"},
		{"a long outage ends it, for it must not hide", tick, restless(8) + spell(30), "[36 -59]"},
		{"and the hour before does not begin it again", tick, restless(8) + strings.Repeat("+", 200), "[36 -58]"},
		{"but new restlessness does", tick, restless(8) + strings.Repeat("+", 30) + strings.Repeat("-+", 3), "[36 -58 74]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var f Flaps
			if got := fmt.Sprint(observe(&f, tt.every, tt.results)); got != tt.turns {
				t.Errorf("turns %s, want %s", got, tt.turns)
			}
		})
	}
}

// A naiveFlaps keeps everything and computes from the start, word by word as
// the rule is written.
type naiveFlaps struct {
	ups               []bool
	times             []time.Time
	over              int // results before this one belong to a flapping that is over
	byPercent, byHour bool
}

func (n *naiveFlaps) observe(up bool, at time.Time) {
	n.ups, n.times = append(n.ups, up), append(n.times, at)
	was := n.flapping()
	switch percent := n.percent(); {
	case percent >= 30:
		n.byPercent = true
	case percent <= 20:
		n.byPercent = false
	}
	switch flips := n.hourly(); {
	case flips <= 3, n.byHour && n.agree(21):
		n.byHour = false
	case flips >= 8:
		n.byHour = true
	}
	if was && !n.flapping() {
		n.over = len(n.ups)
	}
}

func (n *naiveFlaps) flapping() bool { return n.byPercent || n.byHour }

func (n *naiveFlaps) flip(i int) bool { return i > 0 && n.ups[i] != n.ups[i-1] }

// percent weighs the 20 pairs of the last 21 results from 0.75 to 1.25.
func (n *naiveFlaps) percent() float64 {
	sum := 0.0
	for x := 1; x <= 20; x++ {
		if i := len(n.ups) - 21 + x; i > 0 && n.flip(i) {
			sum += 0.75 + float64(x-1)*0.5/19
		}
	}
	return sum * 100 / 20
}

func (n *naiveFlaps) hourly() int {
	flips := 0
	for i := n.over; i < len(n.ups); i++ {
		if n.flip(i) && n.times[len(n.times)-1].Sub(n.times[i]) <= time.Hour {
			flips++
		}
	}
	return flips
}

func (n *naiveFlaps) agree(last int) bool {
	for i := len(n.ups) - last + 1; i < len(n.ups); i++ {
		if i < 1 || n.flip(i) {
			return false
		}
	}
	return true
}

func TestFlapsAgreeWithTheRule(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Flaps
		var naive naiveFlaps
		at := time.Unix(0, 0)
		for range rapid.IntRange(1, 12).Draw(t, "spells") {
			every := rapid.SampledFrom([]time.Duration{time.Second, time.Minute, 7 * time.Minute}).Draw(t, "every")
			up, steady := rapid.Bool().Draw(t, "up"), rapid.Bool().Draw(t, "steady")
			for i := range rapid.IntRange(1, 40).Draw(t, "results") {
				at = at.Add(every)
				now := up != (!steady && i%2 == 1)
				was := f.Flapping()
				changed := f.Observe(now, at)
				naive.observe(now, at)
				if f.Flapping() != naive.flapping() || changed != (was != f.Flapping()) || math.Abs(f.Percent()-naive.percent()) > 1e-9 {
					t.Fatalf("after %d results: %v at %v %%, the rule says %v at %v %%", len(naive.ups), f.Flapping(), f.Percent(), naive.flapping(), naive.percent())
				}
			}
		}
	})
}

// TestFlappingAlwaysEnds once the results agree for long enough, and stays so.
func TestFlappingAlwaysEnds(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var f Flaps
		at := time.Unix(0, 0)
		for _, up := range rapid.SliceOfN(rapid.Bool(), 0, 200).Draw(t, "results") {
			at = at.Add(tick)
			f.Observe(up, at)
		}
		up := rapid.Bool().Draw(t, "at the end")
		for i := range 100 {
			at = at.Add(tick)
			if f.Observe(up, at); i > 20 && f.Flapping() {
				t.Fatalf("it is flapping after %d equal results", i+1)
			}
		}
	})
}
