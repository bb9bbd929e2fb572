package kernel

import (
	"encoding/json"
	"errors"
	"os"
	"runtime"
	"slices"
	"strings"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/port"
)

// refuseNetlink makes the kernel refuse netlink sockets to this process, as
// systemd does with RestrictAddressFamilies=.
func refuseNetlink() error {
	const (
		load  = unix.BPF_LD | unix.BPF_W | unix.BPF_ABS
		equal = unix.BPF_JMP | unix.BPF_JEQ | unix.BPF_K
		end   = unix.BPF_RET | unix.BPF_K
		// struct seccomp_data
		number, firstArgument = 0, 16
	)
	filter := []unix.SockFilter{
		{Code: load, K: number},
		{Code: equal, K: unix.SYS_SOCKET, Jf: 3},
		{Code: load, K: firstArgument},
		{Code: equal, K: unix.AF_NETLINK, Jf: 1},
		{Code: end, K: unix.SECCOMP_RET_ERRNO | uint32(unix.EAFNOSUPPORT)},
		{Code: end, K: unix.SECCOMP_RET_ALLOW},
	}
	program := unix.SockFprog{Len: uint16(len(filter)), Filter: &filter[0]}
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	if err := unix.Prctl(unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0); err != nil {
		return err
	}
	_, _, errno := unix.Syscall(unix.SYS_SECCOMP, unix.SECCOMP_SET_MODE_FILTER,
		unix.SECCOMP_FILTER_FLAG_TSYNC, uintptr(unsafe.Pointer(&program)))
	if errno != 0 {
		return errno
	}
	return nil
}

// playRefused does as playRead where netlink is refused.
func playRefused(args []string) error {
	return errors.Join(refuseNetlink(), playRead(args))
}

func TestNetlinkRefusedFallsBackToProc(t *testing.T) {
	enterNetNS(t)
	l := listen(t, "tcp4", "127.0.0.1:8500")
	dial(t, "127.0.0.1", "127.0.0.1", 8500)
	accept(t, l)
	p := start(t, "refused", nil, "{}", `{"ports":[8500]}`)
	var seen sight
	if err := json.Unmarshal([]byte(p.line), &seen); err != nil {
		t.Fatal(err)
	}
	if seen.Listening.Source != Procfs {
		t.Errorf("source is %q", seen.Listening.Source)
	}
	mine := slices.ContainsFunc(seen.Listening.Sockets, func(s port.Socket) bool {
		return s.Port == 8500 && s.NetNS == seen.Listening.NetNS && slices.Contains(s.Owner.PIDs, os.Getpid())
	})
	if c, _ := seen.Connections.Count(8500); !mine || c != (port.Counts{Established: 1}) {
		t.Errorf("listeners %+v, connections %+v", seen.Listening.Sockets, c)
	}
	for _, all := range [][]port.Degraded{seen.Listening.Degraded, seen.Connections.Degraded} {
		if text := degraded(t, all, "netlink"); !strings.Contains(text, "address family not supported") || !strings.Contains(text, "AF_NETLINK") {
			t.Errorf("it does not say why: %s", text)
		}
	}
}

func TestNetlinkRefusedIsAnErrorWhereItIsDemanded(t *testing.T) {
	p := start(t, "refused", nil, `{"Source":"netlink"}`, "{}")
	if !strings.Contains(p.line, "address family not supported") {
		t.Errorf("said %q", p.line)
	}
}
