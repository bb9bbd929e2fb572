package debian

import (
	"crypto/rand"
	"fmt"
	mathrand "math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// ordinary is the user that servers run as when the test is root: PostgreSQL
// refuses to be root.
const ordinary = "nobody"

// An account is who a server runs as.
type account struct {
	uid, gid int // 0: who the test is
	// mapped is set where only root may go to the programs, as when the source
	// tree is in a directory of root's own: then the server is root with a
	// stranger's name (user_namespaces(7)), and without a capability.
	mapped bool
}

// accountFor returns who is to run a program.
func accountFor(t testing.TB, program string) account {
	t.Helper()
	if os.Geteuid() != 0 {
		return account{}
	}
	u, err := user.Lookup(ordinary)
	if err != nil {
		t.Fatalf("find a user to run a database as: %v", err)
	}
	uid, err1 := strconv.Atoi(u.Uid)
	gid, err2 := strconv.Atoi(u.Gid)
	if err1 != nil || err2 != nil {
		t.Fatalf("user %s has the ids %q and %q", ordinary, u.Uid, u.Gid)
	}
	return account{uid, gid, !open(program)}
}

// command returns a command that runs as the account, with nothing of the
// test's environment that could lead it astray.
func (a account) command(program string, args ...string) *exec.Cmd {
	cmd := exec.Command(program, args...)
	cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "TZ=GMT", "HOME=/nonexistent"}
	cmd.SysProcAttr = &syscall.SysProcAttr{}
	switch {
	case a.mapped:
		cmd.SysProcAttr.Cloneflags = syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{ContainerID: a.uid, HostID: 0, Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{ContainerID: a.gid, HostID: 0, Size: 1}}
	case a.uid != 0:
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(a.uid), Gid: uint32(a.gid)}
	}
	return cmd
}

// give makes a file belong to the account.
func (a account) give(t testing.TB, path string) {
	t.Helper()
	if a.uid == 0 || a.mapped {
		return
	}
	if err := os.Chown(path, a.uid, a.gid); err != nil {
		t.Fatal(err)
	}
}

// open tells whether everybody may go to path.
func open(path string) bool {
	for dir := filepath.Dir(path); ; dir = filepath.Dir(dir) {
		info, err := os.Stat(dir)
		if err != nil || info.Mode().Perm()&0o001 == 0 {
			return false
		}
		if dir == filepath.Dir(dir) {
			return true
		}
	}
}

// directory makes a temporary directory that belongs to the account. It
// is not the test's own, whose path may be too long for a socket in it
// (sun_path, unix(7)) and which is root's alone. The server removes it.
func (a account) directory(t testing.TB, name string) string {
	t.Helper()
	where := quick()
	removeOrphans(where)
	dir, err := os.MkdirTemp(where, fmt.Sprintf("portreeve-%s-%d-", name, os.Getpid()))
	if err != nil {
		t.Fatal(err)
	}
	a.give(t, dir)
	return dir
}

// memory is a file system in memory, on Linux by its Filesystem Hierarchy.
const memory = "/dev/shm"

// quick returns where databases are to lie: in memory, where there is room for
// some, since what they write is to survive them and not the machine. Empty: in
// the usual place for temporary files.
func quick() string {
	const room = 512 << 20
	var fs unix.Statfs_t
	if unix.Statfs(memory, &fs) != nil || fs.Type != unix.TMPFS_MAGIC || fs.Bavail*uint64(fs.Bsize) < room {
		return ""
	}
	return memory
}

// removeOrphans removes the directories of tests that were killed, which would
// take memory until the machine starts again: theirs whose process is gone, and
// who began an hour ago, so surely are none of another container.
func removeOrphans(where string) {
	dirs, err := filepath.Glob(filepath.Join(where, "portreeve-*-*-*"))
	if err != nil || where == "" {
		return
	}
	for _, dir := range dirs {
		pid, err := strconv.Atoi(strings.Split(filepath.Base(dir), "-")[2])
		info, gone := os.Stat(dir)
		if err == nil && gone == nil && time.Since(info.ModTime()) > time.Hour && over(pid) {
			_ = os.RemoveAll(dir)
		}
	}
}

// freePort finds a port of 127.0.0.1 that nobody has. It is below those that
// the kernel gives to outgoing connections (net.ipv4.ip_local_port_range), so
// that it is still free when a server that was killed starts again.
func freePort(t testing.TB) int {
	t.Helper()
	for range 100 {
		port := 12000 + mathrand.IntN(20000)
		l, err := net.Listen("tcp", address(port))
		if err == nil {
			_ = l.Close()
			return port
		}
	}
	t.Fatal("find a free port: all that were tried are taken")
	return 0
}

func address(port int) string { return fmt.Sprintf("127.0.0.1:%d", port) }

// password draws one that needs no quotes anywhere.
func password() string { return rand.Text() }
