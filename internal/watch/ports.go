package watch

import (
	"context"
	"log/slog"
	"slices"
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/port"
)

// A Kernel answers questions about this machine's sockets, into values that
// the caller owns and hands in again.
type Kernel interface {
	Listeners(ctx context.Context, into *port.Listening) error
	Connections(ctx context.Context, req port.ConnectionsRequest, into *port.Connections) error
}

// A Closer tells of listening sockets that are gone, as soon as they are. It
// blocks until there is one.
type Closer interface {
	Closures(ctx context.Context, into []port.Closure) ([]port.Closure, error)
}

// Ports looks at the machine's ports again and again: listening sockets every
// Interval and as soon as one closes, connections as often as the CPU budget
// allows. Set the fields, then call Run or Look; one goroutine at a time.
type Ports struct {
	Kernel   Kernel
	Sink     PortSink
	Recorder Recorder
	Memory   PortMemory // may be nil: then nothing is known of the time before the first look
	Log      *slog.Logger

	Machine  port.Machine
	Watched  []uint16      // ports that are counted even while nobody listens, ascending
	Clients  int           // busiest clients to name per port
	Interval time.Duration // between looks at the listening sockets
	Budget   float64       // share of one core that looking may use; 0.01 is 1 %

	listening   port.Listening   // filled by the kernel, look after look
	connections port.Connections // the last count that went well
	spare       port.Connections // for the next one
	uncounted   []port.Degraded  // why the last count did not go well
	counted     []uint16         // the ports of the last count
	looks       budget
	counts      budget
	last        *port.Snapshot // as the sink has it
	rows        []port.Listener
	failing     bool
	keeper      keeper
}

const (
	// minWake is the least time between two looks when sockets close in a crowd.
	minWake = 50 * time.Millisecond
	// However dear they are, looks and counts are no further apart than this.
	maxLook  = 10 * time.Second
	maxCount = 5 * time.Minute
	// What looks and counts may use of the budget. The rest is for those who
	// look for owners and into other namespaces.
	lookShare  = 0.125
	countShare = 0.375
)

// Run looks until ctx ends, and returns when what it saw last is remembered.
func (p *Ports) Run(ctx context.Context) error {
	var keeping sync.WaitGroup
	defer keeping.Wait()
	if p.Memory != nil {
		keeping.Go(func() { p.keeper.run(ctx, p.Memory, p.Log) })
	}
	closed := make(chan struct{}, 1)
	if c, ok := p.Kernel.(Closer); ok {
		go p.awaitClosures(ctx, c, closed)
	}
	p.looks = budget{share: p.Budget * lookShare, shortest: p.Interval, longest: max(p.Interval, maxLook)}
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return nil
		case <-closed:
		case <-timer.C:
		}
		began := time.Now()
		if err := p.Look(ctx); err != nil && ctx.Err() == nil {
			p.complain(err)
		}
		p.looks.spend(began, p.listening.Cost)
		timer.Reset(time.Until(p.looks.next()))
	}
}

// awaitClosures wakes Run when a listening socket is gone.
func (p *Ports) awaitClosures(ctx context.Context, c Closer, wake chan<- struct{}) {
	var closures []port.Closure
	for {
		var err error
		if closures, err = c.Closures(ctx, closures[:0]); err != nil {
			if ctx.Err() == nil {
				p.Log.Warn("closed ports show at the next look, not at once", "err", err)
			}
			return
		}
		select {
		case wake <- struct{}{}:
		default:
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(minWake):
		}
	}
}

// complain logs the first of a row of failures.
func (p *Ports) complain(err error) {
	if !p.failing {
		p.Log.Error("cannot look at sockets", "err", err)
	}
	p.failing = true
}

// Look looks once and tells the sink, and the recorder what moved since the
// look before. The first look is compared with what is remembered of those before
// the start; without a memory it is what was there already: no events. Where
// counting fails, the listeners are told all the same, with the last count.
func (p *Ports) Look(ctx context.Context) error {
	if err := p.Kernel.Listeners(ctx, &p.listening); err != nil {
		return err
	}
	err := p.count(ctx)
	p.failing = p.failing && err != nil
	s := port.Snapshot{Machine: p.Machine, Listening: p.listening, Connections: p.connections, Watched: p.Watched}
	s.Connections.Degraded = slices.Concat(s.Connections.Degraded, p.uncounted)
	if p.last != nil && p.last.Same(&s) {
		p.Sink.Look(s)
	} else {
		p.publish(ctx, s.Clone())
	}
	return err
}

// publish folds a snapshot in which something moved and passes it on.
func (p *Ports) publish(ctx context.Context, s port.Snapshot) {
	rows := port.Fold(&s)
	if p.last == nil {
		p.record(&s, p.recall(ctx, &s, rows))
	} else {
		port.Remember(p.rows, rows)
		p.record(&s, port.Diff(p.rows, rows))
	}
	p.last, p.rows = &s, rows
	p.keeper.put(&seen{p.last, rows})
	p.Sink.Ports(s, rows)
}

// record keeps what happened.
func (p *Ports) record(s *port.Snapshot, events []port.Event) {
	if p.Recorder == nil {
		return
	}
	for i := range events {
		p.Recorder.Record(event.Entry{
			Stream: event.PortStream(s.Machine.Host), At: s.Listening.At, Observer: s.Machine.Host, Port: &events[i],
		})
	}
}

// count counts connections when it is time to, or when other ports are to be
// counted than last time and that is not too dear. A count that fails leaves
// the last one as it was, and says so.
func (p *Ports) count(ctx context.Context) error {
	ports, now := p.countable(), time.Now()
	if p.counts.share == 0 {
		p.counts = budget{share: p.Budget * countShare, shortest: p.Interval, longest: max(p.Interval, maxCount)}
	}
	// A look that comes a hair too soon still counts.
	due := !now.Add(p.Interval / 2).Before(p.counts.next())
	if !due && (slices.Equal(ports, p.counted) || !p.counts.urgent(now)) {
		return nil
	}
	err := p.Kernel.Connections(ctx, port.ConnectionsRequest{Ports: ports, Clients: ports, Top: p.Clients}, &p.spare)
	if err != nil {
		p.counts.spend(now, p.connections.Cost)
		p.uncounted = []port.Degraded{{Code: port.Uncounted, Text: "connections could not be counted, the numbers are old: " + err.Error()}}
		return err
	}
	p.counts.spend(now, p.spare.Cost)
	p.connections, p.spare = p.spare, p.connections
	p.counted, p.uncounted = ports, nil
	return nil
}

// countable returns the ports whose connections are server-side: those that
// are listened on here, and those the user watches.
func (p *Ports) countable() []uint16 {
	ports := slices.Clone(p.Watched)
	for i := range p.listening.Sockets {
		s := &p.listening.Sockets[i]
		if s.Proto == port.TCP && s.NetNS == p.listening.NetNS {
			ports = append(ports, s.Port)
		}
	}
	slices.Sort(ports)
	return slices.Compact(ports)
}
