package reach

import (
	"context"
	"net/netip"
	"sync"
	"time"
)

// A name is one family of addresses of a host.
type name struct {
	host string
	v6   bool
}

// An answer is what was found out about a name: addresses, at least one, or
// an error.
type answer struct {
	name
	addrs []netip.Addr
	stale bool          // the addresses are what the resolver last said
	fresh time.Duration // for how long it need not be asked for again
	err   *nameError
}

// isFact reports whether there are no such addresses, for sure.
func (a answer) isFact() bool { return a.err.isFact() }

// names asks for names and remembers what it was last told. It is safe for
// concurrent use.
type names struct {
	resolver *resolver
	slots    chan struct{} // one for each lookup that may be under way
	began    time.Time

	mu     sync.Mutex
	calls  map[name]*call
	memory memory
}

// A call is a lookup under way, for all who want its answer.
type call struct {
	done   chan struct{} // closed when answer is there
	answer answer
}

func newNames(o Options, d *descriptors) *names {
	return &names{
		resolver: newResolver(o, d), began: time.Now(),
		slots: make(chan struct{}, 2*o.Lookups), // a name has two families
		calls: map[name]*call{}, memory: memory{},
	}
}

// now is the time of the monotonic clock.
func (n *names) now() time.Duration { return time.Since(n.began) }

// ask looks a name up, unless its last answer is still fresh. It returns when
// it has the answer, or does with the last one, or when ctx ends.
func (n *names) ask(ctx context.Context, of name) answer {
	a, fresh := n.recall(of)
	if fresh {
		return a
	}
	wait := ctx
	if a.addrs != nil {
		var cancel context.CancelFunc
		wait, cancel = context.WithTimeout(ctx, n.patience(ctx))
		defer cancel()
	}
	next := n.lookup(wait, of)
	if next.err != nil && !next.isFact() && a.addrs != nil {
		a.stale = true
		return a
	}
	return next
}

// lookup takes part in a call for the name, its own if there is none.
func (n *names) lookup(ctx context.Context, of name) answer {
	c, err := n.call(ctx, of)
	if err == nil {
		select {
		case <-c.done:
			return c.answer
		case <-ctx.Done():
			err = context.Cause(ctx)
		}
	}
	return answer{name: of, err: gaveUp(of.host, err)}
}

// call returns the call for a name that is under way, or begins one as soon as
// there may be one more. What others were told meanwhile will do.
func (n *names) call(ctx context.Context, of name) (*call, error) {
	if c := n.underWay(of); c != nil {
		return c, nil
	}
	wanted := n.now()
	select {
	case n.slots <- struct{}{}:
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	c, r := n.calls[of], n.memory[of]
	switch {
	case c != nil:
		<-n.slots
	case r.at > wanted:
		<-n.slots
		c = &call{done: make(chan struct{}), answer: r.answer(of)}
		close(c.done)
	default:
		c = &call{done: make(chan struct{})}
		n.calls[of] = c
		go n.run(c, of)
	}
	return c, nil
}

func (n *names) underWay(of name) *call {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.calls[of]
}

// lookupTime is how long one lookup may take, whoever waits for it.
const lookupTime = 10 * time.Second

// run looks a name up and tells all who wait.
func (n *names) run(c *call, of name) {
	defer func() { <-n.slots }()
	ctx, cancel := context.WithTimeout(context.Background(), lookupTime)
	defer cancel()
	c.answer = n.resolver.lookup(ctx, of)
	n.mu.Lock()
	n.memory.learn(c.answer, n.now())
	delete(n.calls, of)
	n.mu.Unlock()
	close(c.done)
}

// recall returns the last answer for a name and whether it still holds. If not,
// it is for when there is no other.
func (n *names) recall(of name) (a answer, fresh bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.memory.recall(of, n.now())
}

const (
	longPatience  = 2 * time.Second
	shortPatience = 100 * time.Millisecond
)

// patience is how long to wait for a lookup when the last answer would do.
func (n *names) patience(ctx context.Context) time.Duration {
	d := longPatience
	if n.resolver.mute() {
		d = shortPatience
	}
	if deadline, ok := ctx.Deadline(); ok {
		d = min(d, time.Until(deadline)/2)
	}
	return d
}

// resolutionGrace is how long the second family is waited for when the first
// has addresses: there are resolvers that never answer for IPv6.
const resolutionGrace = 500 * time.Millisecond

// grace is that time, or less while no family is answered: the target needs
// what is left.
func (n *names) grace() time.Duration {
	if n.resolver.mute() {
		return shortPatience
	}
	return resolutionGrace
}
