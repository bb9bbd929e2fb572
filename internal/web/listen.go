package web

import (
	"errors"
	"io"
	"math"
	"net"
	"syscall"
	"time"
)

// listen returns ln behind the gate. Callers of a secured one expect TLS: they
// are told nothing when they are turned away.
func (g *gate) listen(ln net.Listener, secured bool) net.Listener {
	return &gatedListener{ln, g, secured}
}

// scarceConns is how many places are so many that silent callers, each pushed
// out by the next, keep nobody out.
const scarceConns = 64

// deferAccept has the kernel hand over a connection only when its caller has
// said something, or after a while (TCP_DEFER_ACCEPT of tcp(7)): in HTTP and in
// TLS the caller speaks first. So who connects and says nothing takes no
// descriptor and pushes nobody out, and whose turn it is has his header in
// already. Where it cannot be set it is done without.
//
// It has a price: the kernel's tcp_check_req drops the bare ACK that ends a
// handshake, to wait for data, and tcp_v4_rcv counts that in the listener's
// sk_drops, as it does a connection that found the backlog full. So every
// connection looks like a drop at our own port, to us too. It is worth that only
// where connections are scarce: see scarceConns.
func deferAccept(ln net.Listener, d time.Duration) {
	tcp, ok := ln.(*net.TCPListener)
	if !ok {
		return
	}
	raw, err := tcp.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = syscall.SetsockoptInt(int(fd), syscall.IPPROTO_TCP, syscall.TCP_DEFER_ACCEPT, int(math.Ceil(d.Seconds())))
	})
}

// A gatedListener accepts those connections that its gate lets in.
type gatedListener struct {
	net.Listener
	gate    *gate
	secured bool
}

// Accept returns the next connection that is let in. Out of descriptors, the
// connection that is waited for the longest makes room for the next try.
func (l *gatedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE) {
			l.gate.makeRoom()
		}
		if err != nil {
			return nil, err
		}
		if in := l.gate.admit(c); in != nil {
			return in, nil
		}
		if !l.secured {
			sayBusy(c)
		}
		c.Close()
	}
}

// sayBusy tells a caller to come back. A fresh socket's buffer takes the few
// bytes at once; the deadline is for the socket that does not.
func sayBusy(c net.Conn) {
	c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
