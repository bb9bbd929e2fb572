package e2e

import (
	"fmt"
	"io"
	"net"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/e2e/debian"
)

// A netns is a network namespace: a machine beside this one, as far as packets
// can tell.
type netns struct {
	t    testing.TB
	file *os.File
}

func newNetns(t testing.TB) *netns {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making a network namespace needs CAP_SYS_ADMIN")
	}
	n := &netns{t: t}
	inThread(t, func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
			return err
		}
		var err error
		n.file, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	t.Cleanup(func() { n.file.Close() })
	n.ip("link set lo up")
	return n
}

// inThread runs f in a thread that ends with it. When f ends the test, so does
// this.
func inThread(t testing.TB, f func() error) {
	t.Helper()
	done := make(chan struct{})
	var err error
	go func() {
		defer close(done)
		runtime.LockOSThread() // for good
		err = f()
	}()
	<-done
	if err != nil {
		t.Fatal(err)
	}
	if t.Failed() {
		t.FailNow()
	}
}

// do runs f in the namespace. Sockets that it opens itself and programs that it
// starts stay there.
func (n *netns) do(f func() error) {
	n.t.Helper()
	inThread(n.t, func() error {
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			return err
		}
		return f()
	})
}

// ip runs ip, once for each line of arguments.
func (n *netns) ip(lines ...string) { n.t.Helper(); n.run("ip", lines...) }

// nft runs nft, once for each line of arguments.
func (n *netns) nft(lines ...string) { n.t.Helper(); n.run("nft", lines...) }

func (n *netns) run(program string, lines ...string) {
	n.t.Helper()
	path := debian.Path(n.t, program)
	n.do(func() error {
		for _, line := range lines {
			if out, err := exec.Command(path, strings.Fields(line)...).CombinedOutput(); err != nil {
				return fmt.Errorf("%s %s: %w\n%s", program, line, err, out)
			}
		}
		return nil
	})
}

// set writes a setting of the namespace's network.
func (n *netns) set(name, value string) {
	n.t.Helper()
	n.do(func() error { return os.WriteFile("/proc/sys/net/"+name, []byte(value), 0) })
}

// join lays a cable to another namespace.
func (n *netns) join(end string, to *netns, other string) {
	n.t.Helper()
	n.ip(fmt.Sprintf("link add %s type veth peer name %s netns /proc/%d/fd/%d", end, other, os.Getpid(), to.file.Fd()), "link set "+end+" up")
	to.ip("link set " + other + " up")
}

// dial connects to a literal address from the namespace.
func (n *netns) dial(address string) (net.Conn, error) {
	type result struct {
		conn net.Conn
		err  error
	}
	done := make(chan result)
	go func() {
		runtime.LockOSThread() // for good
		if err := unix.Setns(int(n.file.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- result{nil, err}
			return
		}
		conn, err := net.Dial("tcp", address)
		done <- result{conn, err}
	}()
	r := <-done
	return r.conn, r.err
}

// accept has the namespace accept connections on an address, and hang up, until
// the test ends or stop is called.
func (n *netns) accept(address string) (stop func()) {
	n.t.Helper()
	var ln net.Listener
	n.do(func() (err error) {
		ln, err = net.Listen("tcp", address)
		return err
	})
	n.t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			conn, err := ln.Accept()
			if err != nil {
				return
			}
			conn.Close()
		}
	}()
	return func() { ln.Close() }
}

// forward opens a port on this machine's loopback that leads to an address in
// the namespace, and returns it. It connects when there is something to say, as
// a client does.
func (n *netns) forward(to string) string {
	n.t.Helper()
	ln, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		n.t.Fatal(err)
	}
	n.t.Cleanup(func() { ln.Close() })
	go func() {
		for {
			outer, err := ln.Accept()
			if err != nil {
				return
			}
			go n.pass(outer, to)
		}
	}()
	return ln.Addr().String()
}

