package procfs

import "github.com/portreeve/portreeve/internal/port"

// A holding is what is known about one socket's holders.
type holding struct {
	holders []holder    // by pid
	pids    []int       // of holders; handed out, so replaced and never changed
	lead    int         // the leader among holders
	leader  *process    // nil until it has been looked at
	turn    int         // the holder that is verified next beside the leader
	reason  port.Unseen // why there are no holders
	held    bool        // it has had holders, and they are gone
	misses  int         // scans in a row that found none
	pass    uint64      // when the socket was last seen
	found   uint64      // the last scan that found holders
	uid     uint32      // of the socket
	asked   bool        // the known holders of other sockets do not hold it
}

// take replaces the holders. Nobody leads them yet.
func (h *holding) take(holders []holder) {
	h.holders, h.pids = holders, make([]int, len(holders))
	for i := range holders {
		h.pids[i] = holders[i].pid
	}
	h.leader, h.lead, h.turn = nil, 0, 0
}

// lose forgets the holders; they have to be looked for again.
func (h *holding) lose() {
	*h = holding{reason: port.UnseenPending, held: true, pass: h.pass, uid: h.uid}
}

// hit takes over what a scan found.
func (h *holding) hit(holds []hold, scan uint64) {
	if !h.equal(holds) {
		holders := make([]holder, len(holds))
		for i, x := range holds {
			holders[i] = holder{x.pid, x.fd}
		}
		h.take(holders)
	}
	h.found, h.held, h.misses, h.reason, h.asked = scan, false, 0, "", false
}

// enough is how many scans in a row must miss a socket's holders. One is not:
// a descriptor may be on its way from one process to another (unix(7),
// SCM_RIGHTS) or in a fork.
const enough = 2

// missed takes over that a scan found nobody. Where processes are hidden and
// nobody was ever seen to hold it, that explains it; if not, the next scan for
// holders that joined puts it right.
func (h *holding) missed(hidden bool) {
	if len(h.holders) > 0 {
		h.lose()
	}
	if h.misses++; hidden && !h.held {
		h.misses = max(h.misses, enough)
	}
}

// equal reports whether the holders are those of a scan.
func (h *holding) equal(holds []hold) bool {
	if len(h.holders) != len(holds) {
		return false
	}
	for i := range holds {
		if h.holders[i] != (holder{holds[i].pid, holds[i].fd}) {
			return false
		}
	}
	return true
}

// settled reports whether another scan would tell nothing new about a socket
// whose holders are unknown.
func (h *holding) settled() bool { return h.misses >= enough }

// lost reports whether the holders have to be looked for.
func (h *holding) lost() bool { return len(h.holders) == 0 && !h.settled() }

// confirm looks whether the holders of a socket still hold it: the leader, and
// another one in turn. Those that do not are dropped. It reports whether
// everything is as it was.
func (f *FS) confirm(h *holding, inode uint64) bool {
	if len(h.holders) == 0 {
		return h.settled()
	}
	still := func(i int) bool { return f.holds(h.holders[i].pid, h.holders[i].fd, inode) }
	if still(h.lead) && (h.turn == h.lead || still(h.turn)) {
		h.turn = (h.turn + 1) % len(h.holders)
		return true
	}
	if left := f.kins(h.holders, inode); len(left) > 0 {
		h.take(holdersOf(left))
	} else {
		h.lose()
	}
	return false
}
