package port

import (
	"reflect"
	"slices"
	"time"
)

// A Memory is what is kept of the listeners of a machine for when watching begins
// again, so that what happened meanwhile can be told. It holds the rows of the
// observer's own network namespace alone: others are seen late, or not at all
// by another user. It is plain data, immutable once it is made.
type Memory struct {
	Host     string     `json:"host"`
	BootedAt time.Time  `json:"booted_at"`
	NetNS    uint64     `json:"netns"`
	At       time.Time  `json:"at"`
	Rows     []Listener `json:"rows"` // without what [Diff] does not look at
}

// MaxRemembered is how many rows a Memory holds at most. Of a machine that has
// more nothing is remembered.
const MaxRemembered = 2000

// NewMemory returns what is worth remembering of a snapshot and its rows, nil
// when there are too many.
func NewMemory(s *Snapshot, rows []Listener) *Memory {
	m := &Memory{Host: s.Machine.Host, BootedAt: s.Machine.BootedAt, NetNS: s.Listening.NetNS, At: s.Listening.At}
	for i := range rows {
		l := &rows[i]
		if l.Foreign {
			continue
		}
		if len(m.Rows) == MaxRemembered {
			return nil
		}
		m.Rows = append(m.Rows, l.essence())
	}
	return m
}

// essence returns what is worth remembering of a row: who held it last, if it
// cannot be seen who does.
func (l *Listener) essence() Listener {
	e := Listener{ID: l.ID, Proto: l.Proto, Port: l.Port, NetNS: l.NetNS, Scope: l.Scope, Service: l.Service, FirstSeen: l.FirstSeen}
	for _, b := range l.Binds {
		e.Binds = append(e.Binds, Bind{Addr: b.Addr, Family: b.Family, Scope: b.Scope})
	}
	if t := l.holder(); t != nil {
		e.Owner, e.Service = t.owner, t.service
	}
	e.Service.Ports, e.Service.More = nil, 0
	return e
}

// Same reports whether two memories differ in their times alone. A nil one is
// like no other.
func (m *Memory) Same(n *Memory) bool {
	return m != nil && n != nil && m.Host == n.Host && m.BootedAt.Equal(n.BootedAt) && m.NetNS == n.NetNS && reflect.DeepEqual(m.Rows, n.Rows)
}

// A source says whether a row was seen in this life of the observer.
type source uint8

const (
	watched    source = iota // by the last look
	remembered               // by an observer before this one
	rebooted                 // that too, before the machine was started anew
)

// bootSlack is by how much the time of one boot may differ from look to look: it
// is read in whole seconds.
const bootSlack = 2 * time.Second

// Recall returns the rows as if the look before had been at them; ok is false
// when the memory is of another place: of another host, as when a database is
// copied, or of another network namespace of the same boot. That the machine was
// started anew, or its clock was set, does not matter: ports and services can
// be compared, but then processes cannot.
func (m *Memory) Recall(s *Snapshot) (rows []Listener, ok bool) {
	passed := s.Machine.BootedAt.Sub(m.BootedAt)
	again := passed < -bootSlack || passed > bootSlack
	if m.Host != s.Machine.Host || !again && m.NetNS != s.Listening.NetNS {
		return nil, false
	}
	rows = slices.Clone(m.Rows)
	for i := range rows {
		rows[i].NetNS = s.Listening.NetNS
		if rows[i].from = remembered; again {
			rows[i].from = rebooted
		}
	}
	return rows, true
}

// nearly reports whether two processes are one whose start was computed from two
// readings of the time of the boot.
func nearly(p, q *Process) bool {
	if p == nil || q == nil || p.PID != q.PID {
		return p == q
	}
	apart := p.StartedAt.Sub(q.StartedAt)
	return -bootSlack <= apart && apart <= bootSlack
}

// With returns the memory with what has been told since, in order: nothing is to
// be told twice. Some events from before it was made do no harm.
func (m *Memory) With(told []Event) *Memory {
	n := *m
	n.Rows = slices.Clone(m.Rows)
	for i := range told {
		if e := &told[i]; !e.Foreign {
			n.apply(e)
		}
	}
	return &n
}

// apply takes one event up.
func (m *Memory) apply(e *Event) {
	i := m.find(e)
	switch {
	case e.Kind == Closed && i >= 0:
		m.Rows = slices.Delete(m.Rows, i, i+1)
		return
	case e.Kind == Closed:
		return
	case i < 0:
		m.Rows = append(m.Rows, Listener{Proto: e.Proto, Port: e.Port})
		i = len(m.Rows) - 1
	}
	l := &m.Rows[i]
	l.ID, l.NetNS, l.Scope, l.Service = e.Listener, m.NetNS, e.Scope, e.Service
	l.Service.Ports, l.Service.More = nil, 0
	if e.Process != nil && (l.Owner.Leader == nil || !l.Owner.Leader.Same(e.Process)) {
		l.Owner = Owner{Known: true, User: e.User, Leader: e.Process, PIDs: []int{e.Process.PID}}
	}
}

// find returns the row that an event is about, -1 for none: the one with its ID,
// or, after a change of owner, the one that had the port before.
func (m *Memory) find(e *Event) int {
	i := slices.IndexFunc(m.Rows, func(l Listener) bool { return l.ID == e.Listener })
	if i >= 0 || e.Kind != OwnerChanged {
		return i
	}
	return slices.IndexFunc(m.Rows, func(l Listener) bool {
		return l.Proto == e.Proto && l.Port == e.Port && (e.Replaced == nil || l.Service.Key == e.Replaced.Key)
	})
}
