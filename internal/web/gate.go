package web

import (
	"container/list"
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
// a caller who sends a header at once is always heard. A few places are kept for
// callers of this machine: a crowd from elsewhere neither takes them nor pushes
// out who is in them. Safe for concurrent use.
type gate struct {
	total, perAddr int
	kept           int // of total, for callers of this machine

	mu      sync.Mutex
	count   int
	locals  int // of count, callers of this machine
	held    map[netip.Prefix]int
	waiting *list.List // of *conn: no header read yet, idle, or answered before the body came; oldest first
}

func newGate(total, perAddr int) *gate {
	return &gate{total: total, perAddr: perAddr, kept: min(keptConns, total/4), held: map[netip.Prefix]int{}, waiting: list.New()}
}

// keptConns is how many places are kept for callers of this machine: one for
// who wants to see what is going on, one for Prometheus.
const keptConns = 2

// shareOf returns how many of total places one address may take: an eighth, or
// a few where there are few, but never all.
func shareOf(total, few int) int { return max(1, total/8, min(few, total*3/4)) }

// admit counts c in, or returns nil when there is no room for it.
func (g *gate) admit(c net.Conn) *conn {
	in := &conn{Conn: c, gate: g, addr: addrKey(c.RemoteAddr()), local: fromHere(c), since: time.Now()}
	g.settle(in)
	g.mu.Lock()
	out, ok := g.enter(in)
	g.mu.Unlock()
	if out != nil {
		out.Conn.Close()
	}
	if !ok {
		return nil
	}
	return in
}

// enter counts a connection in, as one that is waited for, and returns the one
// that has to go for it, if any. It reports false when there is no room. g.mu
// is held.
func (g *gate) enter(in *conn) (out *conn, ok bool) {
	out, full := g.victim(in)
	if full && out == nil {
		return nil, false
	}
	if full {
		g.forget(out)
	}
	g.count++
	g.held[in.addr]++
	if in.local {
		g.locals++
	}
	in.counted = true
	in.place = g.waiting.PushBack(in)
	return out, true
}

// victim reports whether a newcomer finds all places taken that it may have,
// and returns who has to go for it; nil when nobody can. g.mu is held.
func (g *gate) victim(in *conn) (out *conn, full bool) {
	switch {
	case g.held[in.addr] >= g.perAddr:
		return g.oldest(func(c *conn) bool { return c.addr == in.addr }), true
	case !in.local && g.count-g.locals >= g.total-g.kept:
		return g.oldest(func(c *conn) bool { return !c.local }), true
	case g.count >= g.total && in.local:
		return g.oldest(func(*conn) bool { return true }), true
	case g.count >= g.total:
		return g.oldest(g.unkept), true
	}
	return nil, false
}

// unkept reports whether c may be pushed out by somebody elsewhere. g.mu is held.
func (g *gate) unkept(c *conn) bool { return !c.local || g.locals > g.kept }

// settle waits until those let in have been heard, for a moment at most, if a
// newcomer would push out one that has not: connections may come
// faster than those who read from them get their turn.
func (g *gate) settle(in *conn) {
	for range 10 {
		g.mu.Lock()
		out, _ := g.victim(in)
		g.mu.Unlock()
		if out == nil || out.heard.Load() || time.Since(out.since) > 2*time.Millisecond {
			return
		}
		time.Sleep(100 * time.Microsecond)
	}
}

// makeRoom closes the connection that has been waited for the longest, for who
// knows whom.
func (g *gate) makeRoom() {
	g.mu.Lock()
	out := g.oldest(g.unkept)
	if out == nil {
		out = g.oldest(func(*conn) bool { return true })
	}
	if out != nil {
		g.forget(out)
	}
	g.mu.Unlock()
	if out != nil {
		out.Conn.Close()
	}
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
// those that match: one that has been heard, and has not said enough, if there
// is any. That the others have not been heard may be our fault: what they have
// sent lies unread, for their turn has not come. g.mu is held.
func (g *gate) oldest(match func(*conn) bool) (unheard *conn) {
	for e := g.waiting.Front(); e != nil; e = e.Next() {
		c := e.Value.(*conn)
		switch {
		case !match(c):
		case c.heard.Load():
			return c
		case unheard == nil:
			unheard = c
		}
	}
	return unheard
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
	if c.local {
		g.locals--
	}
	if g.held[c.addr]--; g.held[c.addr] == 0 {
		delete(g.held, c.addr)
	}
}

// track follows a connection through its states; it is an [http.Server]'s
// ConnState. net/http calls a connection active only when a whole header has
// been read, so a TLS handshake counts as waiting for one, and a slow header on
// a kept connection counts as idle, and waits too.
func (g *gate) track(nc net.Conn, state http.ConnState) {
	c := gated(nc)
	if c == nil {
		return
	}
	g.mu.Lock()
	var out *conn
	switch {
	case state == http.StateActive && c.place != nil:
		g.waiting.Remove(c.place)
		c.place = nil
	case state == http.StateIdle && c.lent:
		out = g.takeBack(c)
	case state == http.StateIdle:
		g.line(c)
	}
	g.mu.Unlock()
	if out != nil {
		out.Conn.Close()
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

// lend counts c out while its request is answered: that may take long, and is
// bounded by a pool of its own.
func (g *gate) lend(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	c.lent = c.counted
	g.forget(c)
}

// takeBack counts a lent connection in again. It returns the one that has to go
// for it: there may be no room for any but itself. g.mu is held.
func (g *gate) takeBack(c *conn) (out *conn) {
	c.lent = false
	out, ok := g.enter(c)
	if !ok {
		return c
	}
	return out
}

// exempt counts c out though it stays open: a stream, which is counted in a
// pool of its own and is closed at its end.
func (g *gate) exempt(c *conn) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.forget(c)
}
