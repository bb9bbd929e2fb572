package web

import (
	"container/list"
	"context"
	"crypto/tls"
	"net"
	"net/netip"
	"sync/atomic"
	"time"
)

// A conn is a connection that its gate has let in.
type conn struct {
	net.Conn
	gate *gate
	addr netip.Prefix

	local bool        // its caller is on this machine, or a proxy that is
	since time.Time   // it was let in
	heard atomic.Bool // something has been read from it

	// Under gate.mu:
	counted bool
	lent    bool          // to be counted again when its request is answered
	place   *list.Element // among the waiting
}

// Read reads what the caller has sent.
func (c *conn) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	if n > 0 && !c.heard.Load() {
		c.heard.Store(true)
	}
	return n, err
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

// gated returns the connection of a gate that is, or is beneath, a connection
// of the server; nil when there is none.
func gated(nc net.Conn) *conn {
	if secured, ok := nc.(*tls.Conn); ok {
		nc = secured.NetConn()
	}
	c, _ := nc.(*conn)
	return c
}

type connKey struct{}

func withConn(ctx context.Context, nc net.Conn) context.Context {
	return context.WithValue(ctx, connKey{}, gated(nc))
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

// addrKey returns whom a connection is counted for.
func addrKey(a net.Addr) netip.Prefix { return addrPrefix(ipOf(a)) }

// fromHere reports whether a connection comes from this machine.
func fromHere(c net.Conn) bool {
	ip := ipOf(c.RemoteAddr())
	return ip.IsLoopback() || ip.IsValid() && ip == ipOf(c.LocalAddr())
}

// addrPrefix returns whom an address is counted for: an IPv4 address, or an
// IPv6 network of 64 bits, since one caller commands all the addresses in it.
func addrPrefix(ip netip.Addr) netip.Prefix {
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
