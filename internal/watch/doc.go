// Package watch asks: the kernel about its sockets ([Ports]) and the world
// about its services ([Checks]), each on its own schedule. It judges what it
// hears and passes on what moved. It never waits for those it tells: they
// queue for themselves.
package watch

import (
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// A Recorder keeps what happened. It numbers the entries itself and returns at
// once.
type Recorder interface {
	Record(e event.Entry)
}

// A PortSink takes what is true of the machine's ports.
type PortSink interface {
	// Ports takes a snapshot in which something moved, and its rows. Both are
	// the sink's from then on.
	Ports(s port.Snapshot, rows []port.Listener)
	// Look takes a snapshot in which nothing moved but the times.
	Look(s port.Snapshot)
}

// A CheckSink takes what is believed of a check after each result.
type CheckSink interface {
	Check(st health.State)
}
