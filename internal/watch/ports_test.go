package watch

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/port"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

// A script is a kernel whose sockets the test sets.
type script struct {
	sync.Mutex
	ports       []uint16
	counts      uint32
	cost        time.Duration // of one count
	err         error
	uncountable error
	counted,
	listed int
	asked  []uint16
	closed chan struct{}
}

func (k *script) Listeners(_ context.Context, into *port.Listening) error {
	k.Lock()
	defer k.Unlock()
	k.listed++
	into.At, into.NetNS, into.Sockets = time.Now(), 1, into.Sockets[:0]
	for _, p := range k.ports {
		into.Sockets = append(into.Sockets, port.Socket{Proto: port.TCP, Port: p, NetNS: 1, Bind: port.Bind{Addr: netip.IPv4Unspecified(), Scope: port.All, Inode: uint64(p)}})
	}
	return k.err
}

func (k *script) Connections(_ context.Context, req port.ConnectionsRequest, into *port.Connections) error {
	k.Lock()
	defer k.Unlock()
	k.counted++
	k.asked = slices.Clone(req.Ports)
	if k.uncountable != nil {
		*into = port.Connections{Ports: into.Ports[:0]}
		return k.uncountable
	}
	into.At, into.Cost, into.Ports = time.Now(), k.cost, into.Ports[:0]
	for _, p := range req.Ports {
		into.Ports = append(into.Ports, port.PortCount{Port: p, Family: port.IPv4, Counts: port.Counts{Established: k.counts}})
	}
	return nil
}

func (k *script) Closures(ctx context.Context, into []port.Closure) ([]port.Closure, error) {
	select {
	case <-k.closed:
		return append(into, port.Closure{}), nil
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// pass lets time go by, with the script in the test's hands before and after.
func (k *script) pass(d time.Duration) {
	k.Unlock()
	time.Sleep(d)
	synctest.Wait()
	k.Lock()
}

// close tells the watcher that a socket is gone, and waits for what it does.
func (k *script) close() {
	k.Unlock()
	k.closed <- struct{}{}
	synctest.Wait()
	k.Lock()
}

// A sink keeps what it is told.
type sink struct {
	snapshots []port.Snapshot
	rows      []port.Listener
	looks     int
	events    []event.Entry
}

func (s *sink) Ports(snap port.Snapshot, rows []port.Listener) {
	s.snapshots, s.rows = append(s.snapshots, snap), rows
}
func (s *sink) Look(port.Snapshot)   { s.looks++ }
func (s *sink) Record(e event.Entry) { s.events = append(s.events, e) }

func watcher(k Kernel, s *sink) *Ports {
	return &Ports{Kernel: k, Sink: s, Recorder: s, Log: quiet, Machine: port.Machine{Host: "web-07"}, Interval: time.Second, Budget: 0.01, Watched: []uint16{8500}}
}

func TestPortsTellOnlyNews(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, s := &script{ports: []uint16{3000}}, &sink{}
		k.Lock()
		p := watcher(k, s)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = p.Run(ctx) }()

		k.pass(5500 * time.Millisecond)
		if len(s.snapshots) != 1 || s.looks != 5 || len(s.events) != 0 {
			t.Fatalf("after 5 s of stillness: %d snapshots, %d looks, %d events; what was there already is no event", len(s.snapshots), s.looks, len(s.events))
		}
		k.ports = []uint16{3000, 3001}
		k.pass(time.Second)
		k.ports = []uint16{3001}
		k.pass(time.Second)
		if len(s.events) != 2 || s.events[0].Port.Kind != port.Opened || s.events[1].Port.Kind != port.Closed || s.events[0].Stream != "ports/web-07" {
			t.Errorf("events = %+v", s.events)
		}
		if !slices.Equal(k.asked, []uint16{3001, 8500}) {
			t.Errorf("counted ports %v, want the listeners' and the watched", k.asked)
		}
		if first := s.snapshots[0].Listening.Sockets; len(first) != 1 || first[0].Port != 3000 {
			t.Errorf("an old snapshot changed under its reader: %+v", first)
		}
	})
}

func TestAClosedPortWakesTheWatcher(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, s := &script{ports: []uint16{3000}, closed: make(chan struct{})}, &sink{}
		k.Lock()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = watcher(k, s).Run(ctx) }()
		k.pass(100 * time.Millisecond)
		k.ports = nil
		k.close()
		if len(s.events) != 1 {
			t.Errorf("%d events right after the closure, want 1 without waiting for the next look", len(s.events))
		}
		listed := k.listed
		for range 10 {
			k.close()
		}
		if extra := k.listed - listed; extra > 11 {
			t.Errorf("%d looks for 10 closures in a crowd", extra)
		}
	})
}

func TestCountingKeepsToItsBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, s := &script{ports: []uint16{80}, cost: 50 * time.Millisecond}, &sink{}
		k.Lock()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = watcher(k, s).Run(ctx) }()
		k.pass(10 * time.Minute)
		if share := float64(k.counted) * k.cost.Seconds() / 600; share > 0.01 || k.counted < 15 {
			t.Errorf("%d counts of %v in 10 minutes are %.2f %% of a core", k.counted, k.cost, 100*share)
		}
		if k.listed < 590 {
			t.Errorf("only %d looks at listeners in 600 s: a costly count must not slow them", k.listed)
		}
	})
}

func TestAFailingKernelIsSaidOnceAndAskedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, s := &script{ports: []uint16{80}, err: errors.New("no sockets today")}, &sink{}
		k.Lock()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = watcher(k, s).Run(ctx) }()
		k.pass(3500 * time.Millisecond)
		k.err = nil
		k.pass(time.Second)
		if k.listed < 4 || len(s.snapshots) != 1 {
			t.Errorf("%d looks, %d snapshots after the kernel came back", k.listed, len(s.snapshots))
		}
	})
}

func TestBudget(t *testing.T) {
	b := budget{share: 0.01, shortest: time.Second, longest: time.Minute}
	at := func(s float64) time.Time {
		return time.Unix(1_700_000_000, 0).Add(time.Duration(s * float64(time.Second)))
	}
	steps := []struct {
		name         string
		now          float64
		cost         time.Duration
		next         float64
		urgentAtOnce bool
	}{
		{"cheap work comes again after the shortest interval", 0, time.Millisecond, 1, true},
		{"dear work is paid for first", 1, 200 * time.Millisecond, 21, false},
		{"what was spent ahead is paid for too", 12, 20 * time.Millisecond, 23, false},
		{"credit does not pile up", 1000, 50 * time.Millisecond, 1005, true},
		{"however dear, it comes again", 2000, time.Hour, 2060, false},
	}
	for _, s := range steps {
		b.spend(at(s.now), s.cost)
		if got := b.next(); !got.Equal(at(s.next)) {
			t.Errorf("%s: next in %v", s.name, got.Sub(at(s.now)))
		}
		if got := b.urgent(at(s.now)); got != s.urgentAtOnce {
			t.Errorf("%s: urgent work may start: %v", s.name, got)
		}
	}
}

// TestAFailedCountLeavesTheLastOne: the kernel spoils what it was handed, and
// neither a zero nor a fresh time may come of it.
func TestAFailedCountLeavesTheLastOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, s := &script{ports: []uint16{80}, counts: 7}, &sink{}
		k.Lock()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = watcher(k, s).Run(ctx) }()
		k.pass(1500 * time.Millisecond)
		counted := s.snapshots[0].Connections.At
		k.uncountable, k.ports = errors.New("no memory"), []uint16{80, 81}
		k.pass(2 * time.Second)
		last := s.snapshots[len(s.snapshots)-1]
		if got, _ := last.Connections.Count(80); got.Established != 7 || last.Connections.At.Before(counted) || time.Since(last.Connections.At) < time.Second {
			t.Errorf("after a failed count: %+v at %v", got, last.Connections.At)
		}
		if len(last.Listening.Sockets) != 2 || len(last.Connections.Degraded) != 1 || last.Connections.Degraded[0].Code != "connections" {
			t.Errorf("listeners %d, degraded %v: the new port shows, and that the numbers are old", len(last.Listening.Sockets), last.Connections.Degraded)
		}
		k.uncountable = nil
		k.pass(2 * time.Second)
		if last = s.snapshots[len(s.snapshots)-1]; last.Connections.Degraded != nil || time.Since(last.Connections.At) > 2*time.Second {
			t.Errorf("after a count went well again: %+v", last.Connections)
		}
	})
}

// TestChurnOfListenersKeepsToTheBudget opens and closes a port every second,
// each time a reason to count anew.
func TestChurnOfListenersKeepsToTheBudget(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		k, s := &script{ports: []uint16{80}, cost: 50 * time.Millisecond}, &sink{}
		k.Lock()
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = watcher(k, s).Run(ctx) }()
		for i := range 600 {
			k.ports = []uint16{80, uint16(1000 + i)}
			k.pass(time.Second)
		}
		if share := float64(k.counted) * k.cost.Seconds() / 600; share > 0.005 || k.counted < 10 {
			t.Errorf("%d counts of %v in 10 minutes are %.2f %% of a core", k.counted, k.cost, 100*share)
		}
	})
}
