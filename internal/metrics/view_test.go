package metrics

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/port"
)

// A still is a board that never moves.
type still struct{ view board.View }

func (s *still) View() *board.View { return &s.view }

// own is the network namespace of the views below.
const own = 4026531840

// viewOf returns what a board would show of rows, looked at just now.
func viewOf(rows ...port.Listener) board.View {
	now := time.Now()
	return board.View{
		Look:      board.Look{ListenersAt: now, ConnectionsAt: now, ListenersCost: 30 * time.Microsecond, ConnectionsCost: 2 * time.Millisecond},
		Listeners: rows, NetNS: own, Ephemeral: port.Range{Low: 32768, High: 60999},
		PortEvents: map[port.EventKind]uint64{port.Opened: 3},
	}
}

// listener returns a row of a known process that holds the addresses.
func listener(proto port.Proto, p uint16, process string, addrs ...string) port.Listener {
	l := port.Listener{
		ID: fmt.Sprintf("%s/%d/%s", proto, p, process), Proto: proto, Port: p, NetNS: own,
		Owner: port.Owner{Known: true, User: "deploy", PIDs: []int{811}, Leader: &port.Process{PID: 811, Name: foreign.Text(process), StartedAt: time.Unix(946_000_000, 0)}},
		Queue: port.Queue{Known: true, Limit: 511},
	}
	for i, a := range addrs {
		addr := netip.MustParseAddr(a)
		l.Binds = append(l.Binds, port.Bind{Addr: addr, Family: port.FamilyOf(addr), Scope: port.ScopeOf(addr), Inode: uint64(1000 + i), Queue: l.Queue})
		l.Scope = l.Scope.Wider(port.ScopeOf(addr))
	}
	return l
}

// queued gives the queue of a row to its first socket; its others wait for
// nothing.
func queued(l *port.Listener, q port.Queue) {
	l.Queue, l.Binds[0].Queue = q, q
}

// count returns the connections of both families on p.
func count(p uint16, v4, v6 port.Counts) []port.PortCount {
	return []port.PortCount{{Port: p, Family: port.IPv4, Counts: v4}, {Port: p, Family: port.IPv6, Counts: v6}}
}

// A tb is a test, a benchmark or a property.
type tb interface {
	Helper()
	Fatalf(format string, a ...any)
}

// expose returns the exposition of v. The registry is pedantic: it refuses
// series that do not keep to their description, and doubles.
func expose(t tb, v board.View, o Options) string {
	t.Helper()
	r := prometheus.NewPedanticRegistry()
	r.MustRegister(NewCollector(&still{v}, o))
	families, err := r.Gather()
	if err != nil {
		t.Fatalf("gather: %v", err)
	}
	var b strings.Builder
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(&b, f); err != nil {
			t.Fatalf("write %s: %v", f.GetName(), err)
		}
	}
	if err := writeChecks(func(p []byte) error { b.Write(p); return nil }, v.Checks); err != nil {
		t.Fatalf("write checks: %v", err)
	}
	return b.String()
}

// seriesOf returns the lines of an exposition that hold a value, by series and
// without the prefix: connections{family="ipv4",…} → "3".
func seriesOf(exposition string) map[string]string {
	series := map[string]string{}
	for line := range strings.Lines(exposition) {
		line = strings.TrimPrefix(strings.TrimSuffix(line, "\n"), prefix)
		if i := strings.LastIndexByte(line, ' '); i > 0 && line[0] != '#' {
			series[line[:i]] = line[i+1:]
		}
	}
	return series
}
