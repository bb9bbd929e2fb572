package board

import (
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// A ListenerQuery picks a part of the listeners.
type ListenerQuery struct {
	Filter port.Filter
	Order  port.Order
	After  string // where the part before ended; empty for the first
	Limit  int    // of the part
}

// Validate returns [ErrAfter] when After is no place; then so does Page.
func (q ListenerQuery) Validate() error { return validPlace(q.After, new(spot)) }

// Page returns the part of v's listeners that q asks for, where the next part
// begins, and how many listeners q picks in all, as [CheckQuery.Page] does. The
// rows are v's own.
func (q ListenerQuery) Page(v *View) (part []*port.Listener, next string, matching int, err error) {
	rows := q.Filter.Select(v.Listeners)
	matching = len(rows)
	begin := 0
	if q.After != "" {
		var after spot
		if err := decodePlace(q.After, &after); err != nil {
			return nil, "", 0, err
		}
		// The row that ended the last part, as it was then, is sorted in among
		// those of now: right behind itself, if it is still the same.
		last := after.row()
		last.ID += "\x00"
		rows = q.Order.Sort(append(slices.Clip(rows), last))
		begin = slices.IndexFunc(rows, func(l port.Listener) bool { return l.ID == last.ID })
		rows = slices.Delete(rows, begin, begin+1)
	} else {
		rows = q.Order.Sort(rows)
	}
	end := min(begin+q.Limit, len(rows))
	if end < len(rows) && end > begin {
		next = encodePlace(spotOf(&rows[end-1]))
	}
	return v.own(rows[begin:end]), next, matching, nil
}

// own returns v's rows that the copies were made of: to hold a copy of each
// would cost who answers slow readers a megabyte for each of them.
func (v *View) own(copies []port.Listener) []*port.Listener {
	byID := make(map[string]*port.Listener, len(v.Listeners))
	for i := range v.Listeners {
		byID[v.Listeners[i].ID] = &v.Listeners[i]
	}
	rows := make([]*port.Listener, 0, len(copies))
	for i := range copies {
		rows = append(rows, byID[copies[i].ID])
	}
	return rows
}

// A spot is where a listener stands in an order: everything of it that an
// order may compare.
type spot struct {
	ID          string     `json:"c"`
	Port        uint16     `json:"p"`
	State       port.State `json:"s,omitempty"`
	Scope       port.Scope `json:"b,omitempty"`
	Service     []byte     `json:"v,omitempty"` // bytes, for JSON would change what is no text
	Process     []byte     `json:"o,omitempty"`
	Owned       bool       `json:"k,omitempty"`
	Started     time.Time  `json:"u,omitzero"`
	Established uint32     `json:"n,omitempty"`
	Clients     int        `json:"m,omitempty"`
	Queue       uint32     `json:"q,omitempty"`
}

func spotOf(l *port.Listener) spot {
	s := spot{
		ID: l.ID, Port: l.Port, State: l.State, Scope: l.Scope, Service: []byte(l.Service.Name),
		Established: l.Connections.Established, Clients: l.Connections.Clients, Queue: l.Queue.Length,
	}
	if p := l.Owner.Leader; p != nil {
		s.Owned, s.Process, s.Started = true, []byte(p.Name), p.StartedAt
	}
	return s
}

// row returns a stand-in for the listener that has the spot.
func (s spot) row() port.Listener {
	l := port.Listener{ID: s.ID, Port: s.Port, State: s.State, Scope: s.Scope, Service: port.Service{Name: foreign.Text(s.Service)}}
	l.Connections.Established, l.Connections.Clients, l.Queue.Length = s.Established, s.Clients, s.Queue
	if s.Owned {
		l.Owner.Leader = &port.Process{Name: foreign.Text(s.Process), StartedAt: s.Started}
	}
	return l
}
