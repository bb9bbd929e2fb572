package sockdiag

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"testing"

	"golang.org/x/sys/unix"
)

func newConn(t testing.TB) *Conn {
	t.Helper()
	c, err := Open()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// ports collects the local ports of a walk.
type ports []uint16

func (p *ports) Begin()          { *p = (*p)[:0] }
func (p *ports) Visit(s *Socket) { *p = append(*p, s.LocalPort) }

// sockets collects whole sockets, their attributes copied.
type sockets []Socket

func (all *sockets) Begin() { *all = (*all)[:0] }
func (all *sockets) Visit(s *Socket) {
	kept := *s
	kept.attributes = slices.Clone(s.attributes)
	*all = append(*all, kept)
}

func listen(t testing.TB, network, address string) (net.Listener, uint16) {
	t.Helper()
	l, err := net.Listen(network, address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return l, uint16(l.Addr().(*net.TCPAddr).Port)
}

func TestWalkShowsListenersOfBothFamilies(t *testing.T) {
	enterNetNS(t)
	_, p4 := listen(t, "tcp4", "127.0.0.1:0")
	_, p6 := listen(t, "tcp6", "[::1]:0")
	_, dual := listen(t, "tcp", ":0")
	want := map[uint16]struct {
		local  string
		v6only bool
	}{
		p4:   {"127.0.0.1", false},
		p6:   {"::1", true},
		dual: {"::", false},
	}
	for _, separate := range []bool{false, true} {
		c := newConn(t)
		c.separate = separate
		var got sockets
		q := Query{Protocol: TCP, States: StatesOf(Listen), Memory: true}
		if err := c.Walk(t.Context(), q, &got); err != nil {
			t.Fatal(err)
		}
		if len(got) != len(want) {
			t.Fatalf("separate=%v: %d sockets, want %d", separate, len(got), len(want))
		}
		for _, s := range got {
			w := want[s.LocalPort]
			drops, ok := s.Drops()
			if s.Local().String() != w.local || s.V6Only() != w.v6only || s.Inode == 0 || drops != 0 || !ok {
				t.Errorf("separate=%v port %d: %+v %v, want %v", separate, s.LocalPort, s, s.Local(), w)
			}
		}
	}
}

func TestWalkShowsConnectionsOfOnePort(t *testing.T) {
	enterNetNS(t)
	l, p := listen(t, "tcp", ":0")
	for _, address := range []string{"127.0.0.1", "::1"} {
		client, err := net.Dial("tcp", net.JoinHostPort(address, fmt.Sprint(p)))
		if err != nil {
			t.Fatal(err)
		}
		defer client.Close()
		server, err := l.Accept()
		if err != nil {
			t.Fatal(err)
		}
		defer server.Close()
	}
	for _, separate := range []bool{false, true} {
		c := newConn(t)
		c.separate = separate
		for _, wanted := range [][]uint16{{p}, {1, p}} { // by idiag_sport, and by bytecode
			slices.Sort(wanted)
			var got sockets
			if err := c.Walk(t.Context(), Query{Protocol: TCP, States: StatesOf(Established), Ports: wanted}, &got); err != nil {
				t.Fatal(err)
			}
			if len(got) != 2 {
				t.Fatalf("separate=%v ports %v: %d sockets, want the server's two", separate, wanted, len(got))
			}
			for _, s := range got {
				if a := s.Remote(); a != netip.MustParseAddr("127.0.0.1") && a != netip.IPv6Loopback() {
					t.Errorf("remote %v: want an address that is not v4-mapped", a)
				}
				if s.State != Established || s.Inode == 0 {
					t.Errorf("%+v", s)
				}
			}
		}
	}
}

func TestWalkShowsUDP(t *testing.T) {
	enterNetNS(t)
	want := []uint16{}
	for _, address := range []string{"127.0.0.1:0", "[::1]:0"} {
		u, err := net.ListenPacket("udp", address)
		if err != nil {
			t.Fatal(err)
		}
		defer u.Close()
		want = append(want, uint16(u.LocalAddr().(*net.UDPAddr).Port))
	}
	var got ports
	if err := newConn(t).Walk(t.Context(), Query{Protocol: UDP, States: StatesOf(Closed)}, &got); err != nil {
		t.Fatal(err)
	}
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("ports %v, want %v", got, want)
	}
}

func TestWalkAllocatesNothing(t *testing.T) {
	enterNetNS(t)
	listen(t, "tcp", ":0")
	c := newConn(t)
	got := make(ports, 0, 100)
	queries := []Query{
		{Protocol: TCP, States: StatesOf(Listen), Memory: true},
		{Protocol: TCP, States: StatesOf(Established), Ports: []uint16{80}},
		{Protocol: TCP, States: StatesOf(Established), Ports: []uint16{80, 443, 8500}},
		{Protocol: UDP, States: StatesOf(Closed)},
	}
	for _, q := range queries {
		ctx := t.Context()
		allocs := testing.AllocsPerRun(100, func() {
			if err := c.Walk(ctx, q, &got); err != nil {
				t.Fatal(err)
			}
		})
		if allocs != 0 {
			t.Errorf("%+v: %v allocations per walk, want 0", q, allocs)
		}
	}
}

// TestWalkAfterAnAbandonedOne leaves an answer half read and asks again.
func TestWalkAfterAnAbandonedOne(t *testing.T) {
	enterNetNS(t)
	for range 300 {
		listen(t, "tcp4", "127.0.0.1:0")
	}
	c := newConn(t)
	ctx, cancel := context.WithCancel(t.Context())
	var got abandoning
	got.cancel = cancel
	q := Query{Protocol: TCP, States: StatesOf(Listen), Memory: true}
	if err := c.Walk(ctx, q, &got); !errors.Is(err, context.Canceled) {
		t.Fatalf("a canceled walk returned %v", err)
	}
	var whole ports
	if err := c.Walk(t.Context(), q, &whole); err != nil || len(whole) != 300 {
		t.Errorf("the next walk saw %d sockets, %v", len(whole), err)
	}
}

type abandoning struct {
	ports
	cancel func()
}

func (a *abandoning) Visit(s *Socket) { a.cancel() }

func TestWalkTellsWhatTheKernelRefuses(t *testing.T) {
	c := newConn(t)
	const none = Protocol(250) // no transport protocol has this number
	err := c.Walk(t.Context(), Query{Protocol: none, States: StatesOf(Listen)}, new(ports))
	if refused, ok := errors.AsType[*RefusedError](err); !ok || !errors.Is(err, unix.ENOENT) {
		t.Errorf("got %v (%v), want the kernel's ENOENT", err, refused)
	}
	if err := c.Walk(t.Context(), Query{Protocol: TCP, States: StatesOf(Listen)}, new(ports)); err != nil {
		t.Errorf("the walk after a refused one: %v", err)
	}
}

func TestReadPassesOverOtherAnswers(t *testing.T) {
	c := &Conn{sequence: 7}
	row := make([]byte, messageSize)
	binary.BigEndian.PutUint16(row[4:], 443)
	stale := encode(unix.SOCK_DIAG_BY_FAMILY, 0, 6, row)
	fresh := encode(unix.SOCK_DIAG_BY_FAMILY, 0, 7, row)
	late := encode(unix.NLMSG_DONE, 0, 6, make([]byte, 4))
	end := encode(unix.NLMSG_DONE, unix.NLM_F_DUMP_INTR, 7, make([]byte, 4))
	refusal := encode(unix.NLMSG_ERROR, 0, 7, binary.NativeEndian.AppendUint32(nil, ^uint32(unix.EPERM)+1))
	tests := []struct {
		name   string
		answer [][]byte
		seen   int
		done   bool
		err    error
	}{
		{"stale rows are not ours", [][]byte{stale, fresh}, 1, false, nil},
		{"a stale end ends nothing", [][]byte{late, fresh}, 1, false, nil},
		{"an interrupted dump is told", [][]byte{fresh, end}, 1, true, errInterrupted},
		{"a refusal carries its number", [][]byte{refusal}, 0, true, unix.EPERM},
		{"a torn message is an error", [][]byte{fresh[:40]}, 0, false, errBadMessage},
		{"a short row is an error", [][]byte{encode(unix.SOCK_DIAG_BY_FAMILY, 0, 7, row[:8])}, 0, false, errShortMessage},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got ports
			var interrupted bool
			done, err := c.read(slices.Concat(tt.answer...), &got, &interrupted)
			if len(got) != tt.seen || done != tt.done || !errors.Is(err, tt.err) {
				t.Errorf("saw %d, done %v, %v; want %d, %v, %v", len(got), done, err, tt.seen, tt.done, tt.err)
			}
		})
	}
}

// encode returns a netlink message, padded.
func encode(kind, flags uint16, sequence uint32, payload []byte) []byte {
	b := binary.NativeEndian.AppendUint32(nil, uint32(headerSize+len(payload)))
	b = binary.NativeEndian.AppendUint16(b, kind)
	b = binary.NativeEndian.AppendUint16(b, flags)
	b = binary.NativeEndian.AppendUint32(b, sequence)
	b = append(binary.NativeEndian.AppendUint32(b, 0), payload...)
	return append(b, make([]byte, align(len(b))-len(b))...)
}

func TestInterfaceName(t *testing.T) {
	enterNetNS(t)
	c := newConn(t)
	if name, err := c.InterfaceName(1); name != "lo" || err != nil {
		t.Errorf("interface 1 of a new namespace is %q, %v", name, err)
	}
	if name, err := c.InterfaceName(4711); name != "" || !errors.Is(err, unix.ENODEV) {
		t.Errorf("an interface that is not there: %q, %v", name, err)
	}
}
