// Package watch asks: the kernel about its sockets ([Ports]) and the world
// about its services ([Checks]), each on its own schedule. It judges what it
// hears and passes on what moved. It never waits for those it tells: they
// queue for themselves.
//
// A check goes from the timetable, which the wheel turns, to a place among the
// probes that may run at once; its answer through two doubts, the heart's and
// the canary's, to its Tracker; and what that believes to the sink, the recorder
// and the alarms about ourselves.
//
// What is recorded is enough to go on with after a restart: the newest change of
// a check says what was believed of it and in which circumstances
// ([Checks.Recall]), and what listened is remembered beside ([PortMemory]).
package watch

import (
	"context"
	"net/netip"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
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

// A CheckSink takes what is believed of checks. It is called from many
// goroutines, for one check from one at a time and in order, and returns at
// once.
type CheckSink interface {
	// Check takes what is believed after a result; after the check was added,
	// changed, paused or resumed; when a maintenance begins or ends, a parent has
	// gone down or come back; and when the result has become old. The state is the
	// sink's to keep.
	Check(st *health.State)
	// Uncheck takes that a check is no more.
	Uncheck(name string)
}

// A Canary knows whether this machine can hear at all.
type Canary interface {
	// Excuse looks into why an address was silent. It returns the reason and the
	// evidence when that was our own fault, such as a carrier that is lost or a
	// gateway that is silent, and "" when we are well, or cannot say that we are
	// not. It takes a second at most, and answers many who ask together with
	// one look.
	Excuse(ctx context.Context, silent netip.Addr) (health.Reason, foreign.Text)
}
