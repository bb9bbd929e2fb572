package e2e

import (
	"net"
	"net/netip"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A hammer holds connections to a server open on which it says nothing, and
// opens each anew that the server closes.
type hammer struct {
	stop   chan struct{}
	done   []chan struct{}
	opened atomic.Int64
}

// hammers is how many share the work, each from an address of its own, since a
// namespace may have few ports.
const hammers = 4

// swing begins to hold n connections to an address on loopback.
func (n *netns) swing(to string, total int) *hammer {
	n.t.Helper()
	h := &hammer{stop: make(chan struct{})}
	for i := range hammers {
		done := make(chan struct{})
		h.done = append(h.done, done)
		go func() {
			defer close(done)
			runtime.LockOSThread() // for good
			if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
				n.t.Error(err)
				return
			}
			from := net.TCPAddrFromAddrPort(netip.AddrPortFrom(netip.AddrFrom4([4]byte{127, 1, 0, byte(1 + i)}), 0))
			h.hold(&net.Dialer{LocalAddr: from, Timeout: 100 * time.Millisecond, KeepAlive: -1}, to, make([]net.Conn, total/hammers))
		}()
	}
	n.t.Cleanup(h.rest)
	return h
}

// hold opens the connections and looks after them until it is stopped.
func (h *hammer) hold(d *net.Dialer, to string, conns []net.Conn) {
	for {
		for i := range conns {
			select {
			case <-h.stop:
				for _, c := range conns {
					if c != nil {
						c.Close()
					}
				}
				return
			default:
			}
			if conns[i] != nil && stands(conns[i]) {
				continue
			}
			if conns[i] != nil {
				conns[i].Close()
				conns[i] = nil
			}
			if c, err := d.Dial("tcp4", to); err == nil {
				_ = c.(*net.TCPConn).SetLinger(0)
				conns[i] = c
				h.opened.Add(1)
			}
		}
	}
}

// stands reports whether the other end has not hung up.
func stands(c net.Conn) bool {
	_ = c.SetReadDeadline(time.Now().Add(50 * time.Microsecond))
	_, err := c.Read(make([]byte, 1))
	timeout, ok := err.(net.Error)
	return err == nil || ok && timeout.Timeout()
}

// rest closes all and waits until that is done.
func (h *hammer) rest() {
	select {
	case <-h.stop:
	default:
		close(h.stop)
	}
	for _, done := range h.done {
		<-done
	}
}

// hoard binds every port of a range on an address, so that nobody else can have
// one, and returns how to let go of them.
func (n *netns) hoard(address string, first, last int) (release func()) {
	n.t.Helper()
	var held []int
	release = func() {
		for _, fd := range held {
			unix.Close(fd)
		}
		held = nil
	}
	n.t.Cleanup(release)
	n.do(func() error {
		for port := first; port <= last; port++ {
			fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
			if err != nil {
				return err
			}
			held = append(held, fd)
			err = unix.Bind(fd, &unix.SockaddrInet4{Addr: netip.MustParseAddr(address).As4(), Port: port})
			if err != nil && err != unix.EADDRINUSE { // one that a check has now is as good as taken
				return err
			}
		}
		return nil
	})
	return release
}

func TestHoard(t *testing.T) {
	w := newIsland(t)
	w.here.set("ipv4/ip_local_port_range", "40000 40099")
	release := w.here.hoard("10.0.0.2", 40000, 40099)
	if c, err := w.here.dial("10.9.0.1:80"); err == nil {
		c.Close()
		t.Error("a port was left")
	}
	release()
	c, err := w.here.dial("10.9.0.1:80")
	if err != nil {
		t.Fatal(err)
	}
	c.Close()
}
