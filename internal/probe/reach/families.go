package reach

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// Families asks the addresses of one name, both families at once, and
// remembers which of them used to answer: who tries one after the other never
// learns that one is dead. The zero Families is ready to use, and safe for
// concurrent use.
type Families struct {
	mu     sync.Mutex
	v4, v6 habit
}

// A habit is what one family did until now.
type habit struct {
	answers bool          // did, the last time that it was given the time for it
	used    bool          // to answer, at least once
	took    time.Duration // the last time that it answered
}

// A Reply is what came of asking a name's addresses.
type Reply struct {
	Addr netip.AddrPort // who answered, or else was asked last
	Took time.Duration  // until that
	Err  error          // nil when enough have answered
	Dead error          // why a family does not answer that used to, while the other does
}

// An Ask asks one address: nil when it answered, else an error for [Classify].
// It returns soon after its context ends.
type Ask func(context.Context, netip.AddrPort) error

// Ask asks the addresses on a port: of each family one after the other until
// one answers. Each has a fair share of the time, a second at least.
//
// [health.FamilyBoth] demands an answer of both families, all else of one. Who
// has answered is not kept waiting for the other family for the whole time,
// unless that one used to answer: then it has all of it, for its silence is
// news.
func (f *Families) Ask(ctx context.Context, to Addresses, port uint16, family health.Family, ask Ask) Reply {
	if len(to.V4) == 0 || len(to.V6) == 0 {
		return f.askOne(ctx, to, port, ask)
	}
	v4, v6 := f.askBoth(ctx, to, port, family, ask)
	f.mu.Lock()
	defer f.mu.Unlock()
	choice := choose(v4, v6, f.v4, f.v6, family)
	f.v4.learn(v4)
	f.v6.learn(v6)
	if choice.Err == nil {
		choice.Dead = either(f.v4.dead(v4), f.v6.dead(v6))
	}
	return choice
}

// askOne asks the only family that the name has. The other, if it had
// addresses before, was withdrawn and did not die.
func (f *Families) askOne(ctx context.Context, to Addresses, port uint16, ask Ask) Reply {
	list, own, other := to.V4, &f.v4, &f.v6
	if len(list) == 0 {
		list, own, other = to.V6, &f.v6, &f.v4
	}
	r := askEach(ctx, list, port, ask)
	f.mu.Lock()
	defer f.mu.Unlock()
	own.learn(r)
	*other = habit{}
	return r
}

// askBoth asks both families at once. The first that answers cuts off the
// other after a while.
func (f *Families) askBoth(ctx context.Context, to Addresses, port uint16, family health.Family, ask Ask) (v4, v6 Reply) {
	f.mu.Lock()
	grace4, grace6 := f.v4.grace(family), f.v6.grace(family)
	f.mu.Unlock()
	ctx4, cut4 := context.WithCancelCause(ctx)
	defer cut4(nil)
	ctx6, cut6 := context.WithCancelCause(ctx)
	defer cut6(nil)
	done := make(chan struct{})
	go func() {
		defer close(done)
		v6 = askEach(ctx6, to.V6, port, ask)
		cutOff(v6, grace4, cut4)
	}()
	v4 = askEach(ctx4, to.V4, port, ask)
	cutOff(v4, grace6, cut6)
	<-done
	return v4, v6
}

// cutOff ends the asking of a family some time after the other has answered,
// as if its time were up. It need not be undone: by then that is over, or soon.
func cutOff(answered Reply, grace time.Duration, cut context.CancelCauseFunc) {
	if answered.Err == nil && grace < forever {
		time.AfterFunc(grace, func() { cut(context.DeadlineExceeded) })
	}
}

const (
	forever = time.Duration(1<<63 - 1)
	// leastGrace is how long a family has for its answer, however fast the other
	// is: the connection attempt delay of RFC 8305, section 5.
	leastGrace = 250 * time.Millisecond
	// fairShare is how long an address has for its answer at least, when there
	// are more and there is so much time. Sooner than that, a packet that was
	// lost on the way is not sent again (RFC 6298, section 2.1).
	fairShare = 1200 * time.Millisecond
)

// fair is the least time in which silence means something: a good deal more than
// the family usually takes.
func (h habit) fair() time.Duration {
	return max(leastGrace, min(4*h.took, h.took+2*leastGrace))
}

// grace is how long the family is waited for when the other has answered.
func (h habit) grace(family health.Family) time.Duration {
	if h.answers || family == health.FamilyBoth {
		return forever
	}
	return h.fair()
}

// learn takes what came of asking the family. Our own faults, and silence that
// had no time to be one, teach nothing.
func (h *habit) learn(r Reply) {
	verdict, reason, _ := Classify(r.Err)
	switch {
	case verdict == health.Pass:
		*h = habit{answers: true, used: true, took: r.Took}
	case verdict == health.Fail && (!reason.Silent() || r.Took >= h.fair()):
		h.answers = false
	}
}

// dead returns why a family does not answer that used to, nil when it does or
// when that is our own fault.
func (h habit) dead(r Reply) error {
	if verdict, _, _ := Classify(r.Err); h.used && !h.answers && verdict == health.Fail {
		return r.Err
	}
	return nil
}

// askEach asks one address after the other until one answers.
func askEach(ctx context.Context, list []netip.Addr, port uint16, ask Ask) Reply {
	began := time.Now()
	var worst Reply
	for i, a := range list {
		addr := netip.AddrPortFrom(a, port)
		err := askInShare(ctx, addr, len(list)-i, ask)
		r := Reply{Addr: addr, Took: time.Since(began), Err: err}
		if err == nil {
			return r
		}
		if i == 0 || weight(r.Err) >= weight(worst.Err) {
			worst = r
		}
		if ctx.Err() != nil {
			break
		}
	}
	worst.Took = time.Since(began)
	return worst
}

// askInShare asks an address that has to share the time that is left.
func askInShare(ctx context.Context, addr netip.AddrPort, among int, ask Ask) error {
	deadline, ok := ctx.Deadline()
	if !ok || among == 1 {
		return ask(ctx, addr)
	}
	share := max(time.Until(deadline)/time.Duration(among), fairShare)
	ctx, cancel := context.WithTimeout(ctx, share)
	defer cancel()
	return ask(ctx, addr)
}
