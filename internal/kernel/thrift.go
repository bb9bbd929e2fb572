package kernel

import "time"

// While somebody subscribes to closed sockets the kernel prepares a notice for
// every socket that it destroys, connections included, before a filter drops
// it: some six microseconds of a kernel worker's time each. At these rates of
// connections opened per second, that is about a quarter and an eighth of a
// percent of a core.
const (
	dearOpens   = 400.0
	cheapOpens  = 200.0
	thriftEvery = 5 * time.Second
)

// A thrift decides whether word of closed sockets is worth what it costs. What
// it does not hear of shows at the next look all the same.
type thrift struct {
	at     time.Time
	opens  uint64
	paused bool
}

// due reports whether it is time for another figure.
func (t *thrift) due(now time.Time) bool { return now.Sub(t.at) >= thriftEvery }

// judge takes the number of connections opened since boot and reports whether
// to pause, or to go on, now. The first figure decides nothing.
func (t *thrift) judge(now time.Time, opens uint64) (turn bool) {
	rate := float64(opens-t.opens) / now.Sub(t.at).Seconds()
	first := t.at.IsZero() || opens < t.opens
	t.at, t.opens = now, opens
	if first || t.paused == (rate > dearOpens) || t.paused && rate > cheapOpens {
		return false
	}
	t.paused = !t.paused
	return true
}

// economize pauses the subscription to closed sockets while connections come
// and go in great numbers. Where it cannot tell, it leaves things as they are.
func (r *Reader) economize(now time.Time) {
	if r.closures == nil || !r.thrift.due(now) {
		return
	}
	opens, err := r.listeners.site.proc.Opens()
	if err != nil || !r.thrift.judge(now, opens) {
		return
	}
	if r.thrift.paused {
		err = r.closures.Pause()
	} else {
		err = r.closures.Resume()
	}
	if err != nil {
		r.thrift.paused = !r.thrift.paused // and try again at the next figure
	}
}
