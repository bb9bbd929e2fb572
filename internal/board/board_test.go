package board

import (
	"fmt"
	"net/netip"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func snap(at time.Time, established uint32) port.Snapshot {
	return port.Snapshot{
		Machine:   port.Machine{Host: "web-07"},
		Listening: port.Listening{At: at, Sockets: []port.Socket{{Proto: port.TCP, Port: 80, Bind: port.Bind{Addr: netip.IPv4Unspecified(), Scope: port.All}}}},
		Connections: port.Connections{At: at, Ports: []port.PortCount{
			{Port: 80, Family: port.IPv4, Counts: port.Counts{Established: established}}, {Port: 80, Family: port.IPv6},
		}},
		Watched: []uint16{80, 8500},
	}
}

func put(b *Board, s port.Snapshot) { b.Ports(s, port.Fold(&s)) }

func TestGenerationMovesWithWhatIsSeen(t *testing.T) {
	b := New(port.Machine{Host: "web-07"}, noon)
	v := b.View()
	put(b, snap(noon, 3))
	if b.View().Generation != v.Generation+1 {
		t.Fatalf("generation %d after a snapshot", b.View().Generation)
	}
	v = b.View()
	b.Look(snap(noon.Add(time.Second), 3))
	if got := b.View(); got.Generation != v.Generation || !got.Look.ListenersAt.Equal(noon.Add(time.Second)) {
		t.Errorf("a look without news: generation %d, at %v", got.Generation, got.Look.ListenersAt)
	}
	select {
	case <-b.Changed(v):
		t.Error("a look without news woke a reader")
	default:
	}
	b.Check(&health.State{Spec: &health.Spec{Name: "db"}, Status: health.Unhealthy})
	select {
	case <-b.Changed(v):
	default:
		t.Error("a check did not wake the reader")
	}
	if s := b.View().Summary(); s.ChecksDown != 1 || s.Problems != 1 || s.Connections != 3 || s.Exposed != 1 {
		t.Errorf("summary = %+v", s)
	}
	if got := fmt.Sprint(b.View().Unheld()); got != "[8500]" {
		t.Errorf("unheld = %s", got)
	}
}

func TestHistoryKeepsTheMostOfEachMinute(t *testing.T) {
	b := New(port.Machine{}, noon)
	for _, step := range []struct {
		after time.Duration
		n     uint32
	}{{0, 3}, {10 * time.Second, 9}, {20 * time.Second, 1}, {time.Minute, 2}, {4 * time.Minute, 5}} {
		put(b, snap(noon.Add(step.after), step.n))
	}
	if got := fmt.Sprint(b.View().History[80]); got != "[9 2 2 2 5]" {
		t.Errorf("history = %s", got)
	}
	for i := range 200 {
		put(b, snap(noon.Add(time.Duration(10+i)*time.Minute), 1))
	}
	if got := len(b.View().History[80]); got != Minutes {
		t.Errorf("history holds %d minutes", got)
	}
}

func TestRecordKeepsTheNewest(t *testing.T) {
	b := New(port.Machine{}, noon)
	b.Recall([]event.Recorded{{Entry: event.Entry{Number: 1, Port: &port.Event{Kind: port.Opened}}}})
	for i := range MaxRecent {
		b.Record(event.Recorded{Entry: event.Entry{Number: uint64(i + 2), At: noon, Port: &port.Event{Kind: port.Closed}}})
	}
	v := b.View()
	if len(v.Recent) != MaxRecent || v.Recent[0].Number != 2 || v.Recent[MaxRecent-1].Number != MaxRecent+1 {
		t.Errorf("recent holds %d, from %d", len(v.Recent), v.Recent[0].Number)
	}
	if !v.RecentFrom.Equal(v.Recent[0].At) || v.RecentFrom.IsZero() {
		t.Errorf("entries before %v were left out, and the view says %v", v.Recent[0].At, v.RecentFrom)
	}
	if v.PortEvents[port.Closed] != MaxRecent || v.PortEvents[port.Opened] != 0 {
		t.Errorf("events counted: %v; what was recalled is of an earlier run", v.PortEvents)
	}
}

// TestViewsStayAsTheyWere reads old views while writers make new ones; the
// race detector is the judge.
func TestViewsStayAsTheyWere(t *testing.T) {
	b := New(port.Machine{}, noon)
	put(b, snap(noon, 1))
	var wg sync.WaitGroup
	for w := range 4 {
		wg.Go(func() {
			for i := range 200 {
				put(b, snap(noon.Add(time.Duration(i)*time.Second), uint32(w)))
				b.Check(&health.State{Spec: &health.Spec{Name: fmt.Sprint(w)}})
				b.Record(event.Recorded{Entry: event.Entry{Port: &port.Event{Kind: port.Opened}}})
			}
		})
		wg.Go(func() {
			for range 200 {
				v := b.View()
				_ = v.Summary()
				_ = v.ConnectionsByPort(0)
				_ = len(v.Recent) + len(v.PortEvents) + len(v.History)
				select {
				case <-b.Changed(v):
				default:
				}
			}
		})
	}
	wg.Wait()
}

func TestConnectionsReports(t *testing.T) {
	b := New(port.Machine{Host: "web-07"}, noon)
	s := snap(noon, 3)
	s.Connections.Ports = append(s.Connections.Ports, port.PortCount{Port: 8500, Family: port.IPv4}, port.PortCount{Port: 8500, Family: port.IPv6})
	s.Connections.Clients = []port.Clients{{Port: 80, Distinct: 2, Top: []port.Client{{Addr: netip.MustParseAddr("127.0.0.2"), Connections: 2}, {Addr: netip.MustParseAddr("127.0.0.3"), Connections: 1}}}}
	put(b, s)
	v := b.View()
	got := v.ConnectionsByPort(0)
	if len(got) != 2 || got[0].Total.Established != 3 || got[0].IPv4.Established != 3 || !got[0].Listening || got[0].Clients.Distinct != 2 {
		t.Errorf("by port: %+v", got)
	}
	if got[1].Port != 8500 || got[1].Listening || !got[1].Watched {
		t.Errorf("a watched port that nobody holds: %+v", got[1])
	}
	if only := v.ConnectionsByPort(8500); len(only) != 1 || only[0].Port != 8500 {
		t.Errorf("only 8500: %+v", only)
	}
	if c := v.ConnectionsByClient(80); len(c) != 2 || c[0].Connections != 2 {
		t.Errorf("by client: %+v", c)
	}
	if p := v.ConnectionsByProcess(0); len(p) != 1 || p[0].Total.Established != 3 || fmt.Sprint(p[0].Ports) != "[80]" {
		t.Errorf("by process: %+v", p)
	}
	if r := NewReport(v, v.ConnectionsByPort(9)); r.Items == nil || r.Degraded == nil || r.Host != "web-07" {
		t.Errorf("an empty report must have lists, not null: %+v", r)
	}
}
