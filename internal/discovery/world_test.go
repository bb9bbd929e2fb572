package discovery

import (
	"bufio"
	"context"
	"fmt"
	"net/netip"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/e2e/debian"
)

// A host is a machine of a test's own: a thread in network and mount namespaces
// of its own, in which programs find an empty /run.
type host struct {
	t    testing.TB
	work chan func()
	tid  int
}

// newHost makes a machine. It ends with the test.
func newHost(t testing.TB) *host {
	t.Helper()
	if os.Geteuid() != 0 {
		t.Skip("making a network namespace needs CAP_SYS_ADMIN")
	}
	h := &host{t: t, work: make(chan func())}
	go func() {
		runtime.LockOSThread() // for good: the thread ends with the goroutine
		h.tid = unix.Gettid()
		for f := range h.work {
			f()
		}
	}()
	t.Cleanup(func() { close(h.work) })
	h.do(func() error {
		if err := unix.Unshare(unix.CLONE_NEWNET | unix.CLONE_NEWNS); err != nil {
			return err
		}
		if err := unix.Mount("", "/", "", unix.MS_REC|unix.MS_PRIVATE, ""); err != nil {
			return err
		}
		return unix.Mount("tmpfs", "/run", "tmpfs", 0, "")
	})
	h.ip("link set lo up")
	return h
}

// do runs f on the machine.
func (h *host) do(f func() error) {
	h.t.Helper()
	done := make(chan error)
	h.work <- func() { done <- f() }
	if err := <-done; err != nil {
		h.t.Fatal(err)
	}
}

// ip runs ip on the machine, once for each line of arguments.
func (h *host) ip(lines ...string) {
	h.t.Helper()
	path := debian.Path(h.t, "ip")
	h.do(func() error {
		for _, line := range lines {
			if out, err := exec.Command(path, strings.Fields(line)...).CombinedOutput(); err != nil {
				return fmt.Errorf("ip %s: %w: %s", line, err, out)
			}
		}
		return nil
	})
}

// set writes a setting of the machine's network.
func (h *host) set(name, value string) {
	h.t.Helper()
	h.do(func() error { return os.WriteFile("/proc/thread-self/root/proc/sys/net/"+name, []byte(value), 0) })
}

// start starts a program on the machine, which is killed when the test ends, and
// returns the lines that it prints.
func (h *host) start(env []string, program string, args ...string) (*exec.Cmd, *lines) {
	h.t.Helper()
	cmd := exec.Command(debian.Path(h.t, program), args...)
	cmd.Env = append(os.Environ(), env...)
	cmd.SysProcAttr = &unix.SysProcAttr{Pdeathsig: unix.SIGKILL}
	out, err := cmd.StdoutPipe()
	if err != nil {
		h.t.Fatal(err)
	}
	cmd.Stderr = cmd.Stdout
	h.do(cmd.Start)
	l := &lines{t: h.t, of: program}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for s := bufio.NewScanner(out); s.Scan(); {
			l.add(s.Text())
		}
	}()
	h.t.Cleanup(func() {
		_ = cmd.Process.Kill()
		<-ended
		_ = cmd.Wait() // killed
	})
	return cmd, l
}

// A lines is what a program has printed.
type lines struct {
	t    testing.TB
	of   string
	mu   sync.Mutex
	text []string
}

func (l *lines) add(s string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.text = append(l.text, s)
}

func (l *lines) all() []string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return append([]string(nil), l.text...)
}

// await waits for a line with all of some parts.
func (l *lines) await(parts ...string) string {
	l.t.Helper()
	var found string
	await(l.t, func() bool {
		for _, line := range l.all() {
			if containsAll(line, parts) {
				found = line
				return true
			}
		}
		return false
	}, func() string {
		return fmt.Sprintf("%s never said %q, but\n%s", l.of, parts, strings.Join(l.all(), "\n"))
	})
	return found
}

func containsAll(s string, parts []string) bool {
	for _, p := range parts {
		if !strings.Contains(s, p) {
			return false
		}
	}
	return true
}

// await waits until a condition holds.
func await(t testing.TB, ok func() bool, otherwise func() string) {
	t.Helper()
	for deadline := time.Now().Add(40 * time.Second); !ok(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise())
		}
	}
}

// A lan is a switch.
type lan struct {
	*host
	ports int
}

func newLan(t testing.TB) *lan {
	l := &lan{host: newHost(t)}
	l.set("ipv6/conf/all/disable_ipv6", "1")
	l.ip("link add br0 type bridge", "link set br0 up")
	return l
}

// plug lays a cable from the switch to a new interface of a machine, which gets
// addresses. One without an IPv6 address has no IPv6 at all.
func (l *lan) plug(h *host, name string, addrs ...string) {
	l.t.Helper()
	l.ports++
	end := fmt.Sprintf("port%d", l.ports)
	h.ip(fmt.Sprintf("link add %s type veth peer name %s netns %d", name, end, l.tid))
	l.ip("link set "+end+" master br0", "link set "+end+" up")
	six := false
	for _, a := range addrs {
		six = six || netip.MustParsePrefix(a).Addr().Is6()
	}
	if six {
		h.set("ipv6/conf/"+name+"/accept_dad", "0")
	} else {
		h.set("ipv6/conf/"+name+"/disable_ipv6", "1")
	}
	h.ip("link set " + name + " up")
	for _, a := range addrs {
		h.ip("addr add " + a + " dev " + name)
	}
}

// respond runs a responder on the machine until stop is called, at the latest
// until the test ends.
func (h *host) respond(r *Responder) (stop func()) {
	h.t.Helper()
	return h.run(func(ctx context.Context) error { return r.Run(ctx) })
}

