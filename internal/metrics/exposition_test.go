package metrics

import (
	"flag"
	"net/netip"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

var update = flag.Bool("update", false, "write the golden files anew")

// TestExposition compares a whole exposition, word for word.
func TestExposition(t *testing.T) {
	// In the bubble it is midnight of 2000-01-01, UTC, every time.
	synctest.Test(t, func(t *testing.T) {
		got := expose(t, machine(), Options{Clients: 2, Self: self()})
		got = strings.ReplaceAll(got, runtime.Version(), "go1.x")
		golden(t, "exposition.prom", got)
	})
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s differs (-want +got); -update writes it anew:\n%s", name, diff)
	}
}

// machine is a machine with one of everything: a web server on two addresses,
// a prefork server on one, a watched port that nobody holds, UDP, a listener
// without a visible owner, one in a container's namespace, one in the
// ephemeral range, and two checks.
func machine() board.View {
	web := listener(port.TCP, 80, "nginx", "0.0.0.0", "::")
	web.Owner.Unit, web.Owner.User = "nginx.service", "root"
	queued(&web, port.Queue{Known: true, Length: 512, Limit: 511, Drops: 9, Full: true})
	consul := listener(port.TCP, 8500, "consul", "127.0.0.1", "127.0.0.1")
	consul.Owner.Container = "consul"
	hidden := listener(port.TCP, 5432, "", "10.0.0.5")
	hidden.Owner = port.Owner{Reason: port.UnseenPermission, User: "postgres"}
	queued(&hidden, port.Queue{Length: 2})
	inner := listener(port.TCP, 80, "httpd", "0.0.0.0")
	inner.Foreign, inner.NetNS = true, own+1
	dns := listener(port.UDP, 53, "dnsmasq", "192.168.1.1", "fe80::1")
	dns.Binds[1].Interface = "eth0"
	passing := listener(port.TCP, 40000, "java", "127.0.0.1")

	v := viewOf(dns, web, inner, hidden, consul, passing)
	v.Watched = []uint16{3000, 8500}
	v.Connections = append(count(80, port.Counts{Established: 40, SynRecv: 2}, port.Counts{Established: 3, CloseWait: 1}),
		append(count(3000, port.Counts{}, port.Counts{}), count(8500, port.Counts{Established: 190, Unaccepted: 4}, port.Counts{Established: 10})...)...)
	v.Clients = []port.Clients{
		{Port: 3000},
		{Port: 8500, Distinct: 5, Other: 3, Top: []port.Client{
			{Addr: netip.MustParseAddr("10.0.4.9"), Connections: 187},
			{Addr: netip.MustParseAddr("fd00::7"), Connections: 8},
			{Addr: netip.MustParseAddr("10.0.4.3"), Connections: 2},
		}},
	}
	v.Checks = []*health.State{
		{Spec: &health.Spec{Name: "db"}, Status: health.Unknown},
		{Spec: &health.Spec{Name: "shop"}, Status: health.Unhealthy, Since: time.Now().Add(-time.Minute), Fails: 12},
	}
	return v
}

func self() Self {
	return Self{
		Version: "1.2.3", Revision: "abc123",
		Journal: func() Journal { return Journal{Writes: 41, Queue: 2, Dropped: 1, Unsaved: 3, Well: true, Moved: 1} },
		Mirror:  func() Mirror { return Mirror{Well: true, Rows: 17, Lag: 1500 * time.Millisecond} },
		Channels: func() []Channel {
			return []Channel{{Name: "log", Sent: 7, Failed: 1}, {Name: "ops/email", Parked: 1, Queue: 2}}
		},
		Schedule: func() Schedule {
			lag := health.NewHistogram([]float64{.001, .01, .1})
			lag.Observe(time.Millisecond)
			lag.Observe(time.Second)
			return Schedule{Lag: lag, Durations: map[string]health.Histogram{"tcp": lag}, InFlight: 3, Skipped: 1, Waited: 2, Void: 4, Excused: 5}
		},
		Reload: func() Reload { return Reload{Successful: true, At: time.Unix(946_684_800, 0)} },
	}
}
