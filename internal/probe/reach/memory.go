package reach

import (
	"net/netip"
	"time"
)

// memory holds the last good answer for each name, by the clock of whoever asks
// it: some 100 bytes each, and the addresses.
type memory map[name]record

// A record is what the resolver last said of a name.
type record struct {
	addrs []netip.Addr // nil: there are none
	at    time.Duration
	until time.Duration // when it need be asked again
}

// answer returns what the record says.
func (r record) answer(of name) answer {
	if r.addrs == nil {
		return answer{name: of, err: noSuchAddress(of)}
	}
	return answer{name: of, addrs: r.addrs}
}

const (
	// rememberFor is how long an answer goes on when the resolver fails.
	rememberFor = time.Hour
	// mostRecords bounds the memory; beyond it, old records make room. It is
	// enough for 100,000 names with both families.
	mostRecords = 1 << 18
	// samples is how many records are looked at for old ones when a new name
	// comes: more than come, so those that nobody asks for any more go away.
	samples = 4
)

// recall returns the last answer for a name and whether it still holds: an
// answer without addresses if there is none that may be used.
func (m memory) recall(of name, now time.Duration) (a answer, fresh bool) {
	r, ok := m[of]
	switch {
	case ok && now < r.until:
		return r.answer(of), true
	case ok && r.addrs != nil && now-r.at <= rememberFor:
		return r.answer(of), false
	}
	return answer{name: of}, false
}

// learn takes an answer. That there are no such addresses is one, and need not
// be remembered for longer than it holds; an answer that failed teaches nothing.
func (m memory) learn(a answer, now time.Duration) {
	switch {
	case a.err != nil && !a.isFact():
		return
	case a.err != nil && a.fresh == 0:
		delete(m, a.name)
		return
	}
	if _, ok := m[a.name]; !ok {
		m.makeRoom(now)
	}
	m[a.name] = record{a.addrs, now, now + a.fresh}
}

// makeRoom drops what has expired among a few records, which the runtime picks
// at random, and the oldest of them when the memory is full.
func (m memory) makeRoom(now time.Duration) {
	var oldest name
	n, at := 0, now+1
	for of, r := range m {
		if now-r.at > rememberFor {
			delete(m, of)
		} else if r.at < at {
			oldest, at = of, r.at
		}
		if n++; n == samples {
			break
		}
	}
	if len(m) >= mostRecords {
		delete(m, oldest)
	}
}
