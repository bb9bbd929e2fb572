package heartbeat

import "time"

// An absence is a time in which nobody could be heard.
type absence struct{ from, until time.Time }

// misses reports whether who was to be heard between two moments may have been
// missed: by either clock, for where the machine slept the monotonic one stood
// still, and where the wall clock was set that one lies.
func (a absence) misses(first, last time.Time) bool {
	back := a.until.Round(0).Before(a.from.Round(0)) && a.until.Before(a.from)
	return back || a.overlaps(first, last) || absence{a.from.Round(0), a.until.Round(0)}.overlaps(first.Round(0), last.Round(0))
}

func (a absence) overlaps(first, last time.Time) bool {
	return !a.from.After(last) && !a.until.Before(first) && !a.until.Before(a.from)
}

// length returns how long it took, by the clock that counts more; less than 0 when
// that cannot be told.
func (a absence) length() time.Duration {
	return max(a.until.Sub(a.from), a.until.Round(0).Sub(a.from.Round(0)))
}

// maxAbsences is how many are remembered. A check that is not asked through more
// than these learns of the gap by itself.
const maxAbsences = 64

// absences are the last ones, numbered from the first one on.
type absences struct {
	last    []absence
	dropped int // that came before
}

func (a *absences) add(one absence) {
	if len(a.last) == maxAbsences {
		a.last = append(a.last[:0], a.last[1:]...)
		a.dropped++
	}
	a.last = append(a.last, one)
}

// count returns how many there have been.
func (a *absences) count() int { return a.dropped + len(a.last) }

// since returns those that came after so many.
func (a *absences) since(seen int) []absence { return a.last[max(seen-a.dropped, 0):] }
