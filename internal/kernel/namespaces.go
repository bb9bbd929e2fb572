package kernel

import (
	"context"
	"path"
	"slices"
	"strconv"
	"time"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

// A namespace is a network namespace other than our own, with the listeners
// last seen in it.
type namespace struct {
	id      uint64 // what its sockets say in NetNS: the inode, or the table if that was hidden when they were first read
	inode   uint64 // its identity; 0 where we may not ask
	table   uint64 // inode of net/tcp in it, which nobody hides and no other namespace shares
	pid     int    // a process in it, one that shows the identity if there is any
	met     bool   // at the last look around
	shown   bool   // pid shows the identity
	visited bool
	read    bool // sockets were read from it at least once
	barred  bool // we may not enter: /proc must do
	err     error
	sockets []port.Socket
}

// A namespaces knows the other network namespaces that processes live in, and
// their listeners. A namespace without a process is not found.
type namespaces struct {
	proc     *procfs.FS
	root     string // where proc is mounted
	ownInode uint64
	ownTable uint64
	all      []*namespace
	byTable  map[uint64]*namespace
	lookAt   time.Time // when to look around again
	lookErr  error
	turn     int // where in all the next visits begin
	line     []*namespace
	visitor  visitor
	meetPID  func(pid int) // meet, made once: a method value costs an allocation
	blind    blindness
}

// Looking through all processes takes at most a lookShare-th of one core.
const (
	lookShare  = 400
	minLookGap = 2 * time.Second
	maxLookGap = time.Minute
)

// newNamespaces returns a namespaces that knows none yet. The own one is that
// of the thread whose directory is here.
func newNamespaces(proc *procfs.FS, root, here string) *namespaces {
	n := &namespaces{
		proc:     proc,
		root:     root,
		ownInode: inodeOf(path.Join(here, netnsLink)),
		ownTable: inodeOf(path.Join(here, tableOf(port.TCP, false))),
		byTable:  make(map[uint64]*namespace),
		visitor:  visitor{proc: proc, root: root, conn: sockdiag.New(), collector: newCollector()},
	}
	n.meetPID = n.meet
	return n
}

// netnsLink is the link to a network namespace in the directory of a process.
const netnsLink = "ns/net"

// read appends the listeners of the other namespaces to into, and what of them
// cannot be seen. It returns the CPU time spent on another thread than the
// caller's.
func (n *namespaces) read(ctx context.Context, into *port.Listening) (time.Duration, error) {
	if !into.At.Before(n.lookAt) {
		n.look(into.At)
	}
	var elsewhere time.Duration
	if len(n.all) > 0 {
		n.lineUp()
		var again int
		again, elsewhere = n.visitor.visit(ctx, into.At, n.line)
		n.turn = (n.turn + again) % len(n.all)
	}
	for _, ns := range n.all {
		into.Sockets = append(into.Sockets, ns.sockets...)
	}
	into.Degraded = append(into.Degraded, n.blind.of(n)...)
	return elsewhere, ctx.Err()
}

// lineUp puts the namespaces in the order of the next visits: those that were
// never visited, then those whose turn it is.
func (n *namespaces) lineUp() {
	n.line = n.line[:0]
	for _, ns := range n.all {
		if !ns.visited {
			n.line = append(n.line, ns)
		}
	}
	for i := range n.all {
		if ns := n.all[(n.turn+i)%len(n.all)]; ns.visited {
			n.line = append(n.line, ns)
		}
	}
}

// look looks through all processes for namespaces, and forgets those that no
// process is in any more. A look that was cut short proves nothing about those
// it did not meet.
func (n *namespaces) look(now time.Time) {
	began := threadTime()
	for _, ns := range n.all {
		ns.met = false
	}
	n.lookErr = n.proc.PIDs(n.meetPID)
	if n.lookErr == nil {
		n.forget()
	}
	n.lookAt = now.Add(min(max(lookShare*(threadTime()-began), minLookGap), maxLookGap))
}

// forget forgets the namespaces that were not met.
func (n *namespaces) forget() {
	n.all = slices.DeleteFunc(n.all, func(ns *namespace) bool {
		if !ns.met {
			delete(n.byTable, ns.table)
		}
		return !ns.met
	})
}

// meet notes the namespace of a process. Where the link to it is hidden, the
// inode of its net/tcp tells one from another.
func (n *namespaces) meet(pid int) {
	inode, err := n.proc.NetNS(pid)
	if err == nil && inode == n.ownInode {
		return
	}
	table := inodeOf(path.Join(n.root, strconv.Itoa(pid), tableOf(port.TCP, false)))
	if table == 0 || table == n.ownTable || n.ownTable == 0 {
		return // gone meanwhile, or ours, or nobody can tell
	}
	ns := n.byTable[table]
	if ns == nil {
		ns = &namespace{id: table, table: table}
		n.byTable[table] = ns
		n.all = append(n.all, ns)
	}
	if !ns.met || !ns.shown && err == nil {
		ns.pid, ns.met, ns.shown = pid, true, err == nil
	}
	if err == nil && ns.inode != inode { // first seen, or a new one that got the number of the old
		if ns.inode != 0 || !ns.read { // else its sockets have been shown under the stand-in: they stay the same
			ns.id = inode
		}
		ns.inode, ns.visited = inode, false
	}
}
