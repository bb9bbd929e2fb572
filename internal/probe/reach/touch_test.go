package reach

import (
	"context"
	"errors"
	"io"
	"net"
	"net/netip"
	"os"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/health"
)

func TestTouchAcceptIsSeenAndReset(t *testing.T) {
	n := New(Options{})
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		ln := listen(t, "tcp", address)
		if err := n.Touch(t.Context(), addrOf(ln), health.Accept); err != nil {
			t.Errorf("%s: %v", address, err)
		}
		c, err := ln.Accept()
		if err != nil {
			t.Fatal(err)
		}
		if _, err := c.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
			t.Errorf("%s: the server read %v, want a reset: a FIN would leave TIME_WAIT with us", address, err)
		}
		c.Close()
	}
}

// TestTouchListenIsNotSeen: the application sees none of 2,000 checks, while a
// full connection after them is the first that it accepts.
func TestTouchListenIsNotSeen(t *testing.T) {
	ln := listen(t, "tcp", "127.0.0.1:0")
	accepted := make(chan net.Conn)
	var seen atomic.Int32
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				close(accepted)
				return
			}
			seen.Add(1)
			accepted <- c
		}
	}()
	n := New(Options{})
	var slow int32 // checks during which we did not get to run: the kernel may have sent the last packet
	for i := range 2000 {
		began := time.Now()
		if err := n.Touch(t.Context(), addrOf(ln), health.Listen); err != nil {
			t.Fatalf("check %d: %v", i, err)
		}
		if time.Since(began) > 30*time.Millisecond {
			slow++
		}
	}
	if err := n.Touch(t.Context(), addrOf(ln), health.Accept); err != nil {
		t.Fatal(err)
	}
	for range slow {
		select {
		case c := <-accepted:
			c.Close()
		default:
		}
	}
	(<-accepted).Close()
	if seen.Load() > 1+slow {
		t.Errorf("accept() saw %d connections, want the last alone; %d checks were slow", seen.Load(), slow)
	}
}

// TestAServerThatNeverAccepts: the kernel completes handshakes for it until its
// backlog is full, and our own checks fill it. Asked whether it listens, it
// passes for ever.
func TestAServerThatNeverAccepts(t *testing.T) {
	enterNetNS(t)
	addr := backlog(t, 4)
	n := New(Options{})
	touch := func(mode health.Mode) health.Reason {
		ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
		defer cancel()
		_, reason, _ := Classify(n.Touch(ctx, addr, mode))
		return reason
	}
	for i := range 100 {
		if reason := touch(health.Listen); reason != "" {
			t.Fatalf("half-open check %d: %s", i, reason)
		}
	}
	passed := 0
	for passed < 100 && touch(health.Accept) == "" {
		passed++
	}
	if passed != 5 {
		t.Errorf("%d full connections passed, want a backlog of 4 and one", passed)
	}
	if reason := touch(health.Accept); reason != health.Timeout {
		t.Errorf("with a full backlog: %s", reason)
	}
}

// backlog returns an address that listens and never accepts.
func backlog(t testing.TB, n int) netip.AddrPort {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	s := socket{fd: fd}
	if err := errors.Join(unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}), unix.Listen(fd, n)); err != nil {
		t.Fatal(err)
	}
	return s.local()
}

// TestNoTimeWaitIsLeft, neither with us nor with the server, which are the same
// kernel here.
func TestNoTimeWaitIsLeft(t *testing.T) {
	enterNetNS(t)
	ln := listen(t, "tcp4", "127.0.0.1:0")
	acceptAll(ln)
	n := New(Options{})
	for i := range 300 {
		mode := health.Accept
		if i%3 == 0 {
			mode = health.Listen
		}
		if err := n.Touch(t.Context(), addrOf(ln), mode); err != nil {
			t.Fatal(err)
		}
		if i%3 == 1 {
			c, err := n.Dial(t.Context(), addrOf(ln))
			if err != nil {
				t.Fatal(err)
			}
			c.Close()
		}
	}
	if waiting := timeWait(t); waiting != 0 {
		t.Errorf("%d sockets are in TIME_WAIT", waiting)
	}
}

// timeWait counts sockets in TIME_WAIT in the test's namespace.
func timeWait(t testing.TB) (n int) {
	t.Helper()
	b, err := os.ReadFile("/proc/thread-self/net/tcp")
	if err != nil {
		t.Fatal(err)
	}
	for line := range strings.Lines(string(b)) {
		if f := strings.Fields(line); len(f) > 3 && f[3] == "06" {
			n++
		}
	}
	return n
}

// TestConnectedToItselfIsRefused has an ephemeral range of one port: who asks
// that port is given it for the own end as well, and both ends open at once.
func TestConnectedToItselfIsRefused(t *testing.T) {
	enterNetNS(t)
	sysctl(t, "net/ipv4/ip_local_port_range", "45000 45000")
	err := New(Options{}).Touch(t.Context(), netip.MustParseAddrPort("127.0.0.1:45000"), health.Accept)
	if v, r, text := Classify(err); v != health.Fail || r != health.Refused || text != "127.0.0.1:45000: connection refused" {
		t.Errorf("%s %s %s", v, r, text)
	}
}

