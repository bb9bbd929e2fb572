package procfs

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// A tree is a proc file system made by hand, of the initial PID namespace.
type tree struct {
	*FS
	t testing.TB
}

func newTree(t testing.TB) tree {
	t.Helper()
	p := tree{New(t.TempDir()), t}
	p.file("stat", "btime 1700000000\n")
	p.file("2/stat", "2 (kthreadd) S 0 0 0 0 -1 2129984 0 0 0 0 0 0 0 0 20 0 1 0 24\n")
	p.file("self/status", "CapEff:\t000001ffffffffff\n")
	return p
}

func (p tree) file(name, text string) { p.t.Helper(); write(p.t, p.root, name, text) }

func (p tree) link(name, target string) {
	p.t.Helper()
	path := filepath.Join(p.root, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		p.t.Fatal(err)
	}
	if err := os.RemoveAll(path); err != nil {
		p.t.Fatal(err)
	}
	if err := os.Symlink(target, path); err != nil {
		p.t.Fatal(err)
	}
}

func (p tree) remove(name string) {
	p.t.Helper()
	if err := os.RemoveAll(filepath.Join(p.root, name)); err != nil {
		p.t.Fatal(err)
	}
}

// process makes a process of user 1001 that holds sockets from descriptor 3 on.
func (p tree) process(pid, ppid int, comm string, start uint64, inodes ...uint64) {
	p.t.Helper()
	dir := fmt.Sprint(pid)
	p.file(dir+"/stat", fmt.Sprintf("%d (%s) S %d %d 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0\n", pid, comm, ppid, pid, start))
	p.file(dir+"/status", "Uid:\t0\t1001\t0\t0\n")
	p.file(dir+"/cgroup", "0::/system.slice/"+comm+".service\n")
	p.link(dir+"/exe", "/usr/sbin/"+comm)
	p.remove(dir + "/fd")
	p.link(dir+"/fd/0", "/dev/null")
	for i, inode := range inodes {
		p.link(fmt.Sprintf("%s/fd/%d", dir, i+3), fmt.Sprintf("socket:[%d]", inode))
	}
}

func (p tree) owners(opts OwnersOptions) *Owners {
	opts.Passwd = "testdata/passwd"
	return NewOwners(p.FS, opts)
}

// eager returns an Owners that scans in every pass.
func (p tree) eager() *Owners { return p.owners(OwnersOptions{Budget: 1e9, Rescan: 1}) }
