package procfs

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

// brief says who an owner is in one line.
func brief(o port.Owner) string {
	if !o.Known {
		return string("unknown: " + o.Reason)
	}
	return fmt.Sprintf("%s %d of %v", o.Leader.Name, o.Leader.PID, o.PIDs)
}

func expect(t *testing.T, o *Owners, inode uint64, want string) {
	t.Helper()
	if got := brief(ownerOf(o, inode)); got != want {
		t.Errorf("socket %d: %s; want %s", inode, got, want)
	}
}

func TestOwnerOfAnOlderKernel(t *testing.T) {
	p := newTree(t)
	p.remove("stat")
	if err := os.CopyFS(p.root, os.DirFS("testdata/centos8")); err != nil {
		t.Fatal(err)
	}
	p.link("811/exe", "/usr/bin/node (deleted)")
	p.link("811/cwd", "/srv/shop")
	p.link("811/fd/18", "socket:[28412]")
	sockets := []port.Socket{{Proto: port.TCP, Port: 3000, UID: 1001, Bind: port.Bind{Inode: 28412}}}
	if degraded := p.owners(OwnersOptions{}).Resolve(sockets); degraded != nil {
		t.Errorf("degraded %v", degraded)
	}
	got := sockets[0].Owner
	want := port.Process{
		PID: 811, PPID: 1, Name: "node", Exe: "/usr/bin/node", ExeDeleted: true, Script: "/srv/shop/server.js", Cwd: "/srv/shop",
		UID: 1001, User: "deploy", StartedAt: time.Unix(1700000042, 2e8).UTC(),
	}
	if !got.Known || got.Reason != "" || got.User != "deploy" || !slices.Equal(got.PIDs, []int{811}) || got.Unit != "shop.service" || got.Container != "" {
		t.Errorf("owner %+v", got)
	}
	if *got.Leader != want {
		t.Errorf("leader\n%+v\nwant\n%+v", *got.Leader, want)
	}
}

func TestReusedPIDIsNotBelieved(t *testing.T) {
	p := newTree(t)
	p.process(100, 1, "web", 5000, 777)
	o := p.eager()
	before := known(t, o, 777)

	p.process(100, 1, "other", 9000, 777) // the new one inherited the socket, at the same descriptor
	after := known(t, o, 777)
	if after.Leader.Name != "other" || after.Unit != "other.service" || after.Leader.Same(before.Leader) {
		t.Errorf("the new process is %+v of %s", after.Leader, after.Unit)
	}
	if before.Leader.Name != "web" || before.Unit != "web.service" {
		t.Errorf("the old one became %+v", before.Leader)
	}

	p.process(100, 1, "third", 9500) // this one holds nothing
	expect(t, o, 777, "unknown: pending")
	expect(t, o, 777, "unknown: kernel")
}

// TestReusedPIDWithoutAScan is the same without a scan to help.
func TestReusedPIDWithoutAScan(t *testing.T) {
	p := newTree(t)
	p.process(100, 1, "web", 5000, 777)
	o := p.owners(OwnersOptions{Budget: 1e-9})
	expect(t, o, 777, "web 100 of [100]")
	p.process(100, 1, "web", 9000, 777)
	if got := known(t, o, 777).Leader.StartedAt; !got.Equal(time.Unix(1700000090, 0)) {
		t.Errorf("the new process started at %v", got)
	}
}

func TestHolders(t *testing.T) {
	tests := []struct {
		name  string
		build func(p tree)
		want  string
	}{
		{"nobody", func(tree) {}, "unknown: kernel"},
		{"one", func(p tree) { p.process(10, 1, "web", 100, 777) }, "web 10 of [10]"},
		{"one, twice", func(p tree) { p.process(10, 1, "web", 100, 777, 777) }, "web 10 of [10]"},
		{"somebody else's socket", func(p tree) { p.process(10, 1, "web", 100, 778) }, "unknown: kernel"},
		{"a master and workers", func(p tree) {
			p.process(30, 1, "web", 100, 777)
			p.process(8, 30, "worker", 200, 5, 777)
			p.process(40, 30, "worker", 150, 777)
		}, "web 30 of [8 30 40]"},
		{"a shell between them", func(p tree) {
			p.process(30, 1, "web", 200, 777)
			p.process(31, 30, "sh", 200)
			p.process(8, 31, "worker", 100, 777) // the clock of ticks says nothing here
		}, "web 30 of [8 30]"},
		{"orphans: the oldest", func(p tree) {
			p.process(30, 1, "young", 200, 777)
			p.process(40, 1, "old", 100, 777)
		}, "old 40 of [30 40]"},
		{"socket activation: the service speaks", func(p tree) {
			p.process(1, 0, "systemd", 1, 5, 777)
			p.file("1/cgroup", "0::/init.scope\n")
			p.process(10, 1, "web", 100, 777)
			p.process(11, 10, "web", 101, 777)
		}, "web 10 of [1 10 11]"},
		{"socket activation by a user's manager", func(p tree) {
			p.process(900, 1, "systemd", 1, 777)
			p.file("900/cgroup", "0::/user.slice/user-1000.slice/user@1000.service/init.scope\n")
			p.process(1000, 900, "web", 100, 777)
		}, "web 1000 of [900 1000]"},
		{"socket activation: the service is yet to run", func(p tree) {
			p.process(1, 0, "systemd", 1, 777)
			p.file("1/cgroup", "0::/init.scope\n")
		}, "systemd 1 of [1]"},
		{"process 1 of a container is a server like others", func(p tree) {
			p.process(1, 0, "web", 1, 777)
			p.process(10, 1, "web", 100, 777)
			p.file("1/cgroup", "0::/\n")
			p.file("10/cgroup", "0::/\n")
		}, "web 1 of [1 10]"},
		{"a zombie holds nothing", func(p tree) {
			p.process(10, 1, "web", 100, 777)
			p.file("10/stat", "10 (web) Z 1 10 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0\n")
		}, "unknown: pending"},
		{"garbage instead of a process", func(p tree) {
			p.process(10, 1, "web", 100, 777)
			p.file("10/stat", "garbage")
		}, "unknown: pending"},
		{"a process that may not be looked into further", func(p tree) {
			p.process(10, 1, "web", 100, 777)
			p.remove("10/exe")
			p.remove("10/cgroup")
		}, "web 10 of [10]"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newTree(t)
			tt.build(p)
			expect(t, p.eager(), 777, tt.want)
		})
	}
}

