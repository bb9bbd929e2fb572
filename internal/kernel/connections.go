package kernel

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

// A connections counts connections.
type connections struct {
	here    *procfs.FS
	conn    *sockdiag.Conn // nil when /proc is the source
	counter *counter
	blind   []port.Degraded // what the source does not tell, known from the start
}

// Connections counts the connections on the ports of req, in the Reader's own
// network namespace, in one walk: none without ports, filtered by the kernel
// with them. It fills into, whose slices it reuses: what was in them is gone.
// After an error into holds nothing that means anything, and its At is zero.
// In steady state it allocates nothing.
//
// A connection counts for the server's side, that of the local port, by the
// family of its client. Unaccepted are those that no descriptor refers to yet.
// The clients of a port are exact up to some 24,000 addresses over all ports
// of the request; beyond, their Error says by how much numbers may be too high.
func (r *Reader) Connections(ctx context.Context, req port.ConnectionsRequest, into *port.Connections) error {
	into.At = time.Time{} // until all is there
	if err := check(&req); err != nil {
		return fmt.Errorf("count connections: %w", err)
	}
	c := &r.connections
	clock := startClock()
	defer clock.stop()
	began := time.Now()
	*into = port.Connections{
		Ports:    into.Ports[:0],
		Clients:  into.Clients[:0],
		Degraded: append(into.Degraded[:0], c.blind...),
	}
	c.counter.set(&req)
	if err := c.walk(ctx, req.Ports); err != nil {
		return fmt.Errorf("count connections: %w", err)
	}
	c.fill(req.Top, into)
	var err error
	if into.TimeWait, err = c.here.TimeWait(); err != nil {
		into.Degraded = append(into.Degraded, timeWaitUnknown(err))
	}
	into.At, into.Cost = began, clock.spent()
	return nil
}

// check holds a request, which may come from another process, against what
// the counter relies on.
func check(req *port.ConnectionsRequest) error {
	for i := 1; i < len(req.Ports); i++ {
		if req.Ports[i-1] >= req.Ports[i] {
			return fmt.Errorf("ports are not in ascending order: %d, %d", req.Ports[i-1], req.Ports[i])
		}
	}
	for i, p := range req.Clients {
		if i > 0 && req.Clients[i-1] >= p {
			return fmt.Errorf("ports of clients are not in ascending order: %d, %d", req.Clients[i-1], p)
		}
		if _, ok := slices.BinarySearch(req.Ports, p); !ok {
			return fmt.Errorf("clients of port %d are asked for, but not its connections", p)
		}
	}
	return nil
}

func (c *connections) walk(ctx context.Context, ports []uint16) error {
	c.counter.Begin()
	switch {
	case len(ports) == 0:
		return nil
	case c.conn == nil:
		return visitTables(ctx, c.here, "", port.TCP, c.counter.onRow)
	}
	q := sockdiag.Query{Protocol: sockdiag.TCP, States: counted(), Ports: ports}
	return c.conn.Walk(ctx, q, c.counter)
}

// fill puts what was counted into the answer.
func (c *connections) fill(top int, into *port.Connections) {
	clients, blurred := c.counter.clients.sorted(), false
	for i, p := range c.counter.ports {
		t := &c.counter.tallies[i]
		into.Ports = append(into.Ports,
			port.PortCount{Port: p, Family: port.IPv4, Counts: t.v4},
			port.PortCount{Port: p, Family: port.IPv6, Counts: t.v6})
		if t.crowd < 0 {
			continue
		}
		crowd := &c.counter.clients.crowds[t.crowd]
		into.Clients = extend(into.Clients)
		answer := &into.Clients[t.crowd]
		answer.Port = p
		crowd.describe(answer, clients[:crowd.present], top, t.v4.Established+t.v6.Established)
		clients, blurred = clients[crowd.present:], blurred || crowd.taken > 0
	}
	if blurred {
		into.Degraded = append(into.Degraded, clientsBlurred())
	}
}

// extend lengthens s by one, reusing the memory of an earlier answer.
func extend(s []port.Clients) []port.Clients {
	s = slices.Grow(s, 1)[:len(s)+1]
	last := &s[len(s)-1]
	*last = port.Clients{Top: last.Top[:0]}
	return s
}
