package procfs

import (
	"cmp"
	"slices"
	"time"
)

// A roster remembers which processes there were at the last scan.
type roster struct {
	entries []entrant // by pid
	spare   []entrant // the memory for the next
}

// An entrant is a process that was there, and since when it has been known.
type entrant struct {
	sighting
	since time.Time // zero for those that were there from the start
}

// youth is for how long a process counts as new: a server may be seen some
// time before it has opened its port.
const youth = time.Minute

// take replaces the processes by those that were seen now.
func (r *roster) take(seen []sighting, now time.Time) {
	next := r.spare[:0]
	for _, p := range seen {
		e := entrant{sighting: p, since: now}
		if old, ok := r.find(p); ok {
			e.since = old.since
		} else if len(r.entries) == 0 {
			e.since = time.Time{}
		}
		next = append(next, e)
	}
	slices.SortFunc(next, func(a, b entrant) int { return cmp.Compare(a.pid, b.pid) })
	r.entries, r.spare = next, r.entries
}

// find returns what is known of a process.
func (r *roster) find(p sighting) (entrant, bool) {
	i, ok := slices.BinarySearchFunc(r.entries, p.pid, func(e entrant, pid int) int { return cmp.Compare(e.pid, pid) })
	if !ok || r.entries[i].inode != p.inode {
		return entrant{}, false
	}
	return r.entries[i], true
}

// isNew reports whether a process was not there at the last scan, or not for
// long.
func (r *roster) isNew(p sighting, now time.Time) bool {
	e, ok := r.find(p)
	return !ok || now.Sub(e.since) < youth
}
