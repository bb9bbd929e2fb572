package metrics

import (
	"slices"
	"strings"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// An address is one address of a port, with everything that listens there.
type address struct {
	label   string
	scope   port.Scope
	rows    []*port.Listener
	sockets int
	queue   port.Queue
	drops   uint64
}

// addressLabel writes an address as ss(8) does, with the device it is bound to.
func addressLabel(b *port.Bind) string {
	if b.Interface == "" {
		return b.Addr.String()
	}
	return text(foreign.Text(b.Addr.String() + "%" + b.Interface))
}

// add takes one socket of l.
func (a *address) add(l *port.Listener, b *port.Bind) {
	if !slices.Contains(a.rows, l) {
		a.rows = append(a.rows, l)
	}
	a.take(b.Queue)
	a.sockets++
}

// take keeps the fuller of two queues and the drops of both.
func (a *address) take(q port.Queue) {
	a.drops += uint64(q.Drops)
	fuller := q.Full && !a.queue.Full || q.Full == a.queue.Full && q.Length > a.queue.Length
	if a.sockets == 0 || fuller {
		a.queue = q
	}
}

// started returns when the oldest owner was started; zero when that is unknown.
func (a *address) started() time.Time {
	var oldest time.Time
	for _, l := range a.rows {
		if p := l.Owner.Leader; p != nil && !p.StartedAt.IsZero() && (oldest.IsZero() || p.StartedAt.Before(oldest)) {
			oldest = p.StartedAt
		}
	}
	return oldest
}

// names returns what get finds in the rows, each once, joined by commas.
func (a *address) names(get func(*port.Listener) foreign.Text) string {
	if len(a.rows) == 1 {
		return text(get(a.rows[0]))
	}
	var names []string
	for _, l := range a.rows {
		if name := get(l); name != "" {
			names = append(names, string(name))
		}
	}
	slices.Sort(names)
	return text(foreign.Text(strings.Join(slices.Compact(names), ",")))
}

func processOf(l *port.Listener) foreign.Text {
	if l.Owner.Leader == nil {
		return ""
	}
	return l.Owner.Leader.Name
}

func unitOf(l *port.Listener) foreign.Text      { return l.Owner.Unit }
func containerOf(l *port.Listener) foreign.Text { return l.Owner.Container }
func userOf(l *port.Listener) foreign.Text      { return l.Owner.User }

// addressOf adds what is known of one address of g.
func (s sheet) addressOf(g *group, a *address) {
	proto := string(g.proto)
	s.gauge(s.info, 1, proto, a.label, g.label, a.names(processOf), a.names(unitOf), a.names(containerOf), a.names(userOf), string(a.scope))
	s.gauge(s.sockets, float64(a.sockets), proto, a.label, g.label)
	if at := a.started(); !at.IsZero() {
		s.gauge(s.started, seconds(at), proto, a.label, g.label)
	}
	if g.proto == port.TCP {
		s.gauge(s.queueLength, float64(a.queue.Length), proto, a.label, g.label)
	}
	if !a.queue.Known {
		return
	}
	if g.proto == port.TCP {
		s.gauge(s.queueLimit, float64(a.queue.Limit), proto, a.label, g.label)
	}
	s.counter(s.drop, float64(a.drops), proto, a.label, g.label)
}
