package procfs

import (
	"net"
	"os"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/portreeve/portreeve/internal/port"
)

// needs skips a test that the system would not let us make.
func needs(t *testing.T, capability int, why string) {
	t.Helper()
	held, err := New("/proc").capabilities()
	if err != nil {
		t.Fatal(err)
	}
	if !held.has(capability) {
		t.Skip("missing " + why)
	}
}

// startNobody runs the test binary as a user without any privilege. It needs a
// copy that such a user may execute.
func startNobody(t *testing.T) *child {
	t.Helper()
	needs(t, 7, "CAP_SETUID, to become another user")
	dir, err := os.MkdirTemp("", "procfs")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	attr := &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return startAs(t, attr, copyOf(t, dir, "app"))
}

// TestUnprivileged has a user without privileges look at root's socket and at
// its own.
func TestUnprivileged(t *testing.T) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := startNobody(t)
	own := c.number("listen")
	a := c.answer("resolve /proc %d %d", inodeOf(t, l), own)
	if got := a.Sockets[0].Owner; got.Known || got.Reason != port.UnseenPermission || got.User != "root" || got.PIDs != nil {
		t.Errorf("root's socket has the owner %+v", got)
	}
	if got := a.Sockets[1].Owner; !got.Known || got.Leader.PID != c.pid() || got.Leader.UID != 65534 {
		t.Errorf("its own socket has the owner %+v", got)
	}
	if len(a.Degraded) != 1 || a.Degraded[0].Code != "owners" ||
		!strings.HasPrefix(a.Degraded[0].Text, "the owner of 1 listening socket is unknown: missing CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH") ||
		!strings.Contains(a.Degraded[0].Hint, "setcap cap_sys_ptrace,cap_dac_read_search+ep") {
		t.Errorf("degraded %q", a.Degraded)
	}
}

// TestPIDNamespace looks from a PID namespace at a socket that is held outside
// of it, as in a container with the host's network.
func TestPIDNamespace(t *testing.T) {
	needs(t, 21, "CAP_SYS_ADMIN, to make a PID namespace")
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	c := startAs(t, &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWPID | syscall.CLONE_NEWNS}, "/proc/self/exe")
	c.tell("mount hidepid=0")
	own := c.number("listen")
	a := c.answer("resolve /proc %d %d", inodeOf(t, l), own)
	if got := a.Sockets[0].Owner; got.Known || got.Reason != port.UnseenNetNS {
		t.Errorf("the socket held outside has the owner %+v", got)
	}
	if got := a.Sockets[1].Owner; !got.Known || !slices.Equal(got.PIDs, []int{1}) || got.Leader.PID != 1 {
		t.Errorf("the socket held inside has the owner %+v", got)
	}
	expectDegraded(t, a.Degraded, "the owner of 1 listening socket is unknown: this PID namespace shows only some of the machine's processes",
		"share the machine's PID namespace (docker run --pid=host)")
}
