package canary

import (
	"net/netip"
	"time"
)

// A role is what a witness is to this machine.
type role string

const (
	gateway  role = "gateway"
	resolver role = "resolver"
)

// ways returns how a witness of the role is asked.
func (r role) ways() []way {
	if r == resolver {
		return resolverWays()
	}
	return gatewayWays()
}

// A witness is a host that can tell by an answer that this machine is heard.
type witness struct {
	role     role
	address  netip.Addr // a link-local one with the number of its link as zone
	asked    bool       // it had time to answer once
	answered time.Time  // last; zero: never, or not any more, so its silence proves nothing
	silent   time.Time  // when it first did not answer after that
	way      string     // that brought the last answer
}

// trusted reports whether the witness's silence proves anything.
func (w *witness) trusted() bool { return !w.answered.IsZero() }

// spare is how long an answer by ICMP's word that a port is closed counts. Hosts
// give a caller one such word a second (net.ipv4.icmp_ratelimit): who asks more
// often hears nothing and would take it for death.
const spare = time.Second

// spared reports that the witness is not asked again so soon.
func (w *witness) spared(now time.Time) bool {
	return w.way == "udp" && now.Sub(w.answered) < spare
}

// heard takes that the witness answered.
func (w *witness) heard(way string, at time.Time) {
	w.asked, w.answered, w.silent, w.way = true, at, time.Time{}, way
}

// missed takes that the witness had its time and did not answer a question of
// time at. One that others have outlived for longer than a moment, so that it is
// not the way to it that is dead, is trusted no more.
func (w *witness) missed(at time.Time, outlived bool) {
	w.asked = true
	switch {
	case !w.trusted():
	case w.silent.IsZero():
		w.silent = at
	case outlived:
		w.answered, w.silent = time.Time{}, time.Time{}
	}
}