func TestHolderVanishes(t *testing.T) {
	p := newTree(t)
	p.process(30, 1, "web", 100, 777)
	p.process(31, 30, "worker", 110, 777)
	p.process(32, 30, "worker", 120, 777)
	o := p.owners(OwnersOptions{Budget: 1e-9}) // no scan but the first
	expect(t, o, 777, "web 30 of [30 31 32]")
	p.remove("30")
	expect(t, o, 777, "worker 31 of [31 32]")
	p.remove("31/fd/3") // closed it
	expect(t, o, 777, "worker 32 of [32]")
	p.remove("32")
	expect(t, o, 777, "unknown: pending")
}

// TestWorkerVanishes: each pass looks at the leader and one of the others.
func TestWorkerVanishes(t *testing.T) {
	p := newTree(t)
	p.process(30, 1, "web", 100, 777)
	for pid := 31; pid < 35; pid++ {
		p.process(pid, 30, "worker", 110, 777)
	}
	o := p.owners(OwnersOptions{Budget: 1e-9})
	expect(t, o, 777, "web 30 of [30 31 32 33 34]")
	p.remove("33")
	for range 5 {
		ownerOf(o, 777)
	}
	expect(t, o, 777, "web 30 of [30 31 32 34]")
}

func TestUserNamesOfOwnersFollowTheFile(t *testing.T) {
	p := newTree(t)
	p.process(30, 1, "web", 100, 777)
	p.file("passwd", "web:x:1001:::/:\nroot:x:0:::/:\n")
	o := NewOwners(p.FS, OwnersOptions{Passwd: filepath.Join(p.root, "passwd")})
	before := known(t, o, 777)
	p.file("next", "www:x:1001:::/:\nadmin:x:0:::/:\n")
	if err := os.Rename(filepath.Join(p.root, "next"), filepath.Join(p.root, "passwd")); err != nil {
		t.Fatal(err)
	}
	after := known(t, o, 777)
	if before.User != "root" || before.Leader.User != "web" || after.User != "admin" || after.Leader.User != "www" {
		t.Errorf("before %s, %s; after %s, %s", before.User, before.Leader.User, after.User, after.Leader.User)
	}
}

func TestClosedSocketsAreForgotten(t *testing.T) {
	p := newTree(t)
	o := p.eager()
	for i := range uint64(50) {
		p.process(30, 1, "web", 100, 1000+i)
		expect(t, o, 1000+i, "web 30 of [30]")
	}
	if len(o.holdings) != 1 || len(o.processes) != 1 {
		t.Errorf("%d sockets and %d processes are remembered", len(o.holdings), len(o.processes))
	}
	o.Resolve(nil)
	if len(o.holdings) != 0 || len(o.processes) != 0 {
		t.Errorf("%d sockets and %d processes are remembered of none", len(o.holdings), len(o.processes))
	}
}

func TestHugeCgroup(t *testing.T) {
	p := newTree(t)
	p.process(30, 1, "web", 100, 777)
	p.file("30/cgroup", "5:pids:/system.slice/first.service\n"+strings.Repeat("9:x:/"+strings.Repeat("y/", 2000)+"\n", 50)+"0::/last.service\n")
	if got := known(t, p.eager(), 777).Unit; got != "first.service" {
		t.Errorf("unit %q", string(got))
	}
}

func TestLongCommandLine(t *testing.T) {
	p := newTree(t)
	p.process(30, 1, "java", 100, 777)
	p.file("30/cmdline", "java\x00-cp\x00"+strings.Repeat("lib.jar:", 9000)+"\x00Main\x00")
	if got := known(t, p.eager(), 777).Leader.Script; got != "" {
		t.Errorf("script %q out of the middle of an argument", string(got.Clip(80)))
	}
}
