package port

import "slices"

// A Snapshot is all that is known of a machine's ports at one time.
type Snapshot struct {
	Machine     Machine     `json:"machine"`
	Listening   Listening   `json:"listening"`
	Connections Connections `json:"connections"`
	Watched     []uint16    `json:"watched,omitempty"` // ports that the user named
}

// Clone returns a copy that shares no slice with s that a reader of sockets
// would fill again. Owners are shared: they are never modified in place.
func (s Snapshot) Clone() Snapshot {
	s.Listening.Sockets = slices.Clone(s.Listening.Sockets)
	s.Listening.Degraded = slices.Clone(s.Listening.Degraded)
	s.Connections.Ports = slices.Clone(s.Connections.Ports)
	s.Connections.Degraded = slices.Clone(s.Connections.Degraded)
	s.Connections.Clients = slices.Clone(s.Connections.Clients)
	for i := range s.Connections.Clients {
		s.Connections.Clients[i].Top = slices.Clone(s.Connections.Clients[i].Top)
	}
	return s
}

// Same reports whether nothing that a person would see differs: all but times,
// costs, and the machine's total of TIME_WAIT, which never stands still.
func (s *Snapshot) Same(t *Snapshot) bool {
	a, b := &s.Listening, &t.Listening
	c, d := &s.Connections, &t.Connections
	return a.Source == b.Source && a.NetNS == b.NetNS && a.Ephemeral == b.Ephemeral &&
		slices.EqualFunc(a.Sockets, b.Sockets, func(x, y Socket) bool { return x.same(&y) }) &&
		slices.Equal(a.Degraded, b.Degraded) && sameMinute(c, d) &&
		slices.Equal(c.Ports, d.Ports) && slices.Equal(c.Degraded, d.Degraded) &&
		slices.EqualFunc(c.Clients, d.Clients, func(x, y Clients) bool {
			return x.Port == y.Port && x.Distinct == y.Distinct && x.Error == y.Error && x.Other == y.Other && slices.Equal(x.Top, y.Top)
		})
}

// sameMinute reports whether two counts fall into one minute of the history.
func sameMinute(c, d *Connections) bool {
	return c.At.Unix()/60 == d.At.Unix()/60
}

func (s *Socket) same(t *Socket) bool {
	return s.Proto == t.Proto && s.Port == t.Port && s.Bind == t.Bind && s.UID == t.UID && s.NetNS == t.NetNS &&
		s.Owner.same(&t.Owner)
}

func (o *Owner) same(p *Owner) bool {
	if o.Known != p.Known || o.Reason != p.Reason || o.User != p.User || o.Unit != p.Unit || o.Container != p.Container {
		return false
	}
	if !slices.Equal(o.PIDs, p.PIDs) || (o.Leader == nil) != (p.Leader == nil) {
		return false
	}
	return o.Leader == p.Leader || *o.Leader == *p.Leader
}
