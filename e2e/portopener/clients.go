package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/netip"
	"sync"
	"time"

	"golang.org/x/sys/unix"
)

// Clients holds the connecting side. All methods are safe for concurrent use.
type Clients struct {
	log     *slog.Logger
	network string
	timeout time.Duration
	routes  []route

	mu   sync.Mutex
	held []net.Conn
	next int
}

// route is one way to the server: from a source (the zero Addr lets the
// kernel choose) to a target.
type route struct {
	source netip.Addr
	target netip.AddrPort
}

// newClients prepares clients for a server on port; it opens none.
func newClients(o Options, port uint16, log *slog.Logger) *Clients {
	c := &Clients{log: log, network: "tcp", timeout: o.Timeout, routes: routes(o, port)}
	if o.UDP {
		c.network = "udp"
	}
	return c
}

// routes alternates between the IP versions and, within each, between the
// sources: every target gets an equal share.
func routes(o Options, port uint16) []route {
	targets := o.targets()
	turns := 1
	for _, target := range targets {
		turns = max(turns, len(o.sourcesFor(target)))
	}
	var all []route
	for turn := range turns {
		for _, target := range targets {
			r := route{target: netip.AddrPortFrom(target, port)}
			if sources := o.sourcesFor(target); len(sources) > 0 {
				r.source = sources[turn%len(sources)]
			}
			all = append(all, r)
		}
	}
	return all
}

// Open opens n more connections, one after the other: two at a time could
// overrun a short accept queue and look connected from this side only. On an
// error those already open stay; the error says how many they are.
func (c *Clients) Open(n int) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	for i := range n {
		conn, err := c.dial(c.routes[c.next%len(c.routes)])
		if err != nil {
			return explainDial(fmt.Errorf("opened %d of %d connections: %w", i, n, err))
		}
		c.next++
		c.held = append(c.held, conn)
	}
	c.log.Debug("clients opened", "opened", n, "held", len(c.held))
	return nil
}

func (c *Clients) dial(r route) (net.Conn, error) {
	d := net.Dialer{Timeout: c.timeout, KeepAlive: -1}
	if r.source.IsValid() {
		d.LocalAddr = net.TCPAddrFromAddrPort(netip.AddrPortFrom(r.source, 0))
		if c.network == "udp" {
			d.LocalAddr = net.UDPAddrFromAddrPort(netip.AddrPortFrom(r.source, 0))
		}
		d.Control = shareSourcePorts
	}
	return d.Dial(c.network, r.target.String())
}

// Held is the number of connections that the clients hold.
func (c *Clients) Held() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.held)
}

// Close closes every connection and returns how many there were.
func (c *Clients) Close() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := len(c.held)
	for _, conn := range c.held {
		conn.Close()
	}
	c.held = nil
	return n
}

func explainDial(err error) error {
	var netErr net.Error
	switch {
	case errors.As(err, &netErr) && netErr.Timeout():
		return hint(err, "the accept queue may be full: raise --backlog or net.core.somaxconn, or leave --accept=false out")
	case errors.Is(err, unix.EMFILE):
		return hint(err, "each connection takes two descriptors: start several portopeners with --reuseport")
	case errors.Is(err, unix.EADDRNOTAVAIL):
		return hint(err, "out of source ports, or not an address of this machine: spread the clients with --clients-from")
	}
	return err
}
