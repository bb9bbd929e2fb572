package kernel

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/kernel/procfs"
	"github.com/portreeve/portreeve/internal/port"
)

func TestListeners(t *testing.T) {
	enterNetNS(t)
	addAddress(t, "lo", [4]byte{192, 0, 2, 1})
	for _, a := range []struct{ network, address string }{
		{"tcp4", "127.0.0.1:80"}, {"tcp6", "[::1]:80"}, {"tcp", ":443"}, {"tcp6", "[::]:444"},
		{"tcp4", "0.0.0.0:445"}, {"tcp4", "192.0.2.1:80"},
	} {
		listen(t, a.network, a.address)
	}
	listenMapped(t, [4]byte{192, 0, 2, 1}, 446)
	u, err := net.ListenPacket("udp", ":53")
	if err != nil {
		t.Fatal(err)
	}
	defer u.Close()
	connected, err := net.Dial("udp", "127.0.0.1:53")
	if err != nil {
		t.Fatal(err)
	}
	defer connected.Close()
	want := []string{
		"tcp ipv4 127.0.0.1:80 loopback",
		"tcp ipv4 192.0.2.1:80 public",
		"tcp ipv6 [::1]:80 loopback v6only",
		"tcp ipv6 [::]:443 all",
		"tcp ipv6 [::]:444 all v6only",
		"tcp ipv4 0.0.0.0:445 all",
		"tcp ipv4 192.0.2.1:446 public",
		"udp ipv6 [::]:53 all",
	}
	for _, source := range sources {
		t.Run(source, inNamespaceOf(t, func(t *testing.T) {
			var got []string
			for _, s := range listening(t, open(t, Options{Source: source})) {
				line := fmt.Sprintf("%s %s %s %s", s.Proto, s.Bind.Family, net.JoinHostPort(s.Bind.Addr.String(), fmt.Sprint(s.Port)), s.Bind.Scope)
				// Where /proc is the source, nobody can tell.
				if s.Bind.V6Only || source == Procfs && (s.Port == 444 || s.Bind.Addr.String() == "::1") {
					line += " v6only"
				}
				got = append(got, line)
				if s.Bind.Inode == 0 || s.UID != 0 || !s.Owner.Known || s.Bind.Queue.Full {
					t.Errorf("%+v", s)
				}
				if known := source == Netlink || s.Proto == port.UDP; s.Bind.Queue.Known != known || known && s.Proto == port.TCP && s.Bind.Queue.Limit == 0 {
					t.Errorf("queue of %s: %+v", line, s.Bind.Queue)
				}
			}
			if !slices.Equal(got, want) {
				t.Errorf("got  %q\nwant %q", got, want)
			}
		}))
	}
}

// inNamespaceOf returns f to run as a subtest in the network namespace of t.
func inNamespaceOf(t *testing.T, f func(t *testing.T)) func(t *testing.T) {
	t.Helper()
	ns, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(ns) })
	return func(t *testing.T) {
		joinNetNS(t, ns)
		f(t)
	}
}

// listenMapped listens on an IPv4 address with an IPv6 socket, as Java does.
func listenMapped(t *testing.T, a [4]byte, p int) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET6, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	mapped := &unix.SockaddrInet6{Port: p, Addr: netip.AddrFrom4(a).As16()}
	if err := unix.Bind(fd, mapped); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, 1); err != nil {
		t.Fatal(err)
	}
}

// addAddress gives a device another address.
func addAddress(t *testing.T, device string, a [4]byte) {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_DGRAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(fd)
	request, err := unix.NewIfreq(device + ":1")
	if err != nil {
		t.Fatal(err)
	}
	if err := request.SetInet4Addr(a[:]); err != nil {
		t.Fatal(err)
	}
	if err := unix.IoctlIfreq(fd, unix.SIOCSIFADDR, request); err != nil {
		t.Fatal(err)
	}
}

func TestListenersThatShareAPort(t *testing.T) {
	enterNetNS(t)
	reuse := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failure error
		err := c.Control(func(fd uintptr) {
			failure = unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_REUSEPORT, 1)
		})
		return errors.Join(err, failure)
	}}
	for range 2 {
		l, err := reuse.Listen(t.Context(), "tcp4", "127.0.0.1:8080")
		if err != nil {
			t.Fatal(err)
		}
		defer l.Close()
	}
	got := listening(t, open(t, Options{}))
	if len(got) != 2 || got[0].Bind.Inode >= got[1].Bind.Inode {
		t.Errorf("want two sockets in the order of their inodes, got %+v", got)
	}
}

func TestListenerOnADevice(t *testing.T) {
	enterNetNS(t)
	bound := net.ListenConfig{Control: func(_, _ string, c syscall.RawConn) error {
		var failure error
		err := c.Control(func(fd uintptr) { failure = unix.BindToDevice(int(fd), "lo") })
		return errors.Join(err, failure)
	}}
	l, err := bound.Listen(t.Context(), "tcp4", ":8080")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got := listening(t, open(t, Options{}))
	if len(got) != 1 || got[0].Bind.Interface != "lo" {
		t.Errorf("want one socket on lo, got %+v", got)
	}
}

