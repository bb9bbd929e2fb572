package kernel

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// startElsewhere starts a process that listens in a network namespace of its
// own.
func startElsewhere(t testing.TB, addresses ...string) *player {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making a network namespace needs CAP_SYS_ADMIN")
	}
	return start(t, "listen", &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET}, addresses...)
}

// elsewhere returns the sockets on a port outside of the own namespace.
func elsewhere(t *testing.T, r *Reader, number string) []port.Socket {
	t.Helper()
	r.listeners.others.lookAt = time.Time{} // look around now
	var all port.Listening
	if err := r.Listeners(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	if source := r.source; source == Netlink && slices.ContainsFunc(all.Degraded, func(d port.Degraded) bool { return d.Code == "netns" }) {
		t.Errorf("root sees all, yet: %+v", all.Degraded)
	}
	return slices.DeleteFunc(all.Sockets, func(s port.Socket) bool {
		return s.NetNS == all.NetNS || strconv.Itoa(int(s.Port)) != number
	})
}

func TestListenersOfOtherNamespaces(t *testing.T) {
	readers := map[string]*Reader{Netlink: open(t, Options{Source: Netlink}), Procfs: open(t, Options{Source: Procfs})}
	home := inodeOf("/proc/thread-self/ns/net")
	p := startElsewhere(t, "0.0.0.0:0")
	number := strings.TrimSpace(p.line)
	pid := p.cmd.Process.Pid
	netns := inodeOf(fmt.Sprintf("/proc/%d/ns/net", pid))
	for source, r := range readers {
		got := elsewhere(t, r, number)
		if len(got) != 1 {
			t.Fatalf("%s: port %s in %d: %+v", source, number, netns, got)
		}
		if s := got[0]; s.NetNS != netns || s.Bind.Queue.Known != (source == Netlink) || !slices.Equal(s.Owner.PIDs, []int{pid}) {
			t.Errorf("%s: %+v, want namespace %d, pid %d", source, s, netns, pid)
		}
		if inodeOf("/proc/thread-self/ns/net") != home {
			t.Fatal("the caller's thread was left in another namespace")
		}
	}
	p.end()
	for source, r := range readers {
		if got := elsewhere(t, r, number); len(got) != 0 {
			t.Errorf("%s: the namespace is gone, its listener is not: %+v", source, got)
		}
	}
}

// TestTravellersComeHome reads another namespace many times and looks for a
// thread that stayed there.
func TestTravellersComeHome(t *testing.T) {
	p := startElsewhere(t, "0.0.0.0:0")
	abroad := inodeOf(fmt.Sprintf("/proc/%d/ns/net", p.cmd.Process.Pid))
	r := open(t, Options{Source: Netlink})
	var into port.Listening
	for range 50 {
		if err := r.Listeners(t.Context(), &into); err != nil {
			t.Fatal(err)
		}
	}
	threads, err := filepath.Glob("/proc/self/task/*/ns/net")
	if err != nil || len(threads) == 0 {
		t.Fatal(threads, err)
	}
	for _, thread := range threads {
		if inodeOf(thread) == abroad {
			t.Errorf("%s stayed there", thread)
		}
	}
}

// TestManyNamespacesTakeTurns checks the order of visits: the new ones all,
// the others as far as the allowance goes, none left out in the long run.
func TestManyNamespacesTakeTurns(t *testing.T) {
	n := &namespaces{}
	for i := range 5 {
		n.all = append(n.all, &namespace{table: uint64(i), visited: i != 3})
	}
	tests := []struct {
		turn int
		want []uint64
	}{
		{0, []uint64{3, 0, 1, 2, 4}},
		{2, []uint64{3, 2, 4, 0, 1}},
	}
	for _, tt := range tests {
		n.turn = tt.turn
		n.lineUp()
		var got []uint64
		for _, ns := range n.line {
			got = append(got, ns.table)
		}
		if !slices.Equal(got, tt.want) {
			t.Errorf("turn %d: %v, want %v", tt.turn, got, tt.want)
		}
	}
}

func TestMeetTellsNamespacesApart(t *testing.T) {
	first, second := startElsewhere(t, "0.0.0.0:0"), startElsewhere(t, "0.0.0.0:0")
	r := open(t, Options{})
	n := r.listeners.others
	n.look(time.Now())
	met := map[int]*namespace{}
	for _, ns := range n.all {
		met[ns.pid] = ns
	}
	a, b := met[first.cmd.Process.Pid], met[second.cmd.Process.Pid]
	if a == nil || b == nil || a.inode == b.inode || a.inode == 0 || b.inode == 0 || a.table == b.table {
		t.Fatalf("two namespaces are %+v and %+v", a, b)
	}
	// Another namespace with the number of an old one must be visited anew.
	a.inode, a.visited = 4711, true
	n.look(time.Now())
	if a.visited || a.inode == 4711 {
		t.Errorf("taken for the one before: %+v", a)
	}
	// One that shows itself later stays what its sockets were shown under.
	b.id, b.inode, b.read = b.table, 0, true
	n.look(time.Now())
	if b.id != b.table || b.inode == 0 {
		t.Errorf("its sockets change their identity: %+v", b)
	}
	first.end()
	n.look(time.Now())
	if slices.Contains(n.all, a) || n.byTable[a.table] == a || !slices.Contains(n.all, b) {
		t.Errorf("a namespace without processes is still known")
	}
}

// TestProcessThatMovedTellsNothing has a pid that now stands in another
// namespace, as when it was given to another process.
func TestProcessThatMovedTellsNothing(t *testing.T) {
	first, second := startElsewhere(t, "0.0.0.0:8500"), startElsewhere(t, "0.0.0.0:8501")
	for _, source := range sources {
		r := open(t, Options{Source: source})
		n := r.listeners.others
		if err := r.Listeners(t.Context(), new(port.Listening)); err != nil {
			t.Fatal(err)
		}
		ns := n.byTable[tableInode(first)]
		if ns == nil || len(ns.sockets) != 1 || ns.sockets[0].Port != 8500 {
			t.Fatalf("%s: %+v", source, ns)
		}
		ns.pid = second.cmd.Process.Pid
		n.lookAt, n.visitor.allowance.left = time.Now().Add(time.Hour), mostAllowance
		again := n.visitor.each(t.Context(), []*namespace{ns})
		if again != 1 || ns.err != nil || len(ns.sockets) != 1 || ns.sockets[0].Port != 8500 {
			t.Errorf("%s: visited %d, now %+v", source, again, ns)
		}
	}
}
