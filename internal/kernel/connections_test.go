package kernel

import (
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/kernel/sockdiag"
	"github.com/portreeve/portreeve/internal/port"
)

// byFamily returns the counts of a port by the family of the client.
func byFamily(c port.Connections, p uint16) (v4, v6 port.Counts) {
	for _, n := range c.Ports {
		switch {
		case n.Port == p && n.Family == port.IPv4:
			v4 = n.Counts
		case n.Port == p && n.Family == port.IPv6:
			v6 = n.Counts
		}
	}
	return v4, v6
}

// eventually tries until what holds after the kernel has caught up with us.
func eventually(t *testing.T, try func() error) {
	t.Helper()
	deadline := time.Now().Add(5 * time.Second)
	for {
		err := try()
		if err == nil {
			return
		}
		if time.Now().After(deadline) {
			t.Fatal(err)
		}
		time.Sleep(time.Millisecond)
	}
}

// TestConnectionsAreCountedOnce has 200 connections with both ends on this
// machine.
func TestConnectionsAreCountedOnce(t *testing.T) {
	for _, address := range []string{"127.0.0.1", "::1"} {
		t.Run(address, func(t *testing.T) {
			enterNetNS(t)
			l := listen(t, "tcp", net.JoinHostPort(address, "8500"))
			var ends []net.Conn
			for range 200 {
				ends = append(ends, dial(t, address, address, 8500), accept(t, l))
			}
			want := port.Counts{Established: 200}
			for _, source := range sources {
				c := count(t, open(t, Options{Source: source}), port.ConnectionsRequest{Ports: []uint16{8500}})
				if got, _ := c.Count(8500); got != want || len(c.Ports) != 2 {
					t.Errorf("%s: %+v, want %+v", source, got, want)
				}
			}
			for _, c := range ends { // the clients first: TIME_WAIT is theirs
				c.Close()
			}
			l.Close()
			for _, source := range sources {
				r := open(t, Options{Source: source})
				eventually(t, func() error {
					c := count(t, r, port.ConnectionsRequest{Ports: []uint16{8500}})
					if got, known := c.Count(8500); got != (port.Counts{}) || !known || c.TimeWait != 200 {
						return fmt.Errorf("%s: after the end %+v, known %v, %d in TIME_WAIT", source, got, known, c.TimeWait)
					}
					return nil
				})
			}
		})
	}
}

func TestConnectionsByStateAndFamily(t *testing.T) {
	enterNetNS(t)
	l := listen(t, "tcp", ":8500")
	deferred := listen(t, "tcp4", "127.0.0.1:8501")
	deferAccept(t, deferred)
	wall := backlog(t, 10)
	// One accepted of each family; the IPv4 client of the [::] socket is v4-mapped.
	dial(t, "127.0.0.1", "127.0.0.1", 8500)
	accept(t, l)
	dial(t, "::1", "::1", 8500)
	accept(t, l)
	// The client of one hung up: CLOSE_WAIT. The server of one did: FIN_WAIT2.
	dial(t, "127.0.0.1", "127.0.0.1", 8500).CloseWrite()
	accept(t, l)
	dial(t, "::1", "::1", 8500)
	accept(t, l).CloseWrite()
	// Nobody accepts these, and the client of the second has hung up.
	dial(t, "127.0.0.1", "127.0.0.1", wall)
	dial(t, "127.0.0.1", "127.0.0.1", wall).Close()
	// The kernel keeps this one in SYN_RECV until the client sends something.
	dial(t, "127.0.0.1", "127.0.0.1", 8501)

	ports := []uint16{8500, 8501, wall, 9}
	slices.Sort(ports)
	for _, source := range sources {
		r := open(t, Options{Source: source})
		eventually(t, func() error {
			c := count(t, r, port.ConnectionsRequest{Ports: ports})
			v4, v6 := byFamily(c, 8500)
			unaccepted, _ := c.Count(wall)
			half, _ := c.Count(8501)
			none, known := c.Count(9)
			switch {
			case v4 != (port.Counts{Established: 1, CloseWait: 1}):
				return fmt.Errorf("%s: IPv4 %+v", source, v4)
			case v6 != (port.Counts{Established: 1, FinWait2: 1}):
				return fmt.Errorf("%s: IPv6 %+v", source, v6)
			case unaccepted != (port.Counts{Unaccepted: 2}):
				return fmt.Errorf("%s: unaccepted %+v", source, unaccepted)
			case half != (port.Counts{SynRecv: 1}):
				return fmt.Errorf("%s: half open %+v", source, half)
			case none != (port.Counts{}) || !known || len(c.Ports) != 8:
				return fmt.Errorf("%s: want both families of every port: %+v", source, c.Ports)
			}
			return nil
		})
	}
}

