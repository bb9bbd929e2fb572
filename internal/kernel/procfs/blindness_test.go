package procfs

import (
	"testing"

	"github.com/portreeve/portreeve/internal/port"
)

func TestNoProcesses(t *testing.T) {
	o := NewOwners(New("testdata/missing"), OwnersOptions{})
	sockets := []port.Socket{socket(777)}
	degraded := o.Resolve(sockets)
	expectDegraded(t, degraded, "the owner of 1 listening socket is unknown: processes cannot be read: read testdata/missing: no such file or directory", "")
	if got := brief(sockets[0].Owner); got != "unknown: pending" {
		t.Errorf("owner %s", got)
	}
}

func expectDegraded(t *testing.T, got []port.Degraded, text, hint string) {
	t.Helper()
	if want := (port.Degraded{Code: "owners", Text: text, Hint: hint}); len(got) != 1 || got[0] != want {
		t.Errorf("degraded\n%q\nwant\n%q", got, want)
	}
}

func TestBlindSpots(t *testing.T) {
	const grant = "run as root, or grant it once: setcap cap_sys_ptrace,cap_dac_read_search+ep $(command -v portreeve)"
	tests := []struct {
		name   string
		build  func(p tree)
		reason port.Unseen
		text   string
		hint   string
	}{
		{"hidepid", func(p tree) {
			p.file("self/status", "CapEff:\t0000000000000000\n")
			p.file("self/mountinfo", "22 27 0:21 / "+p.root+" rw - proc proc rw,hidepid=invisible\n")
		}, port.UnseenPermission, "missing CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH; /proc is mounted with hidepid=invisible, which hides the processes of others", grant},
		{"hidepid does not hide from the privileged", func(p tree) {
			p.file("self/mountinfo", "22 27 0:21 / "+p.root+" rw - proc proc rw,hidepid=2\n")
		}, port.UnseenKernel, "", ""},
		{"a PID namespace", func(p tree) { p.remove("2") }, port.UnseenNetNS,
			"this PID namespace shows only some of the machine's processes", "share the machine's PID namespace (docker run --pid=host)"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			p := newTree(t)
			tt.build(p)
			sockets := []port.Socket{socket(777), socket(778)}
			degraded := p.owners(OwnersOptions{}).Resolve(sockets)
			if got := sockets[1].Owner; got.Known || got.Reason != tt.reason || got.User != "root" {
				t.Errorf("owner %+v", got)
			}
			if tt.text != "" {
				expectDegraded(t, degraded, "the owners of 2 listening sockets are unknown: "+tt.text, tt.hint)
			} else if degraded != nil {
				t.Errorf("degraded %q", degraded)
			}
		})
	}
}
