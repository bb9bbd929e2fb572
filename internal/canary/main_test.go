package canary

import (
	"bytes"
	"flag"
	"fmt"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/e2e/debian"
)

// TestMain lets many tests run side by side, for they mostly wait: for a kernel
// to notice, or for an answer that does not come.
func TestMain(m *testing.M) {
	flag.Parse()
	if err := flag.Set("test.parallel", "12"); err != nil {
		panic(err)
	}
	os.Exit(m.Run())
}

// aloneVariable names the test that a process was started for.
const aloneVariable = "CANARY_TEST_ALONE"

// alone runs the calling test as a process of its own in a network namespace of
// its own, and returns whether this is that process: every thread of it is in
// there, so that what is tested may open sockets as it likes.
func alone(t *testing.T) bool {
	t.Helper()
	if os.Getenv(aloneVariable) == t.Name() {
		must(t, command(t, "ip", "link set lo up"))
		return true
	}
	t.Parallel()
	cmd := exec.Command("/proc/self/exe", "-test.run=^"+t.Name()+"$", "-test.v", "-test.timeout=2m")
	cmd.Env = append(os.Environ(), aloneVariable+"="+t.Name())
	cmd.SysProcAttr = &syscall.SysProcAttr{Cloneflags: syscall.CLONE_NEWNET, Pdeathsig: syscall.SIGKILL}
	if os.Geteuid() != 0 {
		cmd.SysProcAttr.Cloneflags |= syscall.CLONE_NEWUSER
		cmd.SysProcAttr.UidMappings = []syscall.SysProcIDMap{{HostID: os.Getuid(), Size: 1}}
		cmd.SysProcAttr.GidMappings = []syscall.SysProcIDMap{{HostID: os.Getgid(), Size: 1}}
	}
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &out
	runtime.LockOSThread() // Pdeathsig is about the thread
	defer runtime.UnlockOSThread()
	switch err := cmd.Start(); {
	case err != nil && os.Geteuid() != 0:
		t.Skipf("this machine lets nobody but root make a network namespace: %v", err)
	case err != nil:
		t.Fatal(err)
	}
	if err := cmd.Wait(); err != nil {
		t.Errorf("%v\n%s", err, &out)
	}
	return false
}

// A namespace is a network namespace beside the test's own: another host.
type namespace struct {
	t    *testing.T
	file *os.File
}

// host makes a namespace.
func host(t *testing.T) *namespace {
	t.Helper()
	n := &namespace{t: t}
	inThread(t, func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		var err error
		n.file, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	t.Cleanup(func() { n.file.Close() })
	n.run("ip", "link set lo up")
	return n
}

// inThread runs f in a thread that ends with it.
func inThread(t *testing.T, f func() error) {
	t.Helper()
	done := make(chan error)
	go func() {
		runtime.LockOSThread() // for good
		done <- f()
	}()
	must(t, <-done)
}

// do runs f in the namespace. Sockets that f opens on its own thread stay there.
func (n *namespace) do(f func() error) {
	n.t.Helper()
	inThread(n.t, func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// run runs programs in the namespace, one for each line of arguments.
func (n *namespace) run(program string, lines ...string) {
	n.t.Helper()
	n.do(func() error {
		for _, line := range lines {
			if err := command(n.t, program, line); err != nil {
				return err
			}
		}
		return nil
	})
}

// set writes a setting of the network's.
func (n *namespace) set(name, value string) {
	n.t.Helper()
	n.do(func() error { return os.WriteFile("/proc/sys/net/"+name, []byte(value), 0) })
}

// setting writes a setting of the test's own network.
func setting(t *testing.T, name, value string) {
	t.Helper()
	must(t, os.WriteFile("/proc/sys/net/"+name, []byte(value), 0))
}

// path is where ip finds the namespace.
func (n *namespace) path() string { return fmt.Sprintf("/proc/%d/fd/%d", os.Getpid(), n.file.Fd()) }

// join lays a cable from this namespace, or from the test's own when n is nil,
// to another.
func (n *namespace) join(end string, to *namespace, other string) {
	to.t.Helper()
	line := fmt.Sprintf("link add %s type veth peer name %s netns %s", end, other, to.path())
	if n == nil {
		must(to.t, command(to.t, "ip", line))
		must(to.t, command(to.t, "ip", "link set "+end+" up"))
	} else {
		n.run("ip", line, "link set "+end+" up")
	}
	to.run("ip", "link set "+other+" up")
}

// resolver answers every datagram to an address of the namespace, and counts.
func (n *namespace) resolver(address string) (asked func() int, stop func()) {
	n.t.Helper()
	var conn net.PacketConn
	n.do(func() (err error) {
		conn, err = net.ListenPacket("udp", netip.AddrPortFrom(netip.MustParseAddr(address), 53).String())
		return err
	})
	count := make(chan int, 1)
	count <- 0
	go func() {
		b := make([]byte, 512)
		for {
			size, from, err := conn.ReadFrom(b)
			if err != nil {
				return
			}
			count <- <-count + 1
			_, _ = conn.WriteTo(b[:size], from) // some answer is all that is wanted
		}
	}()
	stop = func() { conn.Close() }
	n.t.Cleanup(stop)
	return func() int { c := <-count; count <- c; return c }, stop
}

func command(t *testing.T, program, line string) error {
	cmd := exec.Command(debian.Path(t, program), strings.Fields(line)...)
	if out, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("%s %s: %w\n%s", program, line, err, out)
	}
	return nil
}

// ip runs ip in the test's own namespace.
func ip(t *testing.T, lines ...string) {
	t.Helper()
	for _, line := range lines {
		must(t, command(t, "ip", line))
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// eventually waits until what returns "" and fails with its words if it never
// does.
func eventually(t *testing.T, within time.Duration, what func() string) {
	t.Helper()
	for deadline := time.Now().Add(within); ; time.Sleep(20 * time.Millisecond) {
		words := what()
		if words == "" {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("after %v: %s", within, words)
		}
	}
}
