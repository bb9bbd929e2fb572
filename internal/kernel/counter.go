package kernel

import (
	"net/netip"
	"slices"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

// counted are the states of connections that are counted. TIME_WAIT is over
// and SYN_SENT is not the server's side.
func counted() sockdiag.States {
	return sockdiag.StatesOf(sockdiag.Established, sockdiag.SynRecv, sockdiag.FinWait1, sockdiag.FinWait2,
		sockdiag.CloseWait, sockdiag.LastAck, sockdiag.Closing)
}

// A counter counts the connections of one request as they stream by.
type counter struct {
	ports   []uint16
	tallies []tally           // of each port
	clients clientTable       // of the ports that ask for them
	onRow   func(*procfs.Row) // visitRow, made once: a method value costs an allocation
}

// A tally is what is counted for one port.
type tally struct {
	v4, v6 port.Counts
	crowd  int // index of the port in the table of clients; negative when they are not asked for
}

func newCounter() *counter {
	c := &counter{}
	c.onRow = c.visitRow
	return c
}

// set prepares for a request.
func (c *counter) set(req *port.ConnectionsRequest) {
	c.ports = append(c.ports[:0], req.Ports...)
	c.tallies = slices.Grow(c.tallies[:0], len(req.Ports))[:len(req.Ports)]
	for i, p := range req.Ports {
		crowd, ok := slices.BinarySearch(req.Clients, p)
		if !ok {
			crowd = -1
		}
		c.tallies[i].crowd = crowd
	}
	c.clients.crowds = slices.Grow(c.clients.crowds[:0], len(req.Clients))[:len(req.Clients)]
}

// Begin implements sockdiag.Visitor: it takes back what was counted.
func (c *counter) Begin() {
	for i := range c.tallies {
		c.tallies[i] = tally{crowd: c.tallies[i].crowd}
	}
	c.clients.reset()
}

// Visit implements sockdiag.Visitor.
func (c *counter) Visit(s *sockdiag.Socket) {
	c.count(s.LocalPort, s.State, s.Inode != 0, s.Remote())
}

func (c *counter) visitRow(row *procfs.Row) {
	c.count(row.Local.Port(), sockdiag.State(row.State), row.Inode != 0, row.Remote.Addr().Unmap())
}

// count counts one connection, if its port is one of those asked for.
func (c *counter) count(local uint16, state sockdiag.State, held bool, remote netip.Addr) {
	i, ok := slices.BinarySearch(c.ports, local)
	if !ok {
		return
	}
	t := &c.tallies[i]
	counts := &t.v6
	if remote.Is4() {
		counts = &t.v4
	}
	switch {
	case state == sockdiag.Established && held:
		counts.Established++
		if t.crowd >= 0 {
			c.clients.count(uint16(t.crowd), remote)
		}
	case !held && (state == sockdiag.Established || state == sockdiag.CloseWait):
		// No descriptor refers to it: the server has yet to accept it. It
		// cannot have closed it before, so a client that has is waiting too.
		counts.Unaccepted++
	default:
		if n := other(counts, state); n != nil {
			*n++
		}
	}
}

// other returns the count of a state of which a held and an unheld connection
// count the same; nil for states that are not counted.
func other(c *port.Counts, state sockdiag.State) *uint32 {
	switch state {
	case sockdiag.SynRecv:
		return &c.SynRecv
	case sockdiag.FinWait1:
		return &c.FinWait1
	case sockdiag.FinWait2:
		return &c.FinWait2
	case sockdiag.CloseWait:
		return &c.CloseWait
	case sockdiag.LastAck:
		return &c.LastAck
	case sockdiag.Closing:
		return &c.Closing
	}
	return nil
}
