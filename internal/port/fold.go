package port

import (
	"cmp"
	"fmt"
	"hash/fnv"
	"slices"
)

// Fold makes one row per service port of a snapshot's sockets, sorted by port,
// protocol and id. Sockets become one row when they are on the same port, in
// the same namespace, of the same service, and either share a process or an
// address (SO_REUSEPORT, prefork) or have no known owner. So 127.0.0.1:80 and
// [::1]:80 of two unrelated servers stay two rows.
//
// UDP sockets in the ephemeral range are left out: an unconnected UDP client
// looks like a listener there, and every name lookup would come and go.
func Fold(s *Snapshot) []Listener {
	var groups [][]Socket
	for _, part := range byService(s.Listening.Sockets, s.Listening.Ephemeral) {
		groups = append(groups, related(part)...)
	}
	rows := make([]Listener, 0, len(groups))
	taken := map[string]bool{}
	for _, g := range groups {
		rows = append(rows, fold(g, s, taken))
	}
	shareServices(rows)
	slices.SortFunc(rows, func(a, b Listener) int {
		return cmp.Or(cmp.Compare(a.Port, b.Port), cmp.Compare(a.Proto, b.Proto), cmp.Compare(a.ID, b.ID))
	})
	return rows
}

// byService parts the sockets by port and service, each part sorted by address.
func byService(sockets []Socket, ephemeral Range) [][]Socket {
	type part struct {
		Key
		service string
	}
	var order []part
	parts := map[part][]Socket{}
	for _, s := range sockets {
		if s.Proto == UDP && ephemeral.Contains(s.Port) {
			continue
		}
		k := part{Key{s.NetNS, s.Proto, s.Port}, ServiceOf(s).Key}
		if parts[k] == nil {
			order = append(order, k)
		}
		parts[k] = append(parts[k], s)
	}
	out := make([][]Socket, 0, len(order))
	for _, k := range order {
		slices.SortFunc(parts[k], byAddress)
		out = append(out, parts[k])
	}
	return out
}

// related splits one service's sockets on one port into those that belong
// together.
func related(sockets []Socket) [][]Socket {
	var groups [][]Socket
	for _, s := range sockets {
		joined := []Socket{s}
		apart := groups[:0:0]
		for _, g := range groups {
			if slices.ContainsFunc(g, func(t Socket) bool { return together(s, t) }) {
				joined = append(g, joined...)
			} else {
				apart = append(apart, g)
			}
		}
		slices.SortFunc(joined, byAddress)
		groups = append(apart, joined)
	}
	return groups
}

func byAddress(a, b Socket) int {
	return cmp.Or(a.Bind.Addr.Compare(b.Bind.Addr), cmp.Compare(a.Bind.Inode, b.Bind.Inode))
}

func together(a, b Socket) bool {
	if a.Bind.Addr == b.Bind.Addr || !a.Owner.Known || !b.Owner.Known {
		return true
	}
	return slices.ContainsFunc(a.Owner.PIDs, func(pid int) bool { return slices.Contains(b.Owner.PIDs, pid) })
}

// fold makes one row of related sockets.
func fold(sockets []Socket, s *Snapshot, taken map[string]bool) Listener {
	first := sockets[0]
	l := Listener{
		Proto: first.Proto, Port: first.Port, NetNS: first.NetNS, Service: ServiceOf(first), FirstSeen: s.Listening.At,
		Foreign:   first.NetNS != s.Listening.NetNS,
		Ephemeral: s.Listening.Ephemeral.Contains(first.Port),
	}
	for _, t := range sockets {
		l.Binds = append(l.Binds, t.Bind)
		l.Scope = l.Scope.Wider(t.Bind.Scope)
		l.Queue = l.Queue.with(t.Bind.Queue)
		l.Owner = l.Owner.with(t.Owner)
	}
	l.ID = rowID(&l, taken)
	if l.Proto == TCP && !l.Foreign {
		l.Connections = traffic(&s.Connections, l.Port)
	}
	l.judge()
	return l
}

// rowID names a row by its port and service; where one service has several
// unrelated rows on a port, the later ones by address are told apart by it.
func rowID(l *Listener, taken map[string]bool) string {
	h := fnv.New32a()
	h.Write([]byte(l.Service.Key))
	if l.Foreign {
		fmt.Fprint(h, l.NetNS)
	}
	id := fmt.Sprintf("%s/%d/%08x", l.Proto, l.Port, h.Sum32())
	for i := 0; taken[id]; i++ {
		fmt.Fprint(h, l.Binds[0].Addr, i)
		id = fmt.Sprintf("%s/%d/%08x", l.Proto, l.Port, h.Sum32())
	}
	taken[id] = true
	return id
}

// with returns the queue of a row that has another socket: the fullest one's
// lengths, for each has its own, and the drops of all.
func (q Queue) with(r Queue) Queue {
	drops, full := q.Drops+r.Drops, q.Full || r.Full
	if r.Known && !q.Known || r.Full && !q.Full || r.Full == q.Full && r.Length > q.Length {
		q = r
	}
	q.Drops, q.Full = drops, full
	return q
}

// with returns the owner of a row that has another socket: all holders, led by
// the oldest leader.
func (o Owner) with(p Owner) Owner {
	if !o.Known {
		return p
	}
	if !p.Known {
		return o
	}
	pids := slices.Concat(o.PIDs, p.PIDs)
	slices.Sort(pids)
	if p.Leader != nil && (o.Leader == nil || p.Leader.StartedAt.Before(o.Leader.StartedAt)) {
		o = p
	}
	o.PIDs = slices.Compact(pids)
	return o
}

func traffic(c *Connections, p uint16) Traffic {
	counts, ok := c.Count(p)
	if !ok {
		return Traffic{}
	}
	t := Traffic{Counts: counts, Counted: true}
	if clients, ok := c.ClientsOf(p); ok {
		t.Clients, t.Top = clients.Distinct, clients.Top
		if len(t.Top) > 0 {
			t.MaxPerClient = t.Top[0].Connections
		}
	}
	return t
}

// shareServices tells each row which other ports its service holds.
func shareServices(rows []Listener) {
	ports := map[string][]uint16{}
	for i := range rows {
		if l := &rows[i]; l.Owner.Known && l.Proto == TCP {
			ports[l.Service.Key] = append(ports[l.Service.Key], l.Port)
		}
	}
	for key, p := range ports {
		slices.Sort(p)
		ports[key] = slices.Compact(p)
	}
	for i := range rows {
		l := &rows[i]
		if p := ports[l.Service.Key]; len(p) > 1 && l.Proto == TCP && l.Owner.Known {
			n := min(len(p), maxServicePorts)
			l.Service.Ports, l.Service.More = p[:n:n], len(p)-n
		}
	}
}
