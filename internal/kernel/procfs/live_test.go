package procfs

import (
	"net"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// eager returns an Owners of this machine that scans in every pass.
func eager() *Owners { return NewOwners(New("/proc"), OwnersOptions{Budget: 1e9, Rescan: 1}) }

// ownerOf returns the owner of one socket.
func ownerOf(o *Owners, inode uint64) port.Owner {
	sockets := []port.Socket{socket(inode)}
	o.Resolve(sockets)
	return sockets[0].Owner
}

// known is ownerOf for a socket whose owner must be found.
func known(t *testing.T, o *Owners, inode uint64) port.Owner {
	t.Helper()
	owner := ownerOf(o, inode)
	if !owner.Known || owner.Leader == nil {
		t.Fatalf("owner of %d is unknown: %+v", inode, owner)
	}
	return owner
}

func TestOwnListener(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	owner := known(t, NewOwners(New("/proc"), OwnersOptions{}), inodeOf(t, l))
	exe, err := os.Readlink("/proc/self/exe")
	if err != nil {
		t.Fatal(err)
	}
	p := owner.Leader
	if !slices.Contains(owner.PIDs, os.Getpid()) || p.PID != os.Getpid() || p.PPID != os.Getppid() {
		t.Errorf("held by %v under %d, child of %d; want %d, child of %d", owner.PIDs, p.PID, p.PPID, os.Getpid(), os.Getppid())
	}
	if string(p.Exe) != exe || p.ExeDeleted || p.UID != uint32(os.Geteuid()) || p.Script != "" || p.Cwd != "" {
		t.Errorf("leader %+v; want %s of user %d", p, exe, os.Geteuid())
	}
	if age := time.Since(p.StartedAt); age < -time.Second || age > time.Hour {
		t.Errorf("started %v ago", age)
	}
}

func TestWorkersShareOneOwner(t *testing.T) {
	o, master := eager(), start(t, "/proc/self/exe")
	inode := uint64(master.number("listen"))
	pids := []int{master.pid()}
	if got := known(t, o, inode); !slices.Equal(got.PIDs, pids) {
		t.Fatalf("held by %v, want %v", got.PIDs, pids)
	}
	for range 3 {
		pids = append(pids, master.number("fork"))
	}
	slices.Sort(pids)
	got := known(t, o, inode)
	if !slices.Equal(got.PIDs, pids) || got.Leader.PID != master.pid() {
		t.Fatalf("held by %v under %d, want %v under %d", got.PIDs, got.Leader.PID, pids, master.pid())
	}
}

func TestVanishedMaster(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o, master := eager(), start(t, "/proc/self/exe")
	inode := uint64(master.number("listen"))
	before := known(t, o, inode)
	master.kill()
	if after := ownerOf(o, inode); after.Known || after.Reason != port.UnseenPending {
		t.Errorf("its holder is dead, yet the owner of the socket is %+v", after)
	}
	if before.Leader.PID != master.pid() {
		t.Errorf("an owner that was handed out changed: %+v", before.Leader)
	}
	if got := known(t, o, inodeOf(t, l)); got.Leader.PID != os.Getpid() {
		t.Errorf("owner %+v after another one went", got)
	}
}

func TestDeletedExecutable(t *testing.T) {
	o, dir := eager(), t.TempDir()
	path := copyOf(t, dir, "app")
	c := start(t, path)
	inode := uint64(c.number("listen"))
	if p := known(t, o, inode).Leader; string(p.Exe) != path || p.ExeDeleted {
		t.Errorf("exe %q, deleted %v; want %q", string(p.Exe), p.ExeDeleted, path)
	}
	copyOf(t, dir, "new")
	if err := os.Rename(filepath.Join(dir, "new"), path); err != nil { // as a package manager replaces it
		t.Fatal(err)
	}
	o.processes[c.pid()].due = time.Time{}
	if p := known(t, o, inode).Leader; string(p.Exe) != path || !p.ExeDeleted {
		t.Errorf("exe %q, deleted %v after it was replaced", string(p.Exe), p.ExeDeleted)
	}
}

func TestExecutableNamedDeleted(t *testing.T) {
	o, dir := eager(), t.TempDir()
	path := copyOf(t, dir, "app (deleted)")
	c := start(t, path)
	inode := uint64(c.number("listen"))
	if p := known(t, o, inode).Leader; string(p.Exe) != path || p.ExeDeleted {
		t.Errorf("exe %q, deleted %v; want %q, which is there", string(p.Exe), p.ExeDeleted, path)
	}
	for i, remove := range []func() error{
		// A second name of the file keeps its link count above 0.
		func() error { return os.Link(path, filepath.Join(dir, "other")) },
		func() error { return os.Remove(path) },
		func() error { return os.WriteFile(path, nil, 0o755) }, // a decoy
		func() error { return os.Remove(filepath.Join(dir, "other")) },
	} {
		if err := remove(); err != nil {
			t.Fatal(err)
		}
		o.processes[c.pid()].due = time.Time{}
		if p := known(t, o, inode).Leader; string(p.Exe) != path || p.ExeDeleted != (i > 0) {
			t.Errorf("step %d: exe %q, deleted %v", i, string(p.Exe), p.ExeDeleted)
		}
	}
}

func TestHostileNames(t *testing.T) {
	o, c := eager(), start(t, "/proc/self/exe")
	inode := uint64(c.number("listen"))
	for _, name := range []string{
		"a) S 1 (b", ")", "((((((((((((((", "x\ny", "\x1b[2J\x1b]0;x\a", "<img src=x>", " ", "\xff\xfe\xfd", "ends (deleted)",
	} {
		c.tell("name %q", name)
		if p := known(t, o, inode).Leader; p.Name != foreign.Text(name) || p.PID != c.pid() || p.PPID != os.Getpid() {
			t.Errorf("process named %q is %+v", name, p)
		}
	}
}

// TestNameChangesShowAtOnce must not wait for the facts to be due: the name is
// read in every pass.
func TestNameChangesShowAtOnce(t *testing.T) {
	o, c := NewOwners(New("/proc"), OwnersOptions{}), start(t, "/proc/self/exe")
	inode := uint64(c.number("listen"))
	before := known(t, o, inode).Leader
	c.tell("name %q", "renamed")
	after := known(t, o, inode).Leader
	if after.Name != "renamed" || before.Name == "renamed" || !before.Same(after) {
		t.Errorf("before %+v, after %+v", before, after)
	}
}

func TestInterpretersScript(t *testing.T) {
	dir := t.TempDir()
	c := start(t, copyOf(t, dir, "node"), "-r", "trace.js", "server.js", "--token=hunter2")
	owner := known(t, eager(), uint64(c.number("listen")))
	here, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	if p := owner.Leader; p.Script != "server.js" || string(p.Cwd) != here {
		t.Errorf("script %q in %q; want server.js in %q", string(p.Script), string(p.Cwd), here)
	}
}

func TestExecutionOfAnotherProgram(t *testing.T) {
	o, dir := eager(), t.TempDir()
	next := copyOf(t, dir, "python3")
	c := start(t, "/proc/self/exe")
	inode := uint64(c.number("listen"))
	before := known(t, o, inode).Leader
	c.tell("exec %s", next)
	after := known(t, o, inode).Leader
	if string(after.Exe) != next || after.Cwd == "" || !before.Same(after) {
		t.Errorf("after exec of %s it is %+v", next, after)
	}
}

func TestSocketWithoutAProcess(t *testing.T) {
	o := NewOwners(New("/proc"), OwnersOptions{})
	sockets := []port.Socket{socket(1 << 40), socket(0)}
	degraded := o.Resolve(sockets)
	want := port.UnseenKernel
	switch { // a machine may keep processes even from root
	case o.sight.missing != "" || o.sight.hidepid != "":
		want = port.UnseenPermission
	case o.scan.denied > 0:
		want = port.UnseenRefused
	}
	if got := sockets[0].Owner; got.Known || got.Reason != want || got.User != "root" {
		t.Errorf("a socket that nobody holds has the owner %+v", got)
	}
	if got := sockets[1].Owner; got.Known || got.Reason != port.UnseenKernel {
		t.Errorf("inode 0 has the owner %+v", got)
	}
	if (want == port.UnseenKernel) != (degraded == nil) {
		t.Errorf("degraded %v, while %d processes could not be looked into", degraded, o.scan.denied)
	}
}

// TestStarvation takes the last descriptor away: what is known stays, what is
// new is said to be unknown, and nobody is taken for dead.
func TestStarvation(t *testing.T) {
	var inodes []uint64
	for range 2 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		inodes = append(inodes, inodeOf(t, l))
	}
	a := start(t, "/proc/self/exe").answer("starve %d %d", inodes[0], inodes[1])
	if got := a.Sockets[0].Owner; !got.Known || got.Leader.PID != os.Getpid() || got.User != "root" || got.Leader.Exe == "" {
		t.Errorf("the known owner became %+v", got)
	}
	if got := a.Sockets[1].Owner; got.Known || got.Reason != port.UnseenPending {
		t.Errorf("the new owner is %+v", got)
	}
	want := []port.Degraded{{
		Code: "owners", Text: "the owner of 1 listening socket is unknown: processes cannot be read: read /proc: too many open files",
	}}
	if !slices.Equal(a.Degraded, want) {
		t.Errorf("degraded %q, want %q", a.Degraded, want)
	}
}

