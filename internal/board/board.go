// Package board is the read model: what is true now. Facts and judgements flow
// in ([Board.Ports], [Board.Check], [Board.Record]); pages, API, metrics and
// tables read one immutable [View] at a time and nothing else.
//
// Every View has a generation number that grows exactly when something a
// reader could see has changed, so an unchanged poll costs nothing.
package board

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/port"
)

// MaxRecent bounds the events that a View carries for the timeline.
const MaxRecent = 500

// A Board holds the present View. It is safe for concurrent use: readers never
// wait, writers take turns.
type Board struct {
	view atomic.Pointer[View]

	mu      sync.Mutex    // taken by writers
	changed chan struct{} // closed at the next generation
	history history
	checks  checkTable
	behind  atomic.Bool // the View's Checks are not those of the table
}

// New returns a board that knows nothing but the machine it stands on and
// since when it watches.
func New(m port.Machine, started time.Time) *Board {
	b := &Board{changed: make(chan struct{}), checks: checkTable{places: map[string]int{}}}
	v := View{Machine: m, StartedAt: started, PortEvents: map[port.EventKind]uint64{}}
	for _, kind := range port.EventKinds() {
		v.PortEvents[kind] = 0
	}
	b.view.Store(&v)
	return b
}

// View returns what is true now. It must not be modified.
func (b *Board) View() *View {
	if b.behind.Load() {
		b.catchUp()
	}
	return b.view.Load()
}

// Changed returns a channel that is closed when the board moves on from v.
func (b *Board) Changed(v *View) <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.view.Load().Generation != v.Generation {
		done := make(chan struct{})
		close(done)
		return done
	}
	return b.changed
}

// Ports takes a new look at the machine's ports: the snapshot, and the rows
// folded from it with their memory. Both become the board's.
func (b *Board) Ports(s port.Snapshot, rows []port.Listener) {
	b.update(func(v *View) {
		v.Machine, v.Watched, v.Listeners = s.Machine, s.Watched, rows
		v.Ephemeral, v.Source, v.NetNS = s.Listening.Ephemeral, s.Listening.Source, s.Listening.NetNS
		v.Connections, v.Clients, v.TimeWait = s.Connections.Ports, s.Connections.Clients, s.Connections.TimeWait
		v.Degraded = slices.Concat(s.Listening.Degraded, s.Connections.Degraded)
		v.History = b.history.add(s.Connections)
		v.look(&s)
		v.ports = sumPorts(v)
	})
}

// Look notes that the machine was looked at and nothing a reader could see had
// changed but the times: no new generation.
func (b *Board) Look(s port.Snapshot) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := *b.view.Load()
	next.look(&s)
	next.TimeWait = s.Connections.TimeWait
	b.view.Store(&next)
}

// Record takes entries that the journal has kept, in order.
func (b *Board) Record(entries ...event.Recorded) {
	b.update(func(v *View) {
		v.PortEvents = maps.Clone(v.PortEvents)
		for i := range entries {
			if p := entries[i].Port; p != nil {
				v.PortEvents[p.Kind]++
			}
		}
		v.keep(slices.Concat(v.Recent, entries), MaxRecent+1)
	})
}

// Recall seeds the timeline with entries from before this run; they do not
// count as events of it. Name as many as there are, [MaxRecent] at most: so many
// are taken to be not all.
func (b *Board) Recall(entries []event.Recorded) {
	b.update(func(v *View) { v.keep(slices.Clone(entries), MaxRecent) })
}

// keep makes the newest of entries the View's; from crowd on some are missing.
func (v *View) keep(entries []event.Recorded, crowd int) {
	v.Recent = entries[max(0, len(entries)-MaxRecent):]
	if len(entries) >= crowd {
		v.RecentFrom = v.Recent[0].At
	}
}

// update puts a changed copy of the View in place as the next generation.
func (b *Board) update(change func(v *View)) {
	b.mu.Lock()
	defer b.mu.Unlock()
	next := *b.view.Load()
	change(&next)
	b.advance(next)
}

// advance makes next the View of a new generation. b.mu is held.
func (b *Board) advance(next View) {
	next.Generation++
	b.view.Store(&next)
	close(b.changed)
	b.changed = make(chan struct{})
}
