package web

import (
	"container/list"
	"io"
	"net"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// A gate lets connections in: so many in all, so many per address. When one
// too many comes, the connection that has kept the server waiting for a
// request header, or for a body that was answered unread, the longest makes
// room: of the same address if that is full, of all otherwise. Connections
// whose request is being answered are never pushed out; if there are no others, the newcomer is turned away.
//
// So an address that opens many slow connections only ever loses its own, and
// a caller who sends a header at once is always heard. Safe for concurrent use.
type gate struct {
	total, perAddr int

	mu      sync.Mutex
	count   int
	held    map[netip.Prefix]int
	waiting *list.List // of *conn: no header read yet, idle, or answered before the body came; oldest first
}

func newGate(total, perAddr int) *gate {
	return &gate{total: total, perAddr: perAddr, held: map[netip.Prefix]int{}, waiting: list.New()}
}

// listen returns ln behind the gate.
func (g *gate) listen(ln net.Listener) net.Listener { return &gatedListener{ln, g} }

type gatedListener struct {
	net.Listener
	gate *gate
}

// Accept returns the next connection that is let in.
func (l *gatedListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if err != nil {
			return nil, err
		}
		if in := l.gate.admit(c); in != nil {
			return in, nil
		}
		turnAway(c)
	}
}

// turnAway tells a caller to come back. A fresh socket's buffer takes the few
// bytes at once; the deadline is for the socket that does not.
func turnAway(c net.Conn) {
	c.SetWriteDeadline(time.Now().Add(50 * time.Millisecond))
	io.WriteString(c, "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	c.Close()
}

// admit counts c in, or returns nil when there is no room for it.
func (g *gate) admit(c net.Conn) *conn {
	in := &conn{Conn: c, gate: g, addr: addrKey(c.RemoteAddr())}
	g.mu.Lock()
	var out *conn
	ok := true
	switch {
	case g.held[in.addr] >= g.perAddr:
		out = g.oldest(func(c *conn) bool { return c.addr == in.addr })
		ok = out != nil
	case g.count >= g.total:
		out = g.oldest(func(*conn) bool { return true })
		ok = out != nil
	}
	if out != nil {
		g.forget(out)
	}
	if ok {
		g.count++
		g.held[in.addr]++
		in.counted = true
		in.place = g.waiting.PushBack(in)
	}
	g.mu.Unlock()
	if out != nil {
		out.Conn.Close()
	}
	if !ok {
		return nil
	}
	return in
}

// dismiss closes every connection that the server waits for.
func (g *gate) dismiss() {
	g.mu.Lock()
	var out []*conn
	for e := g.waiting.Front(); e != nil; e = e.Next() {
		out = append(out, e.Value.(*conn))
	}
	g.mu.Unlock()
	for _, c := range out {
		c.Close()
	}
}

// oldest returns the connection that has been waited for the longest among
// those that match. g.mu is held.
func (g *gate) oldest(match func(*conn) bool) *conn {
	for e := g.waiting.Front(); e != nil; e = e.Next() {
		if c := e.Value.(*conn); match(c) {
			return c
		}
	}
	return nil
}

// forget counts c out. g.mu is held.
func (g *gate) forget(c *conn) {
	if c.place != nil {
		g.waiting.Remove(c.place)
		c.place = nil
	}
	if !c.counted {
		return
	}
	c.counted = false
	g.count--
	if g.held[c.addr]--; g.held[c.addr] == 0 {
		delete(g.held, c.addr)
	}
}

// track follows a connection through its states; it is an [http.Server]'s
// ConnState. net/http calls a connection active only when a whole header has
// been read, so a slow header on a kept connection counts as idle, and waits.
func (g *gate) track(nc net.Conn, state http.ConnState) {
	c, ok := nc.(*conn)
	if !ok {
		return
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	switch {
	case state == http.StateActive && c.place != nil:
		g.waiting.Remove(c.place)
		c.place = nil
	case state == http.StateIdle:
		g.line(c)
	}
}

// await lets c be pushed out: it has its answer, only a body is yet to come.
func (g *gate) await(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.line(c)
}

// line puts c last among the waiting. g.mu is held.
func (g *gate) line(c *conn) {
	if c.place == nil && c.counted {
		c.place = g.waiting.PushBack(c)
	}
}

// exempt counts c out though it stays open: a stream, which is counted in a
// pool of its own and is closed at its end.
func (g *gate) exempt(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget(c)
}
