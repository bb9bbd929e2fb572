package journal

import (
	"testing"
	"time"
)

// TestPresent: a clock that leaps ahead makes nothing old before it has stayed
// there for a day; all else it says is believed at once.
func TestPresent(t *testing.T) {
	noon := time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)
	const year = 365 * 24 * time.Hour
	type look struct {
		up          time.Duration
		clock, want time.Duration // after noon
	}
	for name, tt := range map[string]struct {
		newest time.Duration // of the journal's entries, after noon; 0: none
		looks  []look
	}{
		"a good clock":       {0, []look{{0, 0, 0}, {time.Hour, time.Hour, time.Hour}, {year, year, year}}},
		"it is set a little": {0, []look{{0, 0, 0}, {time.Hour, 2 * time.Hour, 2 * time.Hour}}},
		"it is set back":     {0, []look{{0, 0, 0}, {time.Hour, -year, -year}, {2 * time.Hour, time.Hour - year, time.Hour - year}}},
		"it leaps and comes back": {0, []look{
			{0, 0, 0}, {time.Hour, year, time.Hour}, {23 * time.Hour, year + 22*time.Hour, 23 * time.Hour},
			{24 * time.Hour, 24 * time.Hour, 24 * time.Hour}, {26 * time.Hour, year, 26 * time.Hour},
		}},
		"it leaps and stays": {0, []look{
			{0, 0, 0}, {time.Hour, year, time.Hour}, {25 * time.Hour, year + 24*time.Hour, year + 24*time.Hour},
			{26 * time.Hour, year + 25*time.Hour, year + 25*time.Hour},
		}},
		"it leaps twice": {0, []look{
			{0, 0, 0}, {time.Hour, year, time.Hour}, {2 * time.Hour, 3 * year, 2 * time.Hour}, {3 * time.Hour, 200 * year, 3 * time.Hour},
		}},
		"it is ahead from the start": {-time.Hour, []look{
			{0, year, -time.Hour}, {time.Hour, year, 0}, {2 * time.Hour, 2 * time.Hour, 2 * time.Hour},
		}},
		"nothing happened for a year": {-year, []look{
			{time.Minute, 0, time.Minute - year}, {25 * time.Hour, 25 * time.Hour, 25 * time.Hour},
		}},
		"the last entry is ahead": {year, []look{{0, 0, 0}, {time.Hour, time.Hour, time.Hour}}},
	} {
		var p present
		if tt.newest != 0 {
			p.wall = noon.Add(tt.newest)
		}
		for _, l := range tt.looks {
			if got := p.at(noon.Add(l.clock), l.up); !got.Equal(noon.Add(l.want)) {
				t.Errorf("%s: after %v, with the clock at %v: it is %v, want %v", name, l.up, l.clock, got.Sub(noon), l.want)
			}
		}
	}
}
