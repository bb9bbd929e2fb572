package kernel

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"runtime"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"
)

// A churn opens and closes sockets of all kinds at random, in bursts, until
// its context ends. It closes them all then.
type churn struct {
	random    *rand.Rand
	moves     atomic.Int64 // even while it rests
	rest      atomic.Int64 // the longest rest, in nanoseconds
	listeners []net.Listener
	packets   []net.PacketConn
	ends      []net.Conn
}

const mostOfAKind = 60

// run churns in a network namespace.
func (c *churn) run(ctx context.Context, netns int) error {
	runtime.LockOSThread() // and never unlock: the thread ends here
	if err := unix.Setns(netns, unix.CLONE_NEWNET); err != nil {
		return err
	}
	defer c.closeAll()
	for ctx.Err() == nil {
		c.moves.Add(1)
		for range c.random.IntN(40) {
			if err := c.move(); err != nil {
				return err
			}
		}
		c.moves.Add(1)
		select {
		case <-ctx.Done():
		case <-time.After(time.Duration(c.random.Int64N(c.rest.Load()))):
		}
	}
	return nil
}

// move does one thing.
func (c *churn) move() error {
	switch c.random.IntN(11) {
	case 0, 10:
		return c.open()
	case 1:
		if len(c.listeners) > 5 {
			c.closeOne()
		}
	case 2, 3, 4, 5:
		return c.connect()
	case 6, 7:
		return c.accept()
	case 8:
		if i := len(c.ends); i > 0 {
			c.ends[c.random.IntN(i)].(*net.TCPConn).CloseWrite()
		}
	case 9:
		if i := len(c.ends); i > 0 {
			j := c.random.IntN(i)
			c.ends[j].Close()
			c.ends = append(c.ends[:j], c.ends[j+1:]...)
		}
	}
	return nil
}

func (c *churn) open() error {
	address := []string{"127.0.0.1:0", "[::1]:0", ":0"}[c.random.IntN(3)]
	if c.random.IntN(3) == 0 && len(c.packets) < mostOfAKind {
		p, err := net.ListenPacket("udp", address)
		c.packets = append(c.packets, p)
		return err
	}
	if len(c.listeners) == mostOfAKind {
		return nil
	}
	l, err := net.Listen("tcp", address)
	c.listeners = append(c.listeners, l)
	return err
}

func (c *churn) closeOne() {
	i := c.random.IntN(len(c.listeners))
	c.listeners[i].Close()
	c.listeners = append(c.listeners[:i], c.listeners[i+1:]...)
}

// connect connects to one of the listeners, over IPv4 to some that listen on
// IPv6.
func (c *churn) connect() error {
	if len(c.listeners) == 0 || len(c.ends) >= 4*mostOfAKind {
		return nil
	}
	to := *c.listeners[c.random.IntN(len(c.listeners))].Addr().(*net.TCPAddr)
	from := &net.TCPAddr{}
	if to.IP.IsUnspecified() {
		to.IP = []net.IP{net.IPv6loopback, net.IPv4(127, 0, 0, 1)}[c.random.IntN(2)]
	}
	if to.IP.To4() != nil {
		from.IP = net.IPv4(127, 0, 0, byte(2+c.random.IntN(5)))
	}
	end, err := net.DialTCP("tcp", from, &to)
	if err == nil {
		c.ends = append(c.ends, end)
	}
	return err
}

// accept accepts a connection of one listener if any waits there.
func (c *churn) accept() error {
	if len(c.listeners) == 0 {
		return nil
	}
	l := c.listeners[c.random.IntN(len(c.listeners))].(*net.TCPListener)
	if err := l.SetDeadline(time.Now().Add(time.Millisecond)); err != nil {
		return err
	}
	end, err := l.Accept()
	switch timeout := net.Error(nil); {
	case err == nil:
		c.ends = append(c.ends, end)
	case !errors.As(err, &timeout) || !timeout.Timeout():
		return fmt.Errorf("accept: %w", err)
	}
	return nil
}

func (c *churn) closeAll() {
	for _, l := range c.listeners {
		l.Close()
	}
	for _, p := range c.packets {
		p.Close()
	}
	for _, e := range c.ends {
		e.Close()
	}
}