// TestFullAcceptQueue connects to a server that accepts nobody until the
// kernel drops a connection for want of room.
func TestFullAcceptQueue(t *testing.T) {
	enterNetNS(t)
	p := backlog(t, 4)
	r := open(t, Options{})
	settles := func(r *Reader, when string, want port.Queue) {
		t.Helper()
		eventually(t, func() error {
			q := listening(t, r)[0].Bind.Queue
			if q.Drops > 0 && want.Drops > 0 {
				q.Drops = want.Drops
			}
			if q != want {
				return fmt.Errorf("%s: %+v, want %+v", when, q, want)
			}
			return nil
		})
	}
	for range 4 {
		dial(t, "127.0.0.1", "127.0.0.1", p)
	}
	settles(r, "at its limit", port.Queue{Known: true, Length: 4, Limit: 4})
	dial(t, "127.0.0.1", "127.0.0.1", p)
	settles(r, "past its limit", port.Queue{Known: true, Length: 5, Limit: 4, Full: true})
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if c, err := (&net.Dialer{}).DialContext(ctx, "tcp4", fmt.Sprintf("127.0.0.1:%d", p)); err == nil {
		c.Close()
		t.Fatal("there was room for a sixth connection")
	}
	settles(r, "after a drop", port.Queue{Known: true, Length: 5, Limit: 4, Drops: 1, Full: true})
	settles(open(t, Options{Source: Procfs}), "/proc tells the length alone", port.Queue{Length: 5})
}

func TestListenersAllocateNothing(t *testing.T) {
	enterNetNS(t)
	listen(t, "tcp", ":80")
	listen(t, "tcp4", "127.0.0.1:81")
	for _, source := range sources {
		r := open(t, Options{Source: source})
		r.listeners.others.lookAt = time.Now().Add(time.Hour) // the machine's namespace is another one here
		var into port.Listening
		ctx := t.Context()
		read := func() {
			if err := r.Listeners(ctx, &into); err != nil {
				t.Fatal(err)
			}
		}
		read()
		if n := testing.AllocsPerRun(20, read); n != 0 {
			t.Errorf("%s: %v allocations per pass, want 0", source, n)
		}
		if len(into.Sockets) != 2 || into.Cost <= 0 || into.Cost > time.Second || into.Search <= 0 {
			t.Errorf("%s: %d sockets, cost %v", source, len(into.Sockets), into.Cost)
		}
	}
}

func TestListeningTellsWhereItComesFrom(t *testing.T) {
	enterNetNS(t)
	for _, source := range []string{"", Netlink, Procfs} {
		r := open(t, Options{Source: source})
		var got port.Listening
		if err := r.Listeners(t.Context(), &got); err != nil {
			t.Fatal(err)
		}
		want := source
		if source == "" {
			want = Netlink
		}
		says := slices.ContainsFunc(got.Degraded, func(d port.Degraded) bool { return d.Code == "netlink" })
		if got.Source != want || says != (want == Procfs) {
			t.Errorf("source %q: got %q, degraded %+v", source, got.Source, got.Degraded)
		}
		if got.NetNS != inodeOf("/proc/thread-self/ns/net") || got.NetNS == 0 {
			t.Errorf("namespace %d", got.NetNS)
		}
		if got.Ephemeral != (port.Range{Low: 32768, High: 60999}) { // what a new namespace starts with
			t.Errorf("ephemeral ports %v", got.Ephemeral)
		}
		if got.At.IsZero() || time.Since(got.At) > time.Minute {
			t.Errorf("looked at %v", got.At)
		}
	}
}

func TestTidyDropsWhatWasSeenTwice(t *testing.T) {
	a := port.Socket{Proto: port.TCP, Port: 80, Bind: port.Bind{Inode: 7}}
	elsewhere := a
	elsewhere.NetNS = 1
	nobody := port.Socket{Proto: port.UDP, Port: 80}
	got := tidy([]port.Socket{nobody, elsewhere, a, nobody, a})
	want := []port.Socket{a, elsewhere, nobody, nobody}
	if !slices.EqualFunc(got, want, func(x, y port.Socket) bool {
		return x.Proto == y.Proto && x.NetNS == y.NetNS && x.Bind.Inode == y.Bind.Inode
	}) {
		t.Errorf("got %+v", got)
	}
}

// TestSearchIsNoCost has owners looked for among many descriptors in every
// pass: that is no reason to look at the sockets less often.
func TestSearchIsNoCost(t *testing.T) {
	enterNetNS(t)
	listen(t, "tcp4", "127.0.0.1:80")
	for range 900 {
		fd, err := unix.Open("/dev/null", unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { unix.Close(fd) })
	}
	r := open(t, Options{Owners: procfs.OwnersOptions{Budget: 1e9, Rescan: 1}})
	cost, search := time.Hour, time.Hour
	for range 10 {
		var into port.Listening
		if err := r.Listeners(t.Context(), &into); err != nil {
			t.Fatal(err)
		}
		cost, search = min(cost, into.Cost), min(search, into.Search)
	}
	if cost <= 0 || search < cost {
		t.Errorf("reading one socket takes %v, looking through all descriptors %v", cost, search)
	}
}
