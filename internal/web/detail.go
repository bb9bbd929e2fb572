package web

import (
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// A detail is what a row unfolds to: everything known of the listener.
type detail struct {
	Facts   []fact
	Sockets []socket
	Clients []port.Client
	Hidden  string // of the clients: how many are not named
	Only    string // link: this port alone
	Link    string // link: the page with this row open
	JSON    string // link: the listener in the API
}

// A fact is a name and its value, with the exact time where it is about one.
type fact struct {
	Name, Value string
	Time        moment
}

// A socket is a bound address; Count of them where SO_REUSEPORT shares it.
type socket struct {
	Addr  string
	Notes string
	Inode uint64 // the first one's
	Count int
}

// detail unfolds l.
func (c *composer) detail(l *port.Listener) *detail {
	d := &detail{
		Sockets: sockets(l.Binds, l.Port),
		Clients: l.Connections.Top,
		Only:    c.query.link(change{"filter", fmt.Sprintf("port:%d", l.Port)}, change{"page", "1"}),
		Link:    plainQuery().link(change{"filter", fmt.Sprintf("port:%d", l.Port)}, change{"open", elementID(l.ID)}),
		JSON:    apiPath + "/listeners/" + l.ID,
	}
	if hidden := l.Connections.Clients - len(d.Clients); hidden > 0 {
		d.Hidden = fmt.Sprintf("and %d clients more", hidden)
	}
	d.Facts = append(c.ownerFacts(l), c.portFacts(l)...)
	return d
}

func (c *composer) ownerFacts(l *port.Listener) []fact {
	o, p := &l.Owner, l.Owner.Leader
	if p == nil {
		return []fact{{Name: "owner", Value: unseen(o.Reason)}, {Name: "socket's user", Value: o.User.String()}}
	}
	facts := []fact{
		{Name: "process", Value: fmt.Sprintf("%s, pid %d, parent %d", p.Name, p.PID, p.PPID)},
		{Name: "executable", Value: deleted(p)},
		{Name: "script", Value: p.Script.String()},
		{Name: "directory", Value: p.Cwd.String()},
		{Name: "user", Value: p.User.String()},
		{Name: "started", Value: "", Time: at(p.StartedAt, c.now)},
		{Name: "unit", Value: o.Unit.String()},
		{Name: "container", Value: o.Container.String()},
	}
	if len(o.PIDs) > 1 {
		facts = append(facts, fact{Name: "all pids", Value: pidList(o.PIDs)})
	}
	return slices.DeleteFunc(facts, func(f fact) bool { return f.Value == "" && f.Time.Text == "" })
}

func deleted(p *port.Process) string {
	if p.ExeDeleted {
		return p.Exe.String() + " (replaced or removed since it started)"
	}
	return p.Exe.String()
}

func (c *composer) portFacts(l *port.Listener) []fact {
	facts := []fact{{Name: "first seen", Time: at(l.FirstSeen, c.now)}}
	if states := stateList(l.Connections.Counts, true); states != "" {
		facts = append(facts, fact{Name: "connections", Value: states})
	}
	if l.Queue.Known && l.Proto == port.TCP {
		facts = append(facts, fact{Name: "accept queue", Value: fmt.Sprintf("%d waiting, limit %d, %d dropped so far", l.Queue.Length, l.Queue.Limit, l.Queue.Drops)})
	}
	if l.Ephemeral {
		facts = append(facts, fact{Name: "port range", Value: "outgoing connections use it too"})
	}
	if l.Foreign {
		facts = append(facts, fact{Name: "namespace", Value: strconv.FormatUint(l.NetNS, 10)})
	}
	return facts
}

func sockets(binds []port.Bind, p uint16) []socket {
	var out []socket
	for _, b := range binds {
		s := socket{net.JoinHostPort(b.Addr.String(), strconv.Itoa(int(p))), bindNotes(b), b.Inode, 1}
		if last := len(out) - 1; last >= 0 && out[last].Addr == s.Addr && out[last].Notes == s.Notes {
			out[last].Count++
			continue
		}
		out = append(out, s)
	}
	return out
}

func bindNotes(b port.Bind) string {
	notes := strings.ReplaceAll(string(b.Scope), "_", "-")
	if b.V6Only {
		notes += ", IPv6 only"
	}
	if b.Interface != "" {
		notes += ", on " + foreign.Text(b.Interface).String()
	}
	return notes
}

func pidList(pids []int) string {
	const most = 12
	var parts []string
	for _, pid := range pids[:min(len(pids), most)] {
		parts = append(parts, strconv.Itoa(pid))
	}
	if more := len(pids) - most; more > 0 {
		parts = append(parts, fmt.Sprintf("%d more", more))
	}
	return strings.Join(parts, " ")
}
