// Package sockdiag asks the kernel for its TCP and UDP sockets over
// NETLINK_SOCK_DIAG (linux/inet_diag.h, linux/sock_diag.h).
//
// A [Conn] walks the socket tables. The kernel filters by state and local
// port, so that only wanted sockets cross into user space, and the answers
// are streamed to a [Visitor] out of one buffer: what a walk costs is the
// kernel's work, and in steady state it allocates nothing. A [Subscription]
// tells when a listening socket was destroyed.
//
// Neither needs a privilege. Both see the network namespace of the thread
// that opened them, and no other.
package sockdiag

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// bufferSize is the largest piece of a dump that the kernel sends at once
// (netlink_recvmsg in net/netlink/af_netlink.c): a larger buffer buys nothing,
// a smaller one would cost more calls.
const bufferSize = 32 << 10

// patience bounds the wait for an answer, in seconds. The kernel dumps inside
// the system call that asks for it, so an answer that is not there was lost.
const patience = 10

// A Conn is a netlink socket with its buffers. It serves one goroutine at a
// time; open one for each that walks.
type Conn struct {
	fd       int
	sequence uint32
	broken   bool // an answer was left unread: start over with a new descriptor
	separate bool // the kernel refuses to walk both families at once
	request  []byte
	answer   []byte
	ports    portFilter
	socket   Socket
}

// New returns a Conn that is closed: it opens at its first walk.
func New() *Conn { return &Conn{fd: -1, answer: make([]byte, bufferSize)} }

// Open returns a Conn to the network namespace of the calling thread.
func Open() (*Conn, error) {
	c := New()
	if err := c.Reopen(); err != nil {
		return nil, err
	}
	return c, nil
}

// Reopen replaces the descriptor, keeping the buffers. The new one belongs to
// the network namespace of the calling thread.
func (c *Conn) Reopen() error {
	if err := c.Close(); err != nil {
		return err
	}
	fd, err := unix.Socket(unix.AF_NETLINK, unix.SOCK_RAW|unix.SOCK_CLOEXEC, unix.NETLINK_SOCK_DIAG)
	if err != nil {
		return fmt.Errorf("open netlink socket: %w", err)
	}
	c.fd, c.broken = fd, false
	if err := c.setUp(); err != nil {
		c.Close()
		return fmt.Errorf("set up netlink socket: %w", err)
	}
	return nil
}

// setUp connects the descriptor to the kernel, after which no other process
// can send to it (netlink_getsockbyportid refuses them).
func (c *Conn) setUp() error {
	timeout := unix.Timeval{Sec: patience}
	if err := unix.SetsockoptTimeval(c.fd, unix.SOL_SOCKET, unix.SO_RCVTIMEO, &timeout); err != nil {
		return err
	}
	return unix.Connect(c.fd, &unix.SockaddrNetlink{Family: unix.AF_NETLINK})
}

// Close closes the descriptor. A closed Conn opens again at its next walk.
func (c *Conn) Close() error {
	if c.fd < 0 {
		return nil
	}
	fd := c.fd
	c.fd = -1
	if err := unix.Close(fd); err != nil {
		return fmt.Errorf("close netlink socket: %w", err)
	}
	return nil
}

// InterfaceName returns the name of a network interface in the namespace of
// c, by its index. Any socket answers this, so the one at hand is used.
func (c *Conn) InterfaceName(index uint32) (string, error) {
	request, err := unix.NewIfreq("")
	if err != nil {
		return "", err
	}
	request.SetUint32(index)
	if err := unix.IoctlIfreq(c.fd, unix.SIOCGIFNAME, request); err != nil {
		return "", fmt.Errorf("name of interface %d: %w", index, err)
	}
	return request.Name(), nil
}
