package kernel

import (
	"net"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"
)

func TestMain(m *testing.M) {
	if role, ok := os.LookupEnv(roleVariable); ok {
		play(role)
		return
	}
	if os.Geteuid() != 0 {
		if code, err := asRoot(); err == nil {
			os.Exit(code)
		}
	}
	// The first listener of a process makes package net bind sockets to see
	// what works. Have their end behind us: tests listen for such.
	if l, err := net.Listen("tcp", ":0"); err == nil {
		l.Close()
	}
	os.Exit(m.Run())
}

// asRoot runs the tests again as root of a user namespace, where network
// namespaces can be made without any privilege. It fails where the machine
// forbids that to ordinary users.
func asRoot() (code int, err error) {
	cmd := exec.Command("/proc/self/exe", os.Args[1:]...)
	cmd.Args[0] = os.Args[0]
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Cloneflags:  syscall.CLONE_NEWUSER,
		UidMappings: []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}},
		GidMappings: []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}},
		Pdeathsig:   syscall.SIGKILL,
	}
	runtime.LockOSThread() // Pdeathsig is about the thread
	if err := cmd.Start(); err != nil {
		return 0, err
	}
	cmd.Wait()
	return cmd.ProcessState.ExitCode(), nil
}