func deferAccept(t *testing.T, l net.Listener) {
	t.Helper()
	raw, err := l.(*net.TCPListener).SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	err = raw.Control(func(fd uintptr) {
		if err := unix.SetsockoptInt(int(fd), unix.IPPROTO_TCP, unix.TCP_DEFER_ACCEPT, 30); err != nil {
			t.Error(err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestClientsByAddress(t *testing.T) {
	enterNetNS(t)
	l := listen(t, "tcp", ":8500")
	want := map[string]uint32{"127.0.0.2": 3, "127.0.0.3": 1, "127.0.0.4": 5, "127.0.0.5": 1, "::1": 3}
	for from, n := range want {
		to := "127.0.0.1"
		if from == "::1" {
			to = from
		}
		for range n {
			dial(t, from, to, 8500)
			accept(t, l)
		}
	}
	dial(t, "127.0.0.9", "127.0.0.1", 8500) // not accepted: no client of the server yet
	other := listen(t, "tcp4", "127.0.0.1:8501")
	dial(t, "127.0.0.4", "127.0.0.1", 8501)
	accept(t, other)
	req := port.ConnectionsRequest{Ports: []uint16{8500, 8501}, Clients: []uint16{8500}, Top: 3}
	for _, source := range sources {
		c := count(t, open(t, Options{Source: source}), req)
		got, ok := c.ClientsOf(8500)
		top := []port.Client{
			{Addr: netip.MustParseAddr("127.0.0.4"), Connections: 5},
			{Addr: netip.MustParseAddr("127.0.0.2"), Connections: 3},
			{Addr: netip.IPv6Loopback(), Connections: 3},
		}
		if !ok || got.Distinct != 5 || got.Error != 0 || got.Other != 2 || !slices.Equal(got.Top, top) {
			t.Errorf("%s: %+v", source, got)
		}
		if _, ok := c.ClientsOf(8501); ok {
			t.Errorf("%s: clients of a port that nobody asked about", source)
		}
	}
}

// TestCountTakesTheRightField counts one connection of each state, held by a
// descriptor and not.
func TestCountTakesTheRightField(t *testing.T) {
	tests := []struct {
		state        sockdiag.State
		held, unheld port.Counts
	}{
		{sockdiag.Established, port.Counts{Established: 1}, port.Counts{Unaccepted: 1}},
		{sockdiag.SynSent, port.Counts{}, port.Counts{}},
		{sockdiag.SynRecv, port.Counts{SynRecv: 1}, port.Counts{SynRecv: 1}},
		{sockdiag.FinWait1, port.Counts{FinWait1: 1}, port.Counts{FinWait1: 1}},
		{sockdiag.FinWait2, port.Counts{FinWait2: 1}, port.Counts{FinWait2: 1}},
		{sockdiag.TimeWait, port.Counts{}, port.Counts{}},
		{sockdiag.Closed, port.Counts{}, port.Counts{}},
		{sockdiag.CloseWait, port.Counts{CloseWait: 1}, port.Counts{Unaccepted: 1}},
		{sockdiag.LastAck, port.Counts{LastAck: 1}, port.Counts{LastAck: 1}},
		{sockdiag.Listen, port.Counts{}, port.Counts{}},
		{sockdiag.Closing, port.Counts{Closing: 1}, port.Counts{Closing: 1}},
		{99, port.Counts{}, port.Counts{}},
	}
	for _, tt := range tests {
		for _, held := range []bool{true, false} {
			c := newCounter()
			c.set(&port.ConnectionsRequest{Ports: []uint16{80}})
			c.count(80, tt.state, held, netip.MustParseAddr("192.0.2.1"))
			c.count(81, tt.state, held, netip.MustParseAddr("192.0.2.1"))
			want := tt.unheld
			if held {
				want = tt.held
			}
			if got := c.tallies[0]; got.v4 != want || got.v6 != (port.Counts{}) {
				t.Errorf("state %d, held %v: %+v, want %+v", tt.state, held, got.v4, want)
			}
		}
	}
}

func TestConnectionsAllocateNothing(t *testing.T) {
	enterNetNS(t)
	l := listen(t, "tcp", ":8500")
	for range 10 {
		dial(t, "127.0.0.1", "127.0.0.1", 8500)
		accept(t, l)
	}
	requests := []port.ConnectionsRequest{
		{},
		{Ports: []uint16{8500}, Clients: []uint16{8500}, Top: 10},
		{Ports: []uint16{80, 443, 8500}, Clients: []uint16{443, 8500}, Top: 10},
	}
	for _, source := range sources {
		r := open(t, Options{Source: source})
		for _, req := range requests {
			var into port.Connections
			ctx := t.Context()
			read := func() {
				if err := r.Connections(ctx, req, &into); err != nil {
					t.Fatal(err)
				}
			}
			read()
			if n := testing.AllocsPerRun(20, read); n != 0 {
				t.Errorf("%s: %v allocations per pass for %+v, want 0", source, n, req)
			}
			if into.Cost <= 0 || into.Cost > time.Second {
				t.Errorf("%s: cost %v", source, into.Cost)
			}
		}
	}
}

func TestConnectionsAnswersAreWhole(t *testing.T) {
	enterNetNS(t)
	r := open(t, Options{})
	var into port.Connections
	big := port.ConnectionsRequest{Ports: []uint16{1, 2, 3}, Clients: []uint16{1, 3}, Top: 2}
	small := port.ConnectionsRequest{Ports: []uint16{3}, Clients: []uint16{3}}
	for _, req := range []port.ConnectionsRequest{big, small, {}, big} { // into is used again
		if err := r.Connections(t.Context(), req, &into); err != nil {
			t.Fatal(err)
		}
		if len(into.Ports) != 2*len(req.Ports) || len(into.Clients) != len(req.Clients) {
			t.Fatalf("asked for %+v, got %+v", req, into)
		}
		for i, c := range into.Clients {
			if c.Port != req.Clients[i] || c.Top == nil || len(c.Top) != 0 || c.Distinct != 0 {
				t.Errorf("asked for %+v, got %+v", req, c)
			}
		}
	}
}

func TestConnectionsRefusesBadRequests(t *testing.T) {
	r := open(t, Options{})
	for _, req := range []port.ConnectionsRequest{
		{Ports: []uint16{443, 80}},
		{Ports: []uint16{80, 80}},
		{Ports: []uint16{80, 443}, Clients: []uint16{443, 80}},
		{Ports: []uint16{80}, Clients: []uint16{443}},
	} {
		if err := r.Connections(t.Context(), req, new(port.Connections)); err == nil {
			t.Errorf("%+v was answered", req)
		}
	}
}
