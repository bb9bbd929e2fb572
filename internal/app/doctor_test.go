package app

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/netip"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/canary"
	"github.com/portreeve/portreeve/internal/discovery"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/term"
)

// machineOf returns a patient whose files are those named: path, text, path,
// text …
func machineOf(files ...string) patient {
	root := fstest.MapFS{}
	for i := 0; i < len(files); i += 2 {
		root[files[i]] = &fstest.MapFile{Data: []byte(files[i+1])}
	}
	return patient{
		files: root, now: time.Unix(1_000_000, 0),
		lookup: func(context.Context, string) error { return &net.DNSError{Err: "no such host", IsNotFound: true} },
		limits: func() (uint64, uint64, error) { return 65536, 65536, nil },
		clock:  func() (clockState, error) { return clockState{true, 12 * time.Millisecond}, nil },
	}
}

// finds expects that an exam finds one thing, with these words in text or hint.
func finds(t *testing.T, name string, found []term.Finding, condition term.Condition, words ...string) {
	t.Helper()
	if len(found) != 1 {
		t.Errorf("%s: %d findings, want 1: %+v", name, len(found), found)
		return
	}
	f := found[0]
	if f.Condition != condition || f.Area == "" || f.Text == "" || f.Condition == term.Well && f.Hint != "" {
		t.Errorf("%s: %+v, want %s", name, f, condition)
	}
	for _, w := range words {
		if !strings.Contains(f.Text.String()+" / "+f.Hint, w) {
			t.Errorf("%s: %q is not in %s / %s", name, w, f.Text, f.Hint)
		}
	}
}

func TestDoctorOnPrivileges(t *testing.T) {
	status := func(caps string) patient {
		return machineOf("proc/self/status", "Name:\tx\nCapEff:\t"+caps+"\nCapBnd:\t0\n")
	}
	tests := []struct {
		name      string
		machine   patient
		condition term.Condition
		words     []string
	}{
		{"everything", status("000001ffffffffff"), term.Well, []string{"all that is of use"}},
		{"what is needed", status("0000000000280004"), term.Well, nil},
		{"DAC_OVERRIDE does, too", status("0000000000280002"), term.Well, nil},
		{"nothing", status("0000000000000000"), term.Ailing,
			[]string{"CAP_SYS_PTRACE, CAP_DAC_READ_SEARCH, CAP_SYS_ADMIN", "other users' sockets, and the sockets of other network namespaces", "setcap cap_sys_ptrace,cap_dac_read_search,cap_sys_admin+ep " + ownPath()}},
		{"all but one", status("0000000000080004"), term.Ailing, []string{"without CAP_SYS_ADMIN: hidden are the sockets of other network namespaces"}},
		{"no /proc", machineOf(), term.Ailing, []string{"proc/self/status", "mount /proc"}},
		{"a status without it", machineOf("proc/self/status", "Name:\tx\n"), term.Ailing, []string{"no CapEff"}},
		{"a status that is none", status("zz"), term.Ailing, []string{"zz"}},
	}
	for _, tt := range tests {
		finds(t, tt.name, examinePrivileges(t.Context(), tt.machine), tt.condition, tt.words...)
	}
}

// TestOwnPathIsThatOfTheRunningBinary, which need not be in PATH.
func TestOwnPathIsThatOfTheRunningBinary(t *testing.T) {
	if _, err := os.Stat(strings.Trim(ownPath(), "'")); err != nil {
		t.Error(err)
	}
}

func TestDoctorOnDescriptors(t *testing.T) {
	with := func(soft, hard uint64, err error) patient {
		p := machineOf()
		p.limits = func() (uint64, uint64, error) { return soft, hard, err }
		return p
	}
	finds(t, "many", examineLimits(t.Context(), with(65536, 65536, nil)), term.Well, "RLIMIT_NOFILE 65536, hard 65536", "at once: checks ")
	finds(t, "no limit", examineLimits(t.Context(), with(unix.RLIM_INFINITY, unix.RLIM_INFINITY, nil)), term.Well, "unlimited")
	finds(t, "few", examineLimits(t.Context(), with(64, 4096, nil)), term.Ailing, "RLIMIT_NOFILE 64, hard 4096", "ulimit -n", "LimitNOFILE=")
	finds(t, "refused", examineLimits(t.Context(), with(0, 0, unix.EPERM)), term.Ailing, "operation not permitted")
}