func TestResolveDoesNotAllocate(t *testing.T) {
	o := NewOwners(New("/proc"), OwnersOptions{})
	var sockets []port.Socket
	for range 20 {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
		sockets = append(sockets, socket(inodeOf(t, l)))
	}
	c := start(t, copyOf(t, t.TempDir(), "node"), "server.js")
	sockets = append(sockets, socket(uint64(c.number("listen"))), socket(1<<40), socket(0))
	for range 2 {
		c.number("fork")
	}
	o.Resolve(sockets)
	tests := []struct {
		name string
		pass func()
	}{
		{"confirming", func() { o.Resolve(sockets) }},
		{"reading facts again", func() {
			for _, p := range o.processes {
				p.due = time.Time{}
			}
			o.Resolve(sockets)
		}},
	}
	for _, tt := range tests {
		if n := testing.AllocsPerRun(50, tt.pass); n != 0 {
			t.Errorf("%s: %v allocations per pass", tt.name, n)
		}
	}
}

// TestChurn has processes come and go while owners are looked for. An owner
// may be unknown for a moment; it may not be wrong.
func TestChurn(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	o, ours := eager(), inodeOf(t, l)
	for round := range 25 {
		c := start(t, "/proc/self/exe")
		theirs := uint64(c.number("listen"))
		leaders, gone, done := map[int]bool{}, make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for looking := true; looking; {
				select {
				case <-gone:
					looking = false
				default:
				}
				sockets := []port.Socket{socket(ours), socket(theirs)}
				o.Resolve(sockets)
				if got := sockets[0].Owner; !got.Known || got.Leader.PID != os.Getpid() {
					t.Errorf("our own socket has the owner %+v under %+v", got, got.Leader)
				}
				if got := sockets[1].Owner; got.Known {
					leaders[got.Leader.PID] = true
				}
			}
		}()
		worker := c.number("fork")
		if round%2 == 0 {
			c.tell("name %q", "churn")
		}
		c.kill()
		close(gone)
		<-done
		delete(leaders, c.pid())
		delete(leaders, worker)
		if len(leaders) > 0 {
			t.Errorf("the socket of %d and %d was said to be led by %v", c.pid(), worker, leaders)
		}
	}
}
