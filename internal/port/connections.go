package port

import (
	"net/netip"
	"time"
)

// A Counts is the number of server-side TCP connections by state. TIME_WAIT
// is left out on purpose: such a connection is over and belongs to nobody.
type Counts struct {
	Established uint32 `json:"established"` // accepted by the server
	Unaccepted  uint32 `json:"unaccepted"`  // in the accept queue: the kernel shows them without an inode
	SynRecv     uint32 `json:"syn_recv"`
	FinWait1    uint32 `json:"fin_wait1"`
	FinWait2    uint32 `json:"fin_wait2"`
	CloseWait   uint32 `json:"close_wait"`
	LastAck     uint32 `json:"last_ack"`
	Closing     uint32 `json:"closing"`
}

// States lists the names of the fields of Counts, in their order.
func States() []string {
	return []string{"established", "unaccepted", "syn_recv", "fin_wait1", "fin_wait2", "close_wait", "last_ack", "closing"}
}

// ByState returns the counts in the order of [States].
func (c Counts) ByState() [8]uint32 {
	return [8]uint32{c.Established, c.Unaccepted, c.SynRecv, c.FinWait1, c.FinWait2, c.CloseWait, c.LastAck, c.Closing}
}

// Plus returns the sum of two counts, state by state.
func (c Counts) Plus(d Counts) Counts {
	return Counts{
		c.Established + d.Established, c.Unaccepted + d.Unaccepted, c.SynRecv + d.SynRecv, c.FinWait1 + d.FinWait1,
		c.FinWait2 + d.FinWait2, c.CloseWait + d.CloseWait, c.LastAck + d.LastAck, c.Closing + d.Closing,
	}
}

// A PortCount is the number of connections of one family on one local port,
// in the observer's own network namespace.
type PortCount struct {
	Port   uint16 `json:"port"`
	Family Family `json:"family"`
	Counts
}

// A Client is one client address and the established connections it holds.
type Client struct {
	Addr        netip.Addr `json:"addr"`
	Connections uint32     `json:"connections"`
}

// Clients is who is connected to one port, by address, established
// connections only: what per-client limits count.
type Clients struct {
	Port     uint16 `json:"port"`
	Distinct int    `json:"distinct"`
	// Error bounds every number here from above when there were more clients
	// than memory was set aside for: a count may be too high by at most Error,
	// and Distinct is then a lower bound. Zero means exact.
	Error uint32   `json:"error,omitempty"`
	Top   []Client `json:"top"`   // busiest first, then by address
	Other uint32   `json:"other"` // connections of the clients that are not in Top
}

// A ConnectionsRequest asks for one count of connections.
type ConnectionsRequest struct {
	Ports   []uint16 `json:"ports"`   // local ports to count, ascending, without repeats; nil counts none
	Clients []uint16 `json:"clients"` // those among them whose clients are wanted
	Top     int      `json:"top"`     // clients to name per port
}

// A Connections is one count of server-side connections. Every requested port
// has a PortCount for both families, zero when nobody is connected.
type Connections struct {
	At       time.Time     `json:"at"` // when it was counted
	Ports    []PortCount   `json:"ports"`
	Clients  []Clients     `json:"clients"`
	TimeWait uint32        `json:"time_wait"` // of the whole machine, from sockstat
	Cost     time.Duration `json:"cost"`      // CPU time spent, kernel included
	Degraded []Degraded    `json:"degraded,omitempty"`
}

// Count returns the connections on p over both families.
func (c *Connections) Count(p uint16) (Counts, bool) {
	var sum Counts
	found := false
	for i := range c.Ports {
		if c.Ports[i].Port == p {
			sum, found = sum.Plus(c.Ports[i].Counts), true
		}
	}
	return sum, found
}

// ClientsOf returns the clients of p.
func (c *Connections) ClientsOf(p uint16) (Clients, bool) {
	for i := range c.Clients {
		if c.Clients[i].Port == p {
			return c.Clients[i], true
		}
	}
	return Clients{}, false
}

// A Closure tells that a listening socket is gone.
type Closure struct {
	Proto Proto  `json:"proto"`
	Port  uint16 `json:"port"`
	Inode uint64 `json:"inode"` // 0 when the kernel did not say
}