// pass hands on what is said on a connection.
func (n *netns) pass(outer net.Conn, to string) {
	defer outer.Close()
	first := make([]byte, 4096)
	size, err := outer.Read(first)
	if err != nil {
		return
	}
	inner, err := n.dial(to)
	if err != nil {
		return
	}
	defer inner.Close()
	if _, err := inner.Write(first[:size]); err != nil {
		return
	}
	go func() {
		_, _ = io.Copy(inner, outer)
		inner.Close()
	}()
	_, _ = io.Copy(outer, inner)
}

// An island is a machine whose whole world is one router behind a switch:
//
//	here: eth0 10.0.0.2, fd00::2 ── near [lan] far ── eth0 10.0.0.1, fd00::1: router
//
// The router has every address of 10.9.0.0/16 and fd09::/64, where port 80
// accepts connections, and the resolver at 10.8.0.53.
type island struct {
	t                 testing.TB
	here, lan, router *netns
}

func newIsland(t testing.TB) *island {
	t.Helper()
	w := &island{t, newNetns(t), newNetns(t), newNetns(t)}
	w.here.join("eth0", w.lan, "near")
	w.lan.join("far", w.router, "eth0")
	w.lan.ip("link add lan type bridge", "link set lan up", "link set near master lan", "link set far master lan")
	w.router.ip("addr add 10.0.0.1/24 dev eth0", "addr add fd00::1/64 dev eth0 nodad",
		"route add local 10.9.0.0/16 dev lo", "route add local 10.8.0.0/24 dev lo", "route add local fd09::/64 dev lo")
	w.here.ip("addr add 10.0.0.2/24 dev eth0", "addr add fd00::2/64 dev eth0 nodad")
	w.route()
	w.router.accept(":80")
	w.router.nft("add table inet hole", "add chain inet hole input { type filter hook input priority 0 ; }")
	return w
}

// route gives the machine its default routes, which it loses with its link.
func (w *island) route() {
	w.here.ip("route add default via 10.0.0.1", "-6 route add default via fd00::1 dev eth0")
}

// hole has the router drop what a rule describes, silently.
func (w *island) hole(rule string) {
	w.t.Helper()
	w.router.nft("add rule inet hole input " + rule + " drop")
}

// fill takes all holes away.
func (w *island) fill() { w.t.Helper(); w.router.nft("flush chain inet hole input") }

// target returns the i-th address behind the router.
func (*island) target(i int) netip.Addr {
	return netip.AddrFrom4([4]byte{10, 9, byte(i / 250), byte(1 + i%250)})
}

// hosts says of localhost what most machines say.
const hosts = "127.0.0.1 localhost\n::1 localhost\n"

// serve starts the server in the island with a configuration. It asks the
// resolver that it is given for names.
func (w *island) serve(prepare func(*exec.Cmd), resolver, file string, args ...string) *islander {
	w.t.Helper()
	etc := map[string]string{
		"/etc/resolv.conf": write(w.t, "resolv.conf", "nameserver "+resolver+"\noptions timeout:1 attempts:1\n"),
		"/etc/hosts":       write(w.t, "hosts", hosts),
	}
	var s *server
	w.here.do(func() error {
		if err := overlay(etc); err != nil {
			return err
		}
		s = serveAs(w.t, prepare, append([]string{"--config", file}, args...)...)
		return nil
	})
	_, port, err := net.SplitHostPort(strings.TrimPrefix(s.URL, "http://"))
	if err != nil {
		w.t.Fatal(err)
	}
	inside := "127.0.0.1:" + port
	s.URL = "http://" + w.here.forward(inside)
	return &islander{s, inside}
}

// An islander is a server in an island. Its URL leads there from outside.
type islander struct {
	*server
	inside string // its address in there
}

// write puts text into a file of the test's own and returns its path.
func write(t testing.TB, name, text string) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(file, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return file
}

// overlay lays files over others for the calling thread and what it starts.
func overlay(files map[string]string) error {
	if err := unix.Unshare(unix.CLONE_NEWNS); err != nil {
		return fmt.Errorf("own mounts: %w", err)
	}
	if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
		return fmt.Errorf("keep mounts to ourselves: %w", err)
	}
	for over, file := range files {
		if err := unix.Mount(file, over, "", unix.MS_BIND, ""); err != nil {
			return fmt.Errorf("lay %s over %s: %w", file, over, err)
		}
	}
	return nil
}
