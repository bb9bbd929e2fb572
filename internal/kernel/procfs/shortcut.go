package procfs

import (
	"cmp"
	"slices"
	"time"
)

// A shortcut looks for the holders of a few sockets where they nearly always
// are: a port is opened by a new process, or by one that listens already. Each
// kind has a budget of its own, so that neither waits for the other, nor for
// what a scan of all processes has cost.
type shortcut struct {
	newcomers budget
	regulars  budget
	scan      scan
	line      []candidate
}

// A candidate is a process that may hold a wanted socket; the likelier, the
// lower its rank.
type candidate struct{ pid, rank int }

// One look is at so many processes, and ends after so much CPU time. What it
// leaves is left to the scan.
const (
	mostCandidates = 512
	longestLook    = 50 * time.Millisecond
)

// newShortcut returns a shortcut with a share of one core.
func newShortcut(share float64) shortcut {
	return shortcut{newcomers: budget{share: share / 2}, regulars: budget{share: share / 2}}
}

// ask looks for lost sockets among the likely holders, and returns what that
// cost. Before the first scan nobody is likelier than others.
func (o *Owners) ask() (cost time.Duration) {
	if o.scans > 0 && len(o.lost) > 0 && o.shortcut.newcomers.allows(o.now) {
		cost += o.shortcut.newcomers.charge(o.now, o.askNewcomers)
	}
	if o.scans > 0 && o.unasked() && o.shortcut.regulars.allows(o.now) {
		cost += o.shortcut.regulars.charge(o.now, o.askRegulars)
	}
	return cost
}

// askNewcomers looks at the processes that were not there at the last scan,
// the youngest first, and at the ancestors of those that hold something.
func (o *Owners) askNewcomers() {
	s := &o.shortcut
	s.line = s.line[:0]
	s.scan.reset()
	s.scan.err = o.fs.sightings(func(p sighting) {
		if o.roster.isNew(p, o.now) {
			s.line = append(s.line, candidate{pid: p.pid})
		}
	})
	slices.SortFunc(s.line, func(a, b candidate) int { return cmp.Compare(b.pid, a.pid) })
	s.line = s.line[:min(len(s.line), mostCandidates)]
	s.run(o, false)
	s.climb(o)
	s.scan.tidy()
	o.take(s.scan.holds)
}

// climb looks at the parents of holders, as long as they hold something too:
// an old process may have opened the port and have forked since.
func (s *shortcut) climb(o *Owners) {
	for i := 0; i < len(s.scan.holds) && s.scan.err == nil; i++ {
		parent, ok := o.fs.parent(s.scan.holds[i].pid)
		if !ok || parent <= 0 || slices.ContainsFunc(s.line, func(c candidate) bool { return c.pid == parent }) {
			continue
		}
		s.line = append(s.line, candidate{pid: parent})
		s.scan.process(o.fs, parent, o.lost)
	}
}

// unasked reports whether there are lost sockets that no regular was asked for.
func (o *Owners) unasked() bool {
	for _, h := range o.lost {
		if !h.asked {
			return true
		}
	}
	return false
}

// askRegulars looks at the processes that hold other sockets, once for each
// that is lost, until all are found.
func (o *Owners) askRegulars() {
	s := &o.shortcut
	s.lineUp(o)
	s.scan.reset()
	s.run(o, true)
	s.scan.tidy()
	o.take(s.scan.holds)
	for _, h := range o.lost {
		h.asked = s.scan.err == nil
	}
}

// lineUp lines up the regulars: those of the same user as a lost socket first,
// and leaders before others.
func (s *shortcut) lineUp(o *Owners) {
	users := make(map[uint32]bool)
	for _, h := range o.lost {
		users[h.uid] = true
	}
	s.line = s.line[:0]
	for _, h := range o.holdings {
		rank := 0
		if !users[h.uid] {
			rank = 2
		}
		for i, holder := range h.holders {
			if i == h.lead {
				s.line = append(s.line, candidate{holder.pid, rank})
			} else {
				s.line = append(s.line, candidate{holder.pid, rank + 1})
			}
		}
	}
	slices.SortFunc(s.line, func(a, b candidate) int { return cmp.Or(cmp.Compare(a.pid, b.pid), cmp.Compare(a.rank, b.rank)) })
	s.line = slices.CompactFunc(s.line, func(a, b candidate) bool { return a.pid == b.pid })
	slices.SortStableFunc(s.line, func(a, b candidate) int { return cmp.Compare(a.rank, b.rank) })
	s.line = s.line[:min(len(s.line), mostCandidates)]
}

// run looks at the candidates in line as long as it may; until every socket is
// found, where one holder is enough.
func (s *shortcut) run(o *Owners, one bool) {
	began := threadTime()
	for i, c := range s.line {
		if s.scan.err != nil || one && s.scan.covers(o.lost) || i > 0 && threadTime()-began > longestLook {
			return
		}
		s.scan.process(o.fs, c.pid, o.lost)
	}
}
