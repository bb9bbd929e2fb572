package board

import (
	"cmp"
	"net/netip"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// Schema names the shape of every report; it changes when a field goes or
// changes its meaning, not when one is added.
const Schema = "portreeve/v1"

// A Report is the envelope around everything that is told as JSON, by the API
// and by the commands alike.
type Report[T any] struct {
	Schema     string          `json:"schema"`
	Host       string          `json:"host"`
	Time       time.Time       `json:"time"` // when the kernel was asked for the items
	Generation uint64          `json:"generation"`
	Degraded   []port.Degraded `json:"degraded"` // what could not be seen, and why
	Items      []T             `json:"items"`
}

// NewConnectionsReport is NewReport for what was counted: its time is that of
// the count, which may be older than the last look.
func NewConnectionsReport[T any](v *View, items []T) Report[T] {
	r := NewReport(v, items)
	r.Time = v.Look.ConnectionsAt
	return r
}

// NewReport puts items in v's envelope.
func NewReport[T any](v *View, items []T) Report[T] {
	r := Report[T]{Schema, v.Machine.Host, v.Look.ListenersAt, v.Generation, v.Degraded, items}
	if r.Degraded == nil {
		r.Degraded = []port.Degraded{}
	}
	if r.Items == nil {
		r.Items = []T{}
	}
	return r
}

// A PortConnections is who is connected to one TCP port.
type PortConnections struct {
	Protocol  port.Proto   `json:"protocol"`
	Port      uint16       `json:"port"`
	Listening bool         `json:"listening"` // false for a watched port that nobody holds
	Watched   bool         `json:"watched"`   // named by the user
	Service   foreign.Text `json:"service"`
	Total     port.Counts  `json:"total"`
	IPv4      port.Counts  `json:"ipv4"`
	IPv6      port.Counts  `json:"ipv6"`
	Clients   port.Clients `json:"clients"`
	History   []uint32     `json:"history"` // most established connections per minute, the present one last
}

// ConnectionsByPort tells who is connected to each counted port, ascending. A
// port of other than zero picks one.
func (v *View) ConnectionsByPort(only uint16) []PortConnections {
	byPort := map[uint16]*PortConnections{}
	var out []*PortConnections
	for _, c := range v.Connections {
		if only != 0 && c.Port != only {
			continue
		}
		p := byPort[c.Port]
		if p == nil {
			p = &PortConnections{Protocol: port.TCP, Port: c.Port, Watched: slices.Contains(v.Watched, c.Port), History: v.History[c.Port]}
			p.Clients = port.Clients{Port: c.Port}
			byPort[c.Port] = p
			out = append(out, p)
		}
		p.add(c)
	}
	for _, c := range v.Clients {
		if p := byPort[c.Port]; p != nil {
			p.Clients = c
		}
	}
	for i := range v.Listeners {
		l := &v.Listeners[i]
		if p := byPort[l.Port]; p != nil && l.Proto == port.TCP && !l.Foreign {
			p.Listening, p.Service = true, cmp.Or(p.Service, l.Service.Name)
		}
	}
	return values(out)
}

func (p *PortConnections) add(c port.PortCount) {
	p.Total = p.Total.Plus(c.Counts)
	if c.Family == port.IPv4 {
		p.IPv4 = p.IPv4.Plus(c.Counts)
	} else {
		p.IPv6 = p.IPv6.Plus(c.Counts)
	}
}

func values[T any](ptrs []*T) []T {
	out := make([]T, len(ptrs))
	for i, p := range ptrs {
		out[i] = *p
	}
	return out
}

// A ClientConnections is one client of one port.
type ClientConnections struct {
	Port        uint16     `json:"port"`
	Client      netip.Addr `json:"client"`
	Connections uint32     `json:"connections"`
}

// ConnectionsByClient tells the busiest clients, busiest first. A port of
// other than zero picks one.
func (v *View) ConnectionsByClient(only uint16) []ClientConnections {
	var out []ClientConnections
	for _, c := range v.Clients {
		for _, t := range c.Top {
			if only == 0 || c.Port == only {
				out = append(out, ClientConnections{c.Port, t.Addr, t.Connections})
			}
		}
	}
	slices.SortFunc(out, func(a, b ClientConnections) int {
		return cmp.Or(cmp.Compare(b.Connections, a.Connections), cmp.Compare(a.Port, b.Port), a.Client.Compare(b.Client))
	})
	return out
}

// A ProcessConnections is what one service's leading process serves.
type ProcessConnections struct {
	Service foreign.Text `json:"service"`
	Process foreign.Text `json:"process"`
	PID     int          `json:"pid"`
	User    foreign.Text `json:"user"`
	Ports   []uint16     `json:"ports"`
	Total   port.Counts  `json:"total"`
}

// ConnectionsByProcess tells what each process serves, busiest first. A port
// of other than zero picks the processes on it. Where unrelated processes
// share a port, each is told all of the port's connections: the kernel does
// not say more without a look at every one of them.
func (v *View) ConnectionsByProcess(only uint16) []ProcessConnections {
	type key struct {
		service string
		pid     int
	}
	byProcess := map[key]*ProcessConnections{}
	var out []*ProcessConnections
	for i := range v.Listeners {
		l := &v.Listeners[i]
		if !l.Connections.Counted || only != 0 && l.Port != only {
			continue
		}
		k := key{service: l.Service.Key}
		if l.Owner.Leader != nil {
			k.pid = l.Owner.Leader.PID
		}
		p := byProcess[k]
		if p == nil {
			p = &ProcessConnections{Service: l.Service.Name, PID: k.pid, User: l.Owner.User}
			if l.Owner.Leader != nil {
				p.Process = l.Owner.Leader.Name
			}
			byProcess[k] = p
			out = append(out, p)
		}
		p.Ports, p.Total = append(p.Ports, l.Port), p.Total.Plus(l.Connections.Counts)
	}
	slices.SortFunc(out, func(a, b *ProcessConnections) int {
		return cmp.Or(cmp.Compare(b.Total.Established, a.Total.Established), cmp.Compare(a.PID, b.PID))
	})
	return values(out)
}

// Listing returns the rows that f picks, in order o.
func (v *View) Listing(f port.Filter, o port.Order) []port.Listener {
	return o.Sort(f.Select(v.Listeners))
}
