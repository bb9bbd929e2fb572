package sockdiag

import (
	"runtime"
	"testing"

	"golang.org/x/sys/unix"
)

// enterNetNS moves the test to a network namespace of its own, where nothing
// else moves. Sockets opened by the test's own goroutine are in it; the
// thread ends with the test.
func enterNetNS(t testing.TB) {
	t.Helper()
	runtime.LockOSThread()
	switch err := unix.Unshare(unix.CLONE_NEWNET); err {
	case nil:
	case unix.EPERM:
		t.Skip("making a network namespace needs CAP_SYS_ADMIN")
	default:
		t.Fatal(err)
	}
	if err := raiseLoopback(); err != nil {
		t.Fatal(err)
	}
}

func raiseLoopback() error {
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq("lo")
	if err != nil {
		return err
	}
	request.SetUint16(unix.IFF_UP)
	return unix.IoctlIfreq(fd, unix.SIOCSIFFLAGS, request)
}