// TestTouchEndsWithItsContext asks somebody who never answers.
func TestTouchEndsWithItsContext(t *testing.T) {
	enterNetNS(t)
	nft(t, "table ip t {\nchain i {\ntype filter hook input priority 0;\ntcp dport 81 drop\n}\n}")
	n := New(Options{})
	addr := netip.MustParseAddrPort("127.0.0.1:81")

	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	v, r, text := Classify(n.Touch(ctx, addr, health.Accept))
	if took := time.Since(began); v != health.Fail || r != health.Timeout || text != "127.0.0.1:81: no answer" || took < 50*time.Millisecond || took > 5*time.Second {
		t.Errorf("out of time: %s %s %s after %v", v, r, text, took)
	}

	ctx, cancel = context.WithCancel(t.Context())
	time.AfterFunc(50*time.Millisecond, cancel)
	if v, r, text := Classify(n.Touch(ctx, addr, health.Accept)); v != health.Indeterminate || r != health.LocalOverload || text != "127.0.0.1:81: given up before the answer came" {
		t.Errorf("cancelled: %s %s %s", v, r, text)
	}
	if v, r, _ := Classify(n.Touch(ctx, addr, health.Accept)); v != health.Indeterminate || r != health.LocalOverload {
		t.Errorf("cancelled before: %s %s", v, r)
	}
	past, cancel := context.WithDeadline(t.Context(), time.Now().Add(-time.Second))
	defer cancel()
	if v, r, _ := Classify(n.Touch(past, addr, health.Accept)); v != health.Fail || r != health.Timeout {
		t.Errorf("late from the start: %s %s", v, r)
	}
}

func TestTouchManyAtOnce(t *testing.T) {
	ln := listen(t, "tcp4", "127.0.0.1:0")
	acceptAll(ln)
	n := New(Options{})
	var wg sync.WaitGroup
	var failed atomic.Int32
	for range 64 {
		wg.Go(func() {
			for range 50 {
				ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
				if n.Touch(ctx, addrOf(ln), health.Accept) != nil {
					failed.Add(1)
				}
				cancel()
			}
		})
	}
	wg.Wait()
	if failed.Load() != 0 {
		t.Errorf("%d checks of a healthy server failed", failed.Load())
	}
}

func TestDialHandsOverAConnection(t *testing.T) {
	ln := listen(t, "tcp4", "127.0.0.1:0")
	n := New(Options{})
	c, err := n.Dial(t.Context(), addrOf(ln))
	if err != nil {
		t.Fatal(err)
	}
	other, err := ln.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if c.RemoteAddr().String() != ln.Addr().String() || c.LocalAddr().String() != other.RemoteAddr().String() {
		t.Errorf("from %s to %s", c.LocalAddr(), c.RemoteAddr())
	}
	echo := func(from, to net.Conn) {
		t.Helper()
		got := make([]byte, 5)
		if _, err := io.WriteString(from, "hello"); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadFull(to, got); err != nil || string(got) != "hello" {
			t.Fatalf("%q, %v", got, err)
		}
	}
	echo(c, other)
	echo(other, c)

	_ = c.SetReadDeadline(time.Now().Add(10 * time.Millisecond))
	_, err = c.Read(make([]byte, 1))
	if v, r, text := Classify(err); v != health.Fail || r != health.Timeout || string(text) != ln.Addr().String()+": no answer" {
		t.Errorf("a silent server: %s %s %s", v, r, text)
	}
	c.Close()
	if _, err := other.Read(make([]byte, 1)); !errors.Is(err, syscall.ECONNRESET) {
		t.Errorf("the server read %v, want a reset", err)
	}
	if _, err := c.Read(make([]byte, 1)); !errors.Is(err, net.ErrClosed) {
		t.Errorf("reading a closed connection: %v", err)
	}
	other.Close()
}

func TestConnectionsTellWhatBecameOfThem(t *testing.T) {
	ln := listen(t, "tcp4", "127.0.0.1:0")
	n := New(Options{})
	ends := []struct {
		name string
		end  func(*net.TCPConn) error
		want health.Reason
	}{
		{"reset", func(c *net.TCPConn) error { return c.SetLinger(0) }, health.Reset},
		{"closed", func(*net.TCPConn) error { return nil }, health.Reset},
	}
	for _, tt := range ends {
		c, err := n.Dial(t.Context(), addrOf(ln))
		if err != nil {
			t.Fatal(err)
		}
		other, err := ln.AcceptTCP()
		if err != nil {
			t.Fatal(err)
		}
		if err := errors.Join(tt.end(other), other.Close()); err != nil {
			t.Fatal(err)
		}
		_, err = c.Read(make([]byte, 1))
		if v, r, _ := Classify(err); v != health.Fail || r != tt.want {
			t.Errorf("%s: %s %s, %v", tt.name, v, r, err)
		}
		c.Close()
	}
}
