package web

import (
	"container/list"
	"context"
	"net"
	"net/netip"
	"time"
)

// A conn is a connection that its gate has let in.
type conn struct {
	net.Conn
	gate *gate
	addr netip.Prefix

	// Under gate.mu:
	counted bool
	place   *list.Element // among the waiting
}

// Close counts the connection out and closes it.
func (c *conn) Close() error {
	c.gate.exempt(c)
	return c.Conn.Close()
}

// CloseWrite lets net/http say goodbye in a way that does not cut off its own
// last answer.
func (c *conn) CloseWrite() error {
	if half, ok := c.Conn.(interface{ CloseWrite() error }); ok {
		return half.CloseWrite()
	}
	return nil
}

type connKey struct{}

func withConn(ctx context.Context, c net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, c)
}

// connOf returns the connection that a request came by, nil outside of Serve.
func connOf(ctx context.Context) *conn {
	c, _ := ctx.Value(connKey{}).(*conn)
	return c
}

// callerOf returns whom a request's connection is counted for.
func callerOf(ctx context.Context) netip.Prefix {
	if c := connOf(ctx); c != nil {
		return c.addr
	}
	return netip.Prefix{}
}

// allowTime lets an answer be written until d from now, past the server's limit.
func allowTime(ctx context.Context, d time.Duration) {
	if c := connOf(ctx); c != nil {
		c.SetWriteDeadline(time.Now().Add(d))
	}
}

// addrKey returns whom a connection is counted for: an IPv4 address, or an
// IPv6 network of 64 bits, since one caller commands all the addresses in it.
func addrKey(a net.Addr) netip.Prefix {
	ip := ipOf(a)
	bits := ip.BitLen()
	if ip.Is6() {
		bits = 64
	}
	p, _ := ip.Prefix(bits)
	return p
}

// ipOf returns the IP address of a TCP address, the zero Addr of any other.
func ipOf(a net.Addr) netip.Addr {
	t, ok := a.(*net.TCPAddr)
	if !ok {
		return netip.Addr{}
	}
	ip, _ := netip.AddrFromSlice(t.IP)
	return ip.Unmap()
}
