package kernel

import (
	"context"
	"math/rand/v2"
	"reflect"
	"slices"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/portreeve/portreeve/internal/port"
)

// A view is what both sources must tell alike.
type view struct {
	Sockets []port.Socket
	Ports   []port.PortCount
	Clients []port.Clients
}

// viewOf reads listeners and the connections of the TCP ports among them.
func viewOf(t *testing.T, r *Reader) view {
	t.Helper()
	v := view{Sockets: listening(t, r)}
	req := port.ConnectionsRequest{Top: 3}
	for i := range v.Sockets {
		s := &v.Sockets[i]
		if s.Proto == port.TCP {
			req.Ports = append(req.Ports, s.Port)
		}
		// What /proc does not tell.
		s.Bind.V6Only, s.Bind.Queue.Known, s.Bind.Queue.Limit, s.Bind.Queue.Full = false, false, 0, false
		// What is not read from the sockets.
		s.Owner = port.Owner{}
	}
	req.Ports = slices.Compact(req.Ports)
	req.Clients = req.Ports
	c := count(t, r, req)
	v.Ports, v.Clients = c.Ports, c.Clients
	return v
}

// TestSourcesAgreeUnderChurn compares the sources at instants where nothing
// moved: netlink tells the same before and after /proc, and the churn rested.
func TestSourcesAgreeUnderChurn(t *testing.T) {
	enterNetNS(t)
	ns, err := unix.Open("/proc/thread-self/ns/net", unix.O_RDONLY|unix.O_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer unix.Close(ns)
	netlink, proc := open(t, Options{Source: Netlink}), open(t, Options{Source: Procfs})
	netlink.listeners.others.lookAt = time.Now().Add(time.Hour)
	proc.listeners.others.lookAt = time.Now().Add(time.Hour)

	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := &churn{random: rand.New(rand.NewPCG(seed, 0))}
	c.rest.Store(int64(100 * time.Millisecond))
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	ended := make(chan error)
	go func() { ended <- c.run(ctx, ns) }()
	defer func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	}()
	const wanted = 20
	agreed, moved, most, last := 0, 0, 0, int64(-1)
	for agreed < wanted && ctx.Err() == nil {
		move := c.moves.Load()
		if move%2 != 0 || move == last { // it moves, or has not since
			time.Sleep(time.Millisecond)
			continue
		}
		began := time.Now()
		before, got, after := viewOf(t, netlink), viewOf(t, proc), viewOf(t, netlink)
		c.rest.Store(int64(3 * time.Since(began))) // long enough that some comparisons succeed
		if move != c.moves.Load() || !reflect.DeepEqual(before, after) {
			moved++
			continue
		}
		if !reflect.DeepEqual(before, got) {
			t.Fatalf("netlink %+v\n/proc   %+v", before, got)
		}
		agreed, most, last = agreed+1, max(most, len(before.Sockets)), move
	}
	t.Logf("agreed %d times, moved meanwhile %d times, up to %d sockets", agreed, moved, most)
	if agreed < wanted || most == 0 {
		t.Errorf("only %d instants to compare, up to %d sockets", agreed, most)
	}
}
