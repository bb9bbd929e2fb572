package journal

import "time"

// Bounds of what is believed of the clock.
const (
	leapLeast    = time.Hour
	leapPatience = 24 * time.Hour
)

// A present is the time by which entries grow old. What is too old goes for
// good, so a clock that has leapt ahead, or is ahead at the start of the process,
// is not believed before it has stayed there for a day: the time goes on from
// where it was. The zero present believes the first clock.
type present struct {
	wall  time.Time     // what was believed
	up    time.Duration // when that was, by how long the process had run
	leapt time.Duration // when the clock was first seen ahead since; 0: it was not
}

// at returns the time by what the clock says and by how long the process has
// run, which no change of the clock touches.
func (p *present) at(clock time.Time, up time.Duration) time.Time {
	steady := p.wall.Add(up - p.up)
	if !p.wall.IsZero() && clock.Sub(steady) > leapLeast {
		if p.leapt == 0 {
			p.leapt = max(up, 1)
		}
		if up-p.leapt < leapPatience {
			return steady
		}
	}
	*p = present{wall: clock, up: up}
	return clock
}