func TestDoctorOnLocalPorts(t *testing.T) {
	const file = "proc/sys/net/ipv4/ip_local_port_range"
	finds(t, "the usual", examinePorts(t.Context(), machineOf(file, "32768\t60999\n")), term.Well, "32768 to 60999: 28232")
	finds(t, "few", examinePorts(t.Context(), machineOf(file, "40000\t40999\n")), term.Ailing, "40000 to 40999: 1000", "widen")
	finds(t, "nonsense", examinePorts(t.Context(), machineOf(file, "many\n")), term.Ailing, `"many"`)
	finds(t, "the wrong way round", examinePorts(t.Context(), machineOf(file, "9 1")), term.Ailing, `"9 1"`)
	finds(t, "nothing", examinePorts(t.Context(), machineOf()), term.Ailing, "ip_local_port_range")
}

func TestDoctorOnMemory(t *testing.T) {
	const v1Unlimited = "9223372036854771712\n"
	tests := []struct {
		name      string
		machine   patient
		condition term.Condition
		words     string
	}{
		{"no control groups", machineOf(), term.Well, "no limit"},
		{"version 2 without a limit", machineOf("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "max\n"), term.Well, "no limit"},
		{"version 2", machineOf("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "536870912\n"), term.Well, "512 MiB"},
		{"the least on the way up counts", machineOf("proc/self/cgroup", "0::/a/b\n", "sys/fs/cgroup/a/b/memory.max", "536870912\n", "sys/fs/cgroup/a/memory.max", "67108864\n"), term.Ailing, "64 MiB"},
		{"a container sees its own as the root", machineOf("proc/self/cgroup", "0::/\n", "sys/fs/cgroup/memory.max", "268435456"), term.Well, "256 MiB"},
		{"version 1", machineOf("proc/self/cgroup", "5:cpu:/x\n4:memory:/x\n0::/\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes", "1073741824\n"), term.Well, "1024 MiB"},
		{"version 1 without a limit", machineOf("proc/self/cgroup", "4:memory:/x\n", "sys/fs/cgroup/memory/x/memory.limit_in_bytes", v1Unlimited), term.Well, "no limit"},
		{"lines that are none", machineOf("proc/self/cgroup", "what\n::\n", "sys/fs/cgroup/memory.max", "?"), term.Well, "no limit"},
	}
	for _, tt := range tests {
		finds(t, tt.name, examineMemory(t.Context(), tt.machine), tt.condition, tt.words)
	}
}

func TestDoctorOnMulticast(t *testing.T) {
	with := func(joined []string, refused error, found ...discovery.Found) patient {
		p := machineOf()
		p.multicast = func() ([]string, error) { return joined, refused }
		p.browse = func(_ context.Context, serviceType string, tell func(discovery.Found)) error {
			for _, f := range found {
				tell(f)
			}
			return nil
		}
		return p
	}
	vm := discovery.Found{Instance: "vm\x1b", Port: 9860, Addrs: []netip.Addr{netip.MustParseAddr("192.0.2.1")}}
	gone := discovery.Found{Instance: "gone", Port: 9860, Addrs: vm.Addrs, Gone: true}
	finds(t, "a server", examineMulticast(t.Context(), with([]string{"eth0", "eth1"}, nil, vm, vm, gone)), term.Well, `heard on eth0, eth1; announced now: vm\x1b at http://192.0.2.1:9860`)
	finds(t, "nobody", examineMulticast(t.Context(), with([]string{"eth0"}, unix.EPERM, gone, discovery.Found{Instance: "x"})), term.Well, "heard on eth0; no server announces itself now")
	finds(t, "no interface", examineMulticast(t.Context(), with(nil, nil)), term.Ailing, "no interface can multicast", "PORTREEVE_SERVER")
	finds(t, "refused", examineMulticast(t.Context(), with(nil, unix.EPERM)), term.Ailing, "cannot be joined: operation not permitted")
}

func TestDoctorOnTheResolver(t *testing.T) {
	with := func(err error, files ...string) patient {
		p := machineOf(files...)
		p.lookup = func(_ context.Context, name string) error {
			if !strings.HasSuffix(name, ".invalid.") {
				t.Errorf("asked for %s, which may exist", name)
			}
			return err
		}
		return p
	}
	notFound := &net.DNSError{Err: "no such host", IsNotFound: true}
	const file, two = "etc/resolv.conf", "# x\nnameserver 10.0.0.1\nsearch example.org\nnameserver ::1\nnameserver\n"
	finds(t, "that there is none is an answer", examineResolver(t.Context(), with(notFound, file, two)), term.Well, "10.0.0.1, ::1 answers, in ")
	finds(t, "so is that there is one", examineResolver(t.Context(), with(nil, file, two)), term.Well, "answers")
	finds(t, "silence", examineResolver(t.Context(), with(&net.DNSError{Err: "i/o timeout", IsTimeout: true}, file, two)), term.Ill, "10.0.0.1, ::1 does not answer: i/o timeout", "/etc/resolv.conf")
	finds(t, "addresses once", examineResolver(t.Context(), with(&net.DNSError{Err: "read udp [::1]:4->[::1]:53: read: connection refused"})), term.Ill, "/etc/resolv.conf, does not answer: connection refused")
	finds(t, "something else", examineResolver(t.Context(), with(io.ErrUnexpectedEOF, file, two)), term.Ill, "unexpected EOF")
	finds(t, "no file", examineResolver(t.Context(), with(notFound)), term.Well, "this machine itself (127.0.0.1, ::1), since there is no /etc/resolv.conf, answers")
	finds(t, "an empty one", examineResolver(t.Context(), with(notFound, file, "\n")), term.Well, "names none")
}

func TestDoctorOnTheClock(t *testing.T) {
	with := func(s clockState, err error) patient {
		p := machineOf()
		p.clock = func() (clockState, error) { return s, err }
		return p
	}
	finds(t, "synchronised", examineClock(t.Context(), with(clockState{true, 12345 * time.Microsecond}, nil)), term.Well, "off by 12ms at most")
	finds(t, "by nobody", examineClock(t.Context(), with(clockState{}, nil)), term.Ailing, "nobody synchronises it", "chrony")
	finds(t, "refused", examineClock(t.Context(), with(clockState{}, unix.ENOSYS)), term.Ailing, "not implemented")
}

func TestDoctorOnTheKernel(t *testing.T) {
	now := time.Unix(1_000_000, 0)
	tests := []struct {
		machine   port.Machine
		condition term.Condition
		words     string
	}{
		{port.Machine{OS: "Debian GNU/Linux 12", Kernel: "6.1.0-18-amd64", BootedAt: now.Add(-50 * time.Hour)}, term.Well, "Debian GNU/Linux 12, kernel 6.1.0-18-amd64, up 2d2h"},
		{port.Machine{OS: "CentOS Linux 8", Kernel: "4.18.0-553.el8.x86_64"}, term.Well, "kernel 4.18.0"},
		{port.Machine{OS: "CentOS Linux 7", Kernel: "3.10.0-1160.el7.x86_64", BootedAt: now.Add(-30 * time.Second)}, term.Ailing, "from 4.18 on"},
		{port.Machine{Kernel: "4.9.337"}, term.Ailing, "unknown system, kernel 4.9.337"},
		{port.Machine{Kernel: "vm-kernel"}, term.Well, "vm-kernel"},
		{port.Machine{}, term.Well, "unknown system"},
	}
	for _, tt := range tests {
		finds(t, tt.machine.Kernel, one(kernelFinding(tt.machine, now)), tt.condition, tt.words)
	}
}

func TestDoctorOnSockets(t *testing.T) {
	seen := port.Listening{Source: "procfs", Sockets: make([]port.Socket, 3), Degraded: []port.Degraded{{Code: "netlink", Text: "sock_diag does not work", Hint: "allow AF_NETLINK"}}}
	findings := socketFindings(seen)
	finds(t, "what is seen", findings[:1], term.Well, "those that listen (3) are seen, by procfs")
	finds(t, "what is not", findings[1:], term.Ailing, "sock_diag does not work", "allow AF_NETLINK")
}

func TestDoctorOnLinks(t *testing.T) {
	up, down := canary.LinkReport{Name: "eth0", OK: true}, canary.LinkReport{Name: "docker0", Trouble: "has lost its carrier"}
	report := func(links ...canary.LinkReport) []term.Finding { return linkFindings(canary.Report{Links: links}) }
	finds(t, "one of two is up", report(up, down), term.Well, "eth0 is up, docker0 has lost its carrier")
	finds(t, "none is up", report(down), term.Ailing, "docker0 has lost its carrier", "itself alone")
	finds(t, "none there", report(), term.Ailing, "no link but loopback")
}

func TestDoctorOnWitnesses(t *testing.T) {
	report := func(s canary.Standing) []term.Finding {
		return witnessFindings(canary.Report{Witnesses: []canary.WitnessReport{{
			Role: "gateway", Address: netip.MustParseAddr("10.0.0.1"), Link: "eth0", Standing: s, Way: "icmp echo",
		}}}, machineOf().files)
	}
	finds(t, "one that answers", report(canary.Answers), term.Well, "gateway 10.0.0.1 on eth0 answers (icmp echo)")
	finds(t, "one that did", report(canary.Silent), term.Ill, "gateway 10.0.0.1 on eth0 has fallen silent")
	finds(t, "one that never did", report(canary.Mute), term.Ailing, "its silence will prove nothing")
	nobody := func(files ...string) []term.Finding {
		return witnessFindings(canary.Report{}, machineOf(files...).files)
	}
	finds(t, "nobody", nobody(), term.Ailing, "neither a gateway nor a resolver elsewhere")
	finds(t, "a resolver on this machine", nobody("etc/resolv.conf", "nameserver 127.0.0.53\n"), term.Ailing, "neither a gateway nor a resolver elsewhere")
	finds(t, "a resolver without a route", nobody("etc/resolv.conf", "nameserver 10.9.0.53\n"), term.Ailing, "no gateway, and no way to the resolver 10.9.0.53")
}

func TestIllnessIsExitCodeOne(t *testing.T) {
	well, ailing, ill := term.Finding{Condition: term.Well}, term.Finding{Condition: term.Ailing}, term.Finding{Condition: term.Ill}
	if err := illness([]term.Finding{well, ailing}); err != nil {
		t.Errorf("warnings alone: %v", err)
	}
	if err := illness([]term.Finding{well, ill, ailing}); !errors.Is(err, Doubtful) {
		t.Errorf("something that will not work: %v", err)
	}
}

// TestExamsDoOnAMachineWithoutAnything: they say what is missing, and none of
// them panics.
func TestExamsDoOnAMachineWithoutAnything(t *testing.T) {
	p := machineOf()
	p.lookup = func(context.Context, string) error { return fs.ErrPermission }
	p.limits = func() (uint64, uint64, error) { return 0, 0, unix.EPERM }
	p.clock = func() (clockState, error) { return clockState{}, unix.EPERM }
	for i, look := range []exam{examinePrivileges, examineLimits, examineMemory, examinePorts, examineResolver, examineClock} {
		for _, f := range look(t.Context(), p) {
			if f.Text == "" || f.Area == "" {
				t.Errorf("exam %d: %+v", i, f)
			}
		}
	}
}

// TestDoctorReportsAsJSON, in the envelope of all JSON.
func TestDoctorReportsAsJSON(t *testing.T) {
	var out strings.Builder
	if err := term.WriteDocument(&out, report([]term.Finding{{Area: "clock", Condition: term.Ailing, Text: "a\x1bb", Hint: "do"}})); err != nil {
		t.Fatal(err)
	}
	var doc struct {
		Schema string
		Items  []term.Finding
	}
	if err := json.Unmarshal([]byte(out.String()), &doc); err != nil || doc.Schema == "" || len(doc.Items) != 1 || doc.Items[0].Text != "a\x1bb" || strings.Contains(out.String(), "\x1b") {
		t.Errorf("%s: %v", out.String(), err)
	}
}
