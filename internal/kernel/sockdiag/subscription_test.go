package sockdiag

import (
	"context"
	"errors"
	"net"
	"os"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

func subscription(t *testing.T) *Subscription {
	t.Helper()
	s, err := Subscribe()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	return s
}

// A gone is what the tests look at in a notice.
type gone struct {
	protocol Protocol
	family   uint8
	port     uint16
}

// next returns the first notice that arrives within a second.
func next(t *testing.T, s *Subscription) gone {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	var got gone
	err := s.Receive(ctx, func(s *Socket) {
		protocol, ok := s.Protocol()
		if !ok {
			t.Error("a notice without its protocol")
		}
		got = gone{protocol, s.Family, s.LocalPort}
	})
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func TestReceiveTellsClosedListeners(t *testing.T) {
	enterNetNS(t)
	s := subscription(t)
	for _, tt := range []struct {
		network, address string
		want             gone
	}{
		{"tcp4", "127.0.0.1:81", gone{TCP, unix.AF_INET, 81}},
		{"tcp6", "[::1]:82", gone{TCP, unix.AF_INET6, 82}},
		{"tcp", ":83", gone{TCP, unix.AF_INET6, 83}},
	} {
		l, err := net.Listen(tt.network, tt.address)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if got := next(t, s); got != tt.want {
			t.Errorf("%s %s: %+v, want %+v", tt.network, tt.address, got, tt.want)
		}
	}
	u, err := net.ListenPacket("udp4", "127.0.0.1:84")
	if err != nil {
		t.Fatal(err)
	}
	u.Close()
	if got, want := next(t, s), (gone{UDP, unix.AF_INET, 84}); got != want {
		t.Errorf("udp: %+v, want %+v", got, want)
	}
}

// TestReceiveSleepsThroughConnections ends a thousand connections, in each way
// that one can end, and then one listener: the listener's notice must be the
// first thing heard.
func TestReceiveSleepsThroughConnections(t *testing.T) {
	enterNetNS(t)
	l4, _ := listen(t, "tcp4", "127.0.0.1:0")
	l6, _ := listen(t, "tcp6", "[::1]:0")
	dual, p := listen(t, "tcp", ":0")
	mapped := &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2), Port: int(p)}
	last, err := net.Listen("tcp4", "127.0.0.1:86")
	if err != nil {
		t.Fatal(err)
	}
	s := subscription(t)
	for range 250 {
		hangUp(t, l4, l4.Addr().(*net.TCPAddr), false)
		hangUp(t, l6, l6.Addr().(*net.TCPAddr), true)
		hangUp(t, dual, mapped, true)
		if c, err := net.Dial("tcp", "127.0.0.1:1"); err == nil {
			c.Close()
			t.Fatal("connected to a port that nobody listens on")
		}
	}
	last.Close()
	if got, want := next(t, s), (gone{TCP, unix.AF_INET, 86}); got != want {
		t.Errorf("woken for %+v, want %+v", got, want)
	}
}

// hangUp makes a connection and ends it, by reset when asked.
func hangUp(t *testing.T, l net.Listener, to *net.TCPAddr, reset bool) {
	t.Helper()
	client, err := net.DialTCP("tcp", nil, to)
	if err != nil {
		t.Fatal(err)
	}
	server, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	if reset {
		client.SetLinger(0)
	}
	client.Close()
	server.Close()
}

// TestPauseTellsNothing closes a listener while the subscription is paused and
// another after it: the second must be the first thing heard.
func TestPauseTellsNothing(t *testing.T) {
	enterNetNS(t)
	s, witness := subscription(t), subscription(t)
	for _, step := range []struct {
		turn    func() error
		address string
	}{{s.Pause, "127.0.0.1:87"}, {s.Resume, "127.0.0.1:88"}} {
		if err := step.turn(); err != nil {
			t.Fatal(err)
		}
		l, err := net.Listen("tcp4", step.address)
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		next(t, witness) // a kernel worker sends the notice some time after the close
	}
	if got, want := next(t, s), (gone{TCP, unix.AF_INET, 88}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}

func TestReceiveEndsWithItsContext(t *testing.T) {
	enterNetNS(t)
	s := subscription(t)
	for range 3 { // an ended wait must not disturb the next
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if err := s.Receive(ctx, func(*Socket) {}); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
		cancel()
		l, err := net.Listen("tcp4", "127.0.0.1:85")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		if got := next(t, s); got.port != 85 {
			t.Errorf("after an ended wait: %+v", got)
		}
	}
}

func TestReceiveEndsWithClose(t *testing.T) {
	enterNetNS(t)
	s := subscription(t)
	ended := make(chan error)
	go func() { ended <- s.Receive(context.Background(), func(*Socket) {}) }()
	s.Close()
	select {
	case err := <-ended:
		if !errors.Is(err, os.ErrClosed) {
			t.Errorf("got %v, want %v", err, os.ErrClosed)
		}
	case <-time.After(5 * time.Second):
		t.Fatal("Receive did not return after Close")
	}
}

// TestReceiveTellsWhatItMissed closes more listeners than the smallest receive
// buffer has room for, and receives only after it overflowed.
func TestReceiveTellsWhatItMissed(t *testing.T) {
	enterNetNS(t)
	s := subscription(t)
	var all []net.Listener
	for range 50 {
		l, err := net.Listen("tcp4", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, l)
	}
	err := s.conn.Control(func(fd uintptr) {
		if err := unix.SetsockoptInt(int(fd), unix.SOL_SOCKET, unix.SO_RCVBUF, 1); err != nil {
			t.Error(err)
		}
		for _, l := range all {
			l.Close()
		}
		overflow := []unix.PollFd{{Fd: int32(fd)}}
		if _, err := unix.Poll(overflow, 5000); err != nil || overflow[0].Revents&unix.POLLERR == 0 {
			t.Errorf("no overflow in 5 s: %v, %+v", err, overflow)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Receive(t.Context(), func(*Socket) {}); !errors.Is(err, ErrMissed) {
		t.Errorf("got %v, want %v", err, ErrMissed)
	}
}
