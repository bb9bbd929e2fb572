package procfs

import (
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/foreign"
)

// FuzzFacts has every file of a process say anything.
func FuzzFacts(f *testing.F) {
	f.Add("30 (web) S 1 30 0 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0\n", "Uid:\t0\t0\t0\t0\n", "0::/web.service\n", "node\x00x.js\x00", "/usr/bin/node")
	proc := newTree(f)
	proc.process(30, 1, "web", 100, 777)
	f.Fuzz(func(t *testing.T, stat, status, cgroup, cmdline, exe string) {
		p := tree{proc.FS, t}
		p.file("30/stat", stat)
		p.file("30/status", status)
		p.file("30/cgroup", cgroup)
		p.file("30/cmdline", cmdline)
		if exe == "" || len(exe) > 1000 || strings.Contains(exe, "\x00") {
			exe = "/usr/bin/node"
		}
		p.link("30/exe", exe)
		owner := ownerOf(p.eager(), 777)
		if owner.Known != (owner.Leader != nil) || owner.Known == (owner.Reason != "") {
			t.Errorf("owner %+v", owner)
		}
		if owner.Known && owner.Leader.Name != foreign.Text(nameIn(stat)) {
			t.Errorf("%q names it %q", stat, string(owner.Leader.Name))
		}
	})
}

func nameIn(stat string) string {
	return stat[strings.IndexByte(stat, '(')+1 : strings.LastIndexByte(stat, ')')]
}
