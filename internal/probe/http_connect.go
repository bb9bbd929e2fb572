package probe

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/probe/reach"
)

// A caller opens the connections that a check speaks over, and writes down what
// it learns on the way.
type caller struct {
	net      *reach.Network
	family   health.Family
	families *reach.Families // of the host that is called
	answer   *health.Answer
}

// A call is an open connection. It ends when the check's time does, or when the
// server has said more than any check has a use for: then reading fails.
type call struct {
	net.Conn
	left    int   // bytes that may still be read
	dead    error // why a family of addresses is silent that used to answer
	unwatch func() bool
}

// maxRead is how many bytes one connection may say: several times what is
// looked at of certificates, headers and bodies together. Without it a server
// could keep us busy for the whole of a check's time.
const maxRead = 1 << 20

// errRead says that a server says too much.
var errRead = errors.New("more than 1 MiB was sent that is no answer")

func (c *call) Read(p []byte) (int, error) {
	if c.left <= 0 {
		return 0, errRead
	}
	n, err := c.Conn.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

// connect resolves the host, connects to its addresses of both families, as far
// as the check wants them, and hands over one connection to speak over.
func (c caller) connect(ctx context.Context, host string, port uint16) (*call, error) {
	began := time.Now()
	addrs, err := c.net.Resolve(ctx, host, c.family)
	c.answer.Phases.Resolve += since(began)
	if err != nil {
		return nil, err
	}
	c.answer.StaleName = addrs.Stale
	var lines lines
	reply := c.dial(ctx, addrs, port, &lines)
	c.answer.Address = reply.Addr
	c.answer.Phases.Connect += health.Duration(reply.Took)
	conn := lines.keep(reply.Addr)
	if reply.Err != nil {
		return nil, reply.Err
	}
	return &call{
		Conn:    conn,
		left:    maxRead,
		dead:    reply.Dead,
		unwatch: context.AfterFunc(ctx, func() { _ = conn.SetDeadline(time.Unix(1, 0)) }),
	}, nil
}

// dial connects. Where one family may be waited for although the other has
// answered, some of the time is left to speak.
func (c caller) dial(ctx context.Context, addrs reach.Addresses, port uint16, to *lines) reach.Reply {
	if len(addrs.V4) > 0 && len(addrs.V6) > 0 {
		var cancel context.CancelFunc
		ctx, cancel = within(ctx, 3, 4)
		defer cancel()
	}
	return c.families.Ask(ctx, addrs, port, c.family, to.dial(c.net))
}

// hangUp closes the connection by a reset, whatever is still unread: the
// answer is in, and neither end keeps a TIME_WAIT.
func (c *call) hangUp() {
	c.unwatch()
	_ = c.Close()
}

// lines are the connections of one call: one for each family that answered.
type lines struct {
	mu   sync.Mutex
	open []line
}

type line struct {
	to   netip.AddrPort
	conn net.Conn
}

// dial returns what connects to one address and keeps the line.
func (l *lines) dial(n *reach.Network) reach.Ask {
	return func(ctx context.Context, to netip.AddrPort) error {
		conn, err := n.Dial(ctx, to)
		if err != nil {
			return err
		}
		l.mu.Lock()
		l.open = append(l.open, line{to, conn})
		l.mu.Unlock()
		return nil
	}
}

// keep returns the line to an address and closes the others.
func (l *lines) keep(to netip.AddrPort) (kept net.Conn) {
	for _, line := range l.open {
		if line.to == to && kept == nil {
			kept = line.conn
		} else {
			_ = line.conn.Close()
		}
	}
	return kept
}

func since(began time.Time) health.Duration { return health.Duration(time.Since(began)) }
