package kernel

import (
	"context"
	"net"
	"strconv"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/port"
)

// sources are the two ways to read that must agree.
var sources = []string{Netlink, Procfs}

// background is the context of what no test ends.
var background = context.Background()

func open(t testing.TB, o Options) *Reader {
	t.Helper()
	r, err := Open(o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.Close() })
	return r
}

func listen(t testing.TB, network, address string) net.Listener {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l
}

func portOf(l net.Listener) uint16 { return uint16(l.Addr().(*net.TCPAddr).Port) }

// listening returns the listeners of the own namespace.
func listening(t testing.TB, r *Reader) []port.Socket {
	t.Helper()
	var all port.Listening
	if err := r.Listeners(t.Context(), &all); err != nil {
		t.Fatal(err)
	}
	var own []port.Socket
	for _, s := range all.Sockets {
		if s.NetNS == all.NetNS {
			own = append(own, s)
		}
	}
	return own
}

func count(t testing.TB, r *Reader, req port.ConnectionsRequest) port.Connections {
	t.Helper()
	var c port.Connections
	if err := r.Connections(t.Context(), req, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// dial connects to a port from an address, both on this machine.
func dial(t testing.TB, from, to string, p uint16) *net.TCPConn {
	t.Helper()
	d := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(from)}}
	c, err := d.DialContext(background, "tcp", net.JoinHostPort(to, strconv.Itoa(int(p))))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

func accept(t testing.TB, l net.Listener) *net.TCPConn {
	t.Helper()
	c, err := l.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c.(*net.TCPConn)
}

// backlog returns a listener whose accept queue has room for n connections and
// one more.
func backlog(t testing.TB, n int) uint16 {
	t.Helper()
	fd, err := unix.Socket(unix.AF_INET, unix.SOCK_STREAM|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { unix.Close(fd) })
	if err := unix.Bind(fd, &unix.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		t.Fatal(err)
	}
	if err := unix.Listen(fd, n); err != nil {
		t.Fatal(err)
	}
	name, err := unix.Getsockname(fd)
	if err != nil {
		t.Fatal(err)
	}
	return uint16(name.(*unix.SockaddrInet4).Port)
}