// browse runs a browser on the machine until the test ends.
func (h *host) browse(serviceType string) *sightings {
	h.t.Helper()
	s := &sightings{t: h.t}
	h.run(func(ctx context.Context) error { return Options{}.Browse(ctx, serviceType, s.add) })
	return s
}

// run runs something that must see the namespaces of the machine, in a thread of
// its own.
func (h *host) run(f func(context.Context) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error, 1)
	ns := h.open()
	go func() {
		runtime.LockOSThread() // for good
		defer ns.Close()
		if err := unix.Setns(int(ns.Fd()), unix.CLONE_NEWNET); err != nil {
			done <- err
			return
		}
		done <- f(ctx)
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		if err := <-done; err != nil {
			h.t.Errorf("run: %v", err)
		}
	})
	h.t.Cleanup(stop)
	return stop
}

// open opens the network namespace of the machine.
func (h *host) open() *os.File {
	h.t.Helper()
	var ns *os.File
	h.do(func() (err error) {
		ns, err = os.Open("/proc/thread-self/ns/net")
		return err
	})
	return ns
}

// A sightings is what a browser has told.
type sightings struct {
	t   testing.TB
	mu  sync.Mutex
	all []Found
}

func (s *sightings) add(f Found) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.all = append(s.all, f)
}

func (s *sightings) list() []Found {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Found(nil), s.all...)
}

// await waits until the browser has told something.
func (s *sightings) await(what string, ok func(Found) bool) Found {
	s.t.Helper()
	var found Found
	await(s.t, func() bool {
		for _, f := range s.list() {
			if ok(f) {
				found = f
				return true
			}
		}
		return false
	}, func() string { return fmt.Sprintf("Browse never told %s, but %+v", what, s.list()) })
	return found
}

// An avahi is an Avahi on a machine, with a bus to talk to it.
type avahi struct {
	*host
	env []string
	log *lines
}

// avahi starts Avahi on the machine.
func (h *host) avahi(name string) *avahi {
	h.t.Helper()
	dir := h.t.TempDir()
	bus, conf := filepath.Join(dir, "bus.conf"), filepath.Join(dir, "avahi.conf")
	write(h.t, bus, strings.ReplaceAll(busConf, "PATH", filepath.Join(dir, "bus")))
	write(h.t, conf, strings.ReplaceAll(avahiConf, "NAME", name))
	a := &avahi{host: h, env: []string{"DBUS_SYSTEM_BUS_ADDRESS=unix:path=" + filepath.Join(dir, "bus")}}
	_, busLines := h.start(nil, "dbus-daemon", "--config-file="+bus, "--nofork", "--nopidfile", "--print-address")
	busLines.await("unix:path=")
	h.do(func() error { return os.MkdirAll("/run/avahi-daemon", 0o755) })
	h.know("/etc/passwd", "avahi:x:102:109::/:/usr/sbin/nologin")
	h.know("/etc/group", "avahi:x:109:")
	_, a.log = h.start(a.env, "avahi-daemon", "--file="+conf, "--no-drop-root", "--no-chroot", "--no-rlimits", "--debug")
	a.log.await("Server startup complete")
	return a
}

// know adds an entry to a file of users or groups, as the programs of the machine
// see it, unless it is there: Avahi looks for its user even if it stays root.
func (h *host) know(path, entry string) {
	h.t.Helper()
	text, err := os.ReadFile(path)
	if err != nil {
		h.t.Fatal(err)
	}
	if strings.Contains(string(text), "avahi:") {
		return
	}
	other := filepath.Join(h.t.TempDir(), filepath.Base(path))
	write(h.t, other, string(text)+entry+"\n")
	h.do(func() error { return unix.Mount(other, path, "", unix.MS_BIND, "") })
}

const busConf = `<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <listen>unix:path=PATH</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow user="*"/>
    <allow own="*"/>
    <allow send_destination="*"/>
    <allow receive_sender="*"/>
  </policy>
</busconfig>
`

const avahiConf = `[server]
host-name=NAME
use-ipv4=yes
use-ipv6=yes
enable-dbus=yes
[publish]
publish-hinfo=no
publish-workstation=no
`

func write(t testing.TB, path, text string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
}

// browse has Avahi browse for a type, and resolve what it finds.
func (a *avahi) browse(serviceType string) *lines {
	a.t.Helper()
	_, l := a.start(a.env, "avahi-browse", "--resolve", "--parsable", "--no-db-lookup", serviceType)
	return l
}

// look has Avahi browse once for what there is now, and resolve it. One that goes
// on browsing does not tell where a service is that it has resolved under that name
// before, be it somebody else's by now.
func (a *avahi) look(serviceType string) (said string) {
	a.t.Helper()
	path := debian.Path(a.t, "avahi-browse")
	a.do(func() error {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		cmd := exec.CommandContext(ctx, path, "--resolve", "--parsable", "--no-db-lookup", "--terminate", serviceType)
		cmd.Env = append(os.Environ(), a.env...)
		out, _ := cmd.CombinedOutput() // where it fails, it says so, and is asked again
		said = string(out)
		return nil
	})
	return said
}

// publish has Avahi announce a service until stop is called.
func (a *avahi) publish(args ...string) (stop func()) {
	a.t.Helper()
	cmd, l := a.start(a.env, "avahi-publish", append([]string{"--service"}, args...)...)
	l.await("Established under name")
	return func() { _ = cmd.Process.Signal(os.Interrupt) }
}
