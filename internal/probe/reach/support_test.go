package reach

import (
	"net"
	"net/netip"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/e2e/debian"
)

func listen(t testing.TB, network, address string) *net.TCPListener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l.(*net.TCPListener)
}

func addrOf(l net.Listener) netip.AddrPort { return l.Addr().(*net.TCPAddr).AddrPort() }

// pending accepts and counts the connections that wait at a listener.
func pending(t testing.TB, l *net.TCPListener) (n int) {
	t.Helper()
	for ; ; n++ {
		if err := l.SetDeadline(time.Now().Add(100 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		c, err := l.Accept()
		if err != nil {
			return n
		}
		c.Close()
	}
}

// acceptAll accepts and closes connections until the listener is closed.
func acceptAll(l net.Listener) {
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
}

// enterNetNS moves the test to a network namespace of its own. Sockets that the
// test's own goroutine opens are in it; the thread ends with the test.
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
	ip(t, "link set lo up")
}

// ip runs the program of that name in the test's namespace, once for each line.
func ip(t testing.TB, lines ...string) {
	t.Helper()
	for _, line := range lines {
		if out, err := exec.Command(debian.Path(t, "ip"), strings.Fields(line)...).CombinedOutput(); err != nil {
			t.Fatalf("ip %s: %v: %s", line, err, out)
		}
	}
}

// nft loads a ruleset into the test's namespace.
func nft(t testing.TB, rules string) {
	t.Helper()
	cmd := exec.Command(debian.Path(t, "nft"), "-f", "-")
	cmd.Stdin = strings.NewReader(rules)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("nft: %v: %s", err, out)
	}
}
