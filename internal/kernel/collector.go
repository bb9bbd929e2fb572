package kernel

import (
	"cmp"
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

// A collector gathers the listening sockets of one network namespace. It is
// made by newCollector.
type collector struct {
	sockets []port.Socket
	marks   []mark // of those that netlink told
	netns   uint64
	proto   port.Proto
	state   sockdiag.State // that of the sockets wanted
	begun   [2]int         // how many sockets and marks there were when the walk under way began
	devices deviceNames
	conn    *sockdiag.Conn
	onRow   func(*procfs.Row) // visitRow, made once: a method value costs an allocation
}

func newCollector() *collector {
	c := &collector{}
	c.onRow = c.visitRow
	return c
}

// A site is where the sockets of one namespace are read.
type site struct {
	conn    *sockdiag.Conn // nil for /proc alone
	procUDP bool           // UDP from /proc all the same: the kernel's sock_diag lacks it
	proc    *procfs.FS
	dir     string // of a process in the namespace, below proc
}

// gather appends the sockets of a namespace to sockets and returns them all.
func (c *collector) gather(ctx context.Context, s site, netns uint64, sockets []port.Socket) ([]port.Socket, error) {
	c.sockets, c.marks, c.netns, c.conn = sockets, c.marks[:0], netns, s.conn
	for _, proto := range [...]port.Proto{port.TCP, port.UDP} {
		if err := c.gatherOf(ctx, s, proto); err != nil {
			return sockets, err
		}
	}
	return c.sockets, nil
}

func (c *collector) gatherOf(ctx context.Context, s site, proto port.Proto) error {
	c.proto, c.state, c.begun = proto, sockdiag.Listen, [2]int{len(c.sockets), len(c.marks)}
	kind := sockdiag.TCP
	if proto == port.UDP {
		c.state = sockdiag.Closed // unconnected: it takes packets from anybody
		kind = sockdiag.UDP
	}
	if s.conn == nil || s.procUDP && proto == port.UDP {
		return visitTables(ctx, s.proc, s.dir, proto, c.onRow)
	}
	return s.conn.Walk(ctx, sockdiag.Query{Protocol: kind, States: sockdiag.StatesOf(c.state), Memory: true}, c)
}

// visitTables visits the rows of a protocol's tables, IPv4's and then IPv6's,
// below the directory of a process.
func visitTables(ctx context.Context, proc *procfs.FS, dir string, proto port.Proto, visit func(*procfs.Row)) error {
	for _, v6 := range [...]bool{false, true} {
		if err := ctx.Err(); err != nil {
			return err
		}
		table := tableOf(proto, v6)
		if dir != "" {
			table = dir + "/" + table
		}
		err := proc.Table(table, visit)
		if v6 && errors.Is(err, fs.ErrNotExist) {
			return nil // a kernel without IPv6
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// tableOf returns the table of a protocol's sockets, below the directory of a
// process.
func tableOf(proto port.Proto, v6 bool) string {
	switch {
	case proto == port.TCP && v6:
		return "net/tcp6"
	case proto == port.TCP:
		return "net/tcp"
	case v6:
		return "net/udp6"
	}
	return "net/udp"
}

// Begin implements sockdiag.Visitor: a walk that starts over takes back what
// it gathered.
func (c *collector) Begin() {
	c.sockets, c.marks = c.sockets[:c.begun[0]], c.marks[:c.begun[1]]
}

// Visit implements sockdiag.Visitor.
func (c *collector) Visit(s *sockdiag.Socket) {
	socket := c.socket(s.LocalPort, s.UID, uint64(s.Inode))
	local := s.Local()
	socket.Bind.Addr, socket.Bind.Family, socket.Bind.Scope = local, port.FamilyOf(local), port.ScopeOf(local)
	socket.Bind.V6Only = s.V6Only()
	if s.Interface != 0 {
		socket.Bind.Interface = c.devices.name(c.conn, c.netns, s.Interface)
	}
	socket.Bind.Queue.Drops, socket.Bind.Queue.Known = s.Drops()
	if c.proto == port.TCP {
		socket.Bind.Queue.Length, socket.Bind.Queue.Limit = s.RQueue, s.WQueue
		socket.Bind.Queue.Full = s.RQueue > s.WQueue
	}
	c.sockets = append(c.sockets, socket)
	c.marks = append(c.marks, mark{s.Cookie, uint64(s.Inode)})
}

func (c *collector) visitRow(row *procfs.Row) {
	if sockdiag.State(row.State) != c.state {
		return
	}
	socket := c.socket(row.Local.Port(), row.UID, row.Inode)
	local := row.Local.Addr().Unmap()
	socket.Bind.Addr, socket.Bind.Family, socket.Bind.Scope = local, port.FamilyOf(local), port.ScopeOf(local)
	if c.proto == port.UDP {
		socket.Bind.Queue.Drops, socket.Bind.Queue.Known = row.Drops, true
	} else {
		socket.Bind.Queue.Length = row.RxQueue
	}
	c.sockets = append(c.sockets, socket)
}

func (c *collector) socket(number uint16, uid uint32, inode uint64) port.Socket {
	return port.Socket{Proto: c.proto, Port: number, UID: uid, NetNS: c.netns, Bind: port.Bind{Inode: inode}}
}

// tidy sorts sockets and drops those that a walk showed twice because the
// table moved under it.
func tidy(sockets []port.Socket) []port.Socket {
	slices.SortFunc(sockets, func(a, b port.Socket) int {
		return cmp.Or(
			cmp.Compare(a.Proto, b.Proto),
			cmp.Compare(a.Port, b.Port),
			a.Bind.Addr.Compare(b.Bind.Addr),
			cmp.Compare(a.NetNS, b.NetNS),
			cmp.Compare(a.Bind.Inode, b.Bind.Inode),
		)
	})
	return slices.CompactFunc(sockets, func(a, b port.Socket) bool {
		return a.Bind.Inode == b.Bind.Inode && a.Bind.Inode != 0 && a.NetNS == b.NetNS && a.Proto == b.Proto
	})
}
