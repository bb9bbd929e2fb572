package discovery

import (
	"context"
	"errors"
	"net/netip"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// A wire is a link that a test plays: what one end sends, all hear, itself too.
type wire struct {
	mu   sync.Mutex
	ends []*end
	said []said
}

// A said is a packet on a wire.
type said struct {
	*message
	at   time.Time
	from netip.AddrPort
	to   netip.AddrPort // zero: all
	size int
}

// An end is a conn on a wire.
type end struct {
	wire   *wire
	family family
	addr   netip.AddrPort
	in     chan heardPacket
	closed chan struct{}
	mute   bool // what is sent fails
}

type heardPacket struct {
	packet []byte
	from   origin
}

func (w *wire) attach(f family, addr netip.AddrPort) *end {
	e := &end{wire: w, family: f, addr: addr, in: make(chan heardPacket, 1024), closed: make(chan struct{})}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ends = append(w.ends, e)
	return e
}

func (e *end) send(packet []byte, to netip.AddrPort) error {
	return e.wire.carry(e, packet, to, 255)
}

// carry takes a packet to all who are to hear it.
func (w *wire) carry(e *end, packet []byte, to netip.AddrPort, ttl int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if e.mute {
		return errors.New("not now")
	}
	if m, err := unpack(packet); err == nil {
		w.said = append(w.said, said{m, time.Now(), e.addr, to, len(packet)})
	}
	for _, other := range w.ends {
		if other.family == e.family && (!to.IsValid() || other.addr == to) {
			select {
			case other.in <- heardPacket{slices.Clone(packet), origin{e.addr, ttl}}:
			default: // as a socket does when nobody reads
			}
		}
	}
	return nil
}

func (e *end) receive(buf []byte) (int, origin, error) {
	select {
	case h := <-e.in:
		return copy(buf, h.packet), h.from, nil
	case <-e.closed:
		return 0, origin{}, errors.New("closed")
	}
}

func (e *end) Close() error {
	e.wire.mu.Lock()
	defer e.wire.mu.Unlock()
	e.wire.ends = slices.DeleteFunc(e.wire.ends, func(other *end) bool { return other == e })
	close(e.closed)
	return nil
}

// packets returns what was said so far.
func (w *wire) packets() []said {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.Clone(w.said)
}

// hush forgets what was said so far.
func (w *wire) hush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.said = nil
}

// A desk is the network of one machine that a test plays.
type desk struct {
	mu    sync.Mutex
	ports map[int]*slot
	ends  []*end
}

// A slot is an interface of a desk, plugged into a wire.
type slot struct {
	iface
	wire *wire
	mute bool // nothing can be sent yet
	fail bool // it cannot be opened
}

// newDesk returns a machine with eth0 on a wire.
func newDesk(w *wire, addrs ...string) *desk {
	d := &desk{ports: map[int]*slot{}}
	d.plug(1, "eth0", w, addrs...)
	return d
}

func (d *desk) plug(index int, name string, w *wire, addrs ...string) *slot {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := &slot{iface: iface{index: index, name: name, mtu: 1500, addrs: prefixes(addrs)}, wire: w}
	d.ports[index] = p
	return p
}

func (d *desk) unplug(index int) {
	d.mu.Lock()
	defer d.mu.Unlock()
	delete(d.ports, index)
}

// change changes a port while the desk is used.
func (d *desk) change(f func()) {
	d.mu.Lock()
	defer d.mu.Unlock()
	f()
}

func prefixes(addrs []string) []netip.Prefix {
	var all []netip.Prefix
	for _, a := range addrs {
		all = append(all, netip.MustParsePrefix(a))
	}
	return all
}

func (d *desk) interfaces() ([]iface, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []iface
	for _, p := range d.ports {
		all = append(all, p.iface)
	}
	return all, nil
}

func (d *desk) open(i iface, f family) (conn, error) {
	d.mu.Lock()
	defer d.mu.Unlock()
	p := d.ports[i.index]
	if p.fail {
		return nil, errors.New("no such device")
	}
	for _, a := range i.addrs {
		if a.Addr().Is4() == (f == ipv4) {
			e := p.wire.attach(f, netip.AddrPortFrom(a.Addr(), mdnsPort))
			e.mute = p.mute
			d.ends = append(d.ends, e)
			return e, nil
		}
	}
	return nil, errors.New("no address")
}

// hall is a service that tests announce.
func hall(port uint16) Service {
	return Service{Instance: "hall", Type: "_portreeve._tcp", Port: port, Text: map[string]string{"version": "1"}}
}

// respond runs a responder at a desk until stop is called.
func (d *desk) respond(t testing.TB, services ...Service) (stop func()) {
	return d.play(t, func(ctx context.Context, o Options) error {
		r := &Responder{Options: o, Host: "shop", Services: services}
		return r.Run(ctx)
	})
}

// browse runs a browser at a desk until stop is called.
func (d *desk) browse(t testing.TB) (*sightings, func()) {
	s := &sightings{t: t}
	return s, d.play(t, func(ctx context.Context, o Options) error { return o.Browse(ctx, "_portreeve._tcp", s.add) })
}

func (d *desk) play(t testing.TB, f func(context.Context, Options) error) (stop func()) {
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan struct{})
	go func() {
		defer close(done)
		if err := f(ctx, Options{Log: testLog(t), network: d}); err != nil {
			t.Error(err)
		}
	}()
	stop = sync.OnceFunc(func() {
		cancel()
		<-done
	})
	t.Cleanup(stop)
	return stop
}

// settle lets some time pass, and all come to rest.
func settle(d time.Duration) {
	time.Sleep(d)
	synctest.Wait()
}

// A stranger is an end of a wire that a test speaks from.
type stranger struct {
	*end
	t   testing.TB
	ttl int
}

func (w *wire) stranger(t testing.TB, addr string) *stranger {
	a := netip.MustParseAddrPort(addr)
	f := ipv6
	if a.Addr().Is4() {
		f = ipv4
	}
	return &stranger{w.attach(f, a), t, 255}
}

// silence has nobody hear what the stranger says.
func (s *stranger) silence() {
	s.wire.mu.Lock()
	defer s.wire.mu.Unlock()
	s.mute = true
}

// say sends a message to all.
func (s *stranger) say(m *message) {
	s.t.Helper()
	if err := s.wire.carry(s.end, m.pack(), netip.AddrPort{}, s.ttl); err != nil {
		s.t.Fatal(err)
	}
}

// ask asks a question of all.
func (s *stranger) ask(known []record, questions ...question) {
	s.t.Helper()
	s.say(&message{questions: questions, answers: known})
}
