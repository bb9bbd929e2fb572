package canary

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"
	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// Options are what a Canary is made with.
type Options struct {
	Log *slog.Logger
	// Heard returns the addresses of targets that answered when they were asked
	// after a time; may be nil. With it a resolver that died, or a gateway that
	// answers no more, is told from a path that is dead. It is called while
	// somebody is silent, about once a second.
	Heard func(after time.Time) []netip.Addr
}

// A Canary judges whether this machine can hear. It is safe for concurrent use.
type Canary struct {
	log         *slog.Logger
	net         *rtnetlink
	heard       func(time.Time) []netip.Addr
	resolvConfs []string
	looks       singleflight.Group // by path
	askers      sync.WaitGroup
	life        context.Context // until it is closed
	end         context.CancelFunc

	mu        sync.Mutex
	paths     map[path]*memory
	witnesses map[identity]*witness
}

// An identity tells witnesses apart.
type identity struct {
	role    role
	address netip.Addr
}

// New returns a Canary that belongs to the network namespace of the calling
// thread. It takes its one lasting descriptor now, while there are some.
func New(o Options) *Canary {
	c := &Canary{
		log: o.Log, heard: o.Heard, net: newRTNetlink(), resolvConfs: []string{resolvConf, upstreamConf},
		paths: map[path]*memory{}, witnesses: map[identity]*witness{},
	}
	c.life, c.end = context.WithCancel(context.Background())
	if _, err := c.net.links(); err != nil {
		c.log.Warn("cannot look at this machine's links, so a silence of our own making cannot be told from a target's", "err", err)
	}
	return c
}

// Close ends what is being asked and gives the descriptor back. Call it when
// nobody asks any more.
func (c *Canary) Close() error {
	c.end()
	c.askers.Wait()
	c.net.Close()
	return nil
}

// Excuse looks into why an address was silent. It returns the reason and the
// evidence when that was our own fault, and "" when we are well, or cannot say
// that we are not. It takes a second at most. Many who ask together about
// addresses that are reached the same way are answered by one look.
func (c *Canary) Excuse(ctx context.Context, silent netip.Addr) (health.Reason, foreign.Text) {
	silent = silent.Unmap()
	if !silent.IsValid() || silent.IsLoopback() {
		return "", ""
	}
	r, err := c.net.route(silent)
	if err != nil {
		return c.noRoute(silent, err)
	}
	if r.ours {
		return "", ""
	}
	l, err := c.look(ctx, r.path, false)
	if err != nil {
		return cannotLook(err)
	}
	return c.judge(l, silent)
}

// noRoute words why the kernel would not send to an address at all
// (ip-route(8): the types unreachable, prohibit and blackhole).
func (c *Canary) noRoute(to netip.Addr, err error) (health.Reason, foreign.Text) {
	switch {
	case errors.Is(err, unix.ENETUNREACH), errors.Is(err, unix.ENODEV), errors.Is(err, unix.ENETDOWN):
		return health.LocalNetwork, foreign.Text(fmt.Sprintf("there is no route to %s", to))
	case errors.Is(err, unix.EHOSTUNREACH), errors.Is(err, unix.EACCES), errors.Is(err, unix.EINVAL):
		return health.LocalNetwork, foreign.Text(fmt.Sprintf("the route to %s leads nowhere: %v", to, err))
	}
	return cannotLook(err)
}

// cannotLook says that we are blind for want of descriptors, or nothing.
func cannotLook(err error) (health.Reason, foreign.Text) {
	if errors.Is(err, unix.EMFILE) || errors.Is(err, unix.ENFILE) {
		return health.LocalFDs, "no descriptor was left to look at this machine's links"
	}
	return "", ""
}

// convalescence is how long after our own trouble silence is still excused. A
// check that began in it may end after it: a SYN that was lost is sent again
// after one, three and seven seconds (RFC 6298).
const convalescence = 5 * time.Second

// judge returns the verdict of a look on one address.
func (c *Canary) judge(l *look, silent netip.Addr) (health.Reason, foreign.Text) {
	if reason, text := l.excuse(silent); reason != "" {
		return reason, text
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	m := c.paths[l.path]
	if m == nil || m.ill.IsZero() || l.ill() || l.end.Sub(m.ill) > convalescence {
		return "", ""
	}
	return health.LocalNetwork, m.why + foreign.Text(fmt.Sprintf(" (%s ago)", span(l.end.Sub(m.ill))))
}

// round is how often those who can tell are asked while all is quiet, so that
// their silence means something when it comes.
const round = 30 * time.Second

// Run learns in the quiet who answers, until ctx ends.
func (c *Canary) Run(ctx context.Context) error {
	tick := time.NewTicker(round)
	defer tick.Stop()
	for {
		c.learn(ctx)
		select {
		case <-tick.C:
		case <-ctx.Done():
			return nil
		}
	}
}

// learn asks everybody on every path that is known.
func (c *Canary) learn(ctx context.Context) []*look {
	var all []*look
	for _, p := range c.known() {
		if l, err := c.look(ctx, p, true); err == nil {
			all = append(all, l)
		}
	}
	return all
}
