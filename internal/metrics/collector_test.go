package metrics

import (
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// pick returns the series whose name begins with one of names, as
// "name{labels} value", sorted.
func pick(series map[string]string, names ...string) []string {
	var out []string
	for _, s := range slices.Sorted(maps.Keys(series)) {
		name, _, _ := strings.Cut(s, "{")
		if slices.Contains(names, name) {
			out = append(out, s+" "+series[s])
		}
	}
	return out
}

func want(t *testing.T, series map[string]string, names string, lines ...string) {
	t.Helper()
	if diff := cmp.Diff(lines, pick(series, strings.Fields(names)...)); diff != "" {
		t.Errorf("%s (-want +got):\n%s", names, diff)
	}
}

func TestConnectionsAreThere(t *testing.T) {
	never := func(v board.View) board.View { v.Look.ConnectionsAt = time.Time{}; return v }
	watch := func(v board.View, ports ...uint16) board.View { v.Watched = ports; return v }
	counted := func(v board.View, c []port.PortCount) board.View { v.Connections = c; return v }
	http := listener(port.TCP, 80, "nginx", "0.0.0.0")
	tests := []struct {
		name   string
		view   board.View
		states int // series of connections
		sum    string
	}{
		{"a watched port that nobody holds reads zero in every state", watch(viewOf(), 8500), 16, ""},
		{"but not before the first count", never(watch(viewOf(), 8500)), 0, ""},
		{"a watched port keeps the connections that outlive their listener", counted(watch(viewOf(), 8500), count(8500, port.Counts{FinWait2: 4}, port.Counts{})), 16, `fin_wait2"} 4`},
		{"a listener has the lasting states", counted(viewOf(http), count(80, port.Counts{}, port.Counts{})), 6, ""},
		{"and the passing ones while there are any", counted(viewOf(http), count(80, port.Counts{LastAck: 2}, port.Counts{})), 7, `last_ack"} 2`},
		{"a listener that is not counted yet has none", viewOf(http), 0, ""},
		{"a port that was just closed has none", counted(viewOf(), count(80, port.Counts{Established: 3}, port.Counts{})), 0, ""},
		{"nor has a UDP listener on a watched port more than the TCP port's", watch(viewOf(listener(port.UDP, 53, "dns", "0.0.0.0")), 53), 16, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			lines := pick(seriesOf(expose(t, tt.view, Options{})), "connections")
			if len(lines) != tt.states {
				t.Errorf("%d series, want %d:\n%s", len(lines), tt.states, strings.Join(lines, "\n"))
			}
			busy := slices.DeleteFunc(lines, func(l string) bool { return strings.HasSuffix(l, " 0") })
			if got := strings.Join(busy, "\n"); !strings.HasSuffix(got, tt.sum) || (got == "") != (tt.sum == "") {
				t.Errorf("not zero: %q, want …%q", got, tt.sum)
			}
		})
	}
}

func TestPortsThatAreCovered(t *testing.T) {
	inner := listener(port.TCP, 80, "httpd", "127.0.0.1")
	inner.Foreign = true
	dynamic := listener(port.TCP, 40000, "java", "127.0.0.1")
	watched := viewOf(dynamic)
	watched.Watched = []uint16{40000}
	unranged := viewOf(dynamic)
	unranged.Ephemeral = port.Range{}
	tests := []struct {
		name string
		view board.View
		want []string
	}{
		{"another namespace's listener is not ours", viewOf(inner), nil},
		{"and does not disturb ours of the same name", viewOf(listener(port.TCP, 80, "nginx", "127.0.0.1"), inner), []string{"nginx"}},
		{"one in the ephemeral range has no series", viewOf(dynamic), nil},
		{"unless it is watched", watched, []string{"java"}},
		{"or the range is unknown", unranged, []string{"java"}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, line := range pick(seriesOf(expose(t, tt.view, Options{})), "listener_info") {
				_, after, _ := strings.Cut(line, `process="`)
				name, _, _ := strings.Cut(after, `"`)
				got = append(got, name)
			}
			if !slices.Equal(got, tt.want) {
				t.Errorf("listeners told: %q, want %q", got, tt.want)
			}
		})
	}
}

// TestUnattributedSockets: what is not ours still tells how
// much we cannot see; a socket of the kernel's own has no process at all.
func TestUnattributedSockets(t *testing.T) {
	unseen := func(reason port.Unseen, foreign bool, addrs ...string) port.Listener {
		l := listener(port.TCP, 80, "", addrs...)
		l.Owner, l.Foreign = port.Owner{Reason: reason}, foreign
		return l
	}
	v := viewOf(
		unseen(port.UnseenPermission, false, "0.0.0.0", "::"), unseen(port.UnseenNetNS, true, "0.0.0.0"),
		unseen(port.UnseenKernel, false, "10.0.0.1"), listener(port.TCP, 81, "nginx", "0.0.0.0"),
	)
	want(t, seriesOf(expose(t, v, Options{})), "unattributed_sockets", "unattributed_sockets 3")
}

func TestRowsOnOneAddressAreMerged(t *testing.T) {
	old := listener(port.TCP, 443, "envoy", "0.0.0.0", "0.0.0.0")
	old.Owner.Leader.StartedAt = time.Unix(100, 0)
	old.Owner.Unit = "edge.service"
	queued(&old, port.Queue{Known: true, Length: 3, Limit: 100, Drops: 5})
	fresh := listener(port.TCP, 443, "envoy", "0.0.0.0")
	fresh.Owner.Leader.StartedAt = time.Unix(200, 0)
	queued(&fresh, port.Queue{Known: true, Length: 2, Limit: 1, Drops: 7, Full: true})
	other := listener(port.TCP, 443, "caddy", "0.0.0.0")
	other.Owner.Leader.StartedAt = time.Time{}
	series := seriesOf(expose(t, viewOf(old, fresh, other), Options{}))
	at := `{address="0.0.0.0",port="443",protocol="tcp"} `
	want(t, series, "listener_info listener_sockets listener_start_time_seconds accept_queue_length accept_queue_limit listener_drops_total",
		"accept_queue_length"+at+"2", "accept_queue_limit"+at+"1", "listener_drops_total"+at+"12",
		`listener_info{address="0.0.0.0",container="",port="443",process="caddy,envoy",protocol="tcp",scope="all",unit="edge.service",user="deploy"} 1`,
		"listener_sockets"+at+"4", "listener_start_time_seconds"+at+"100",
	)

}

// TestEachAddressTellsItsOwnQueue: a full queue on [::] must not be looked for
// on 0.0.0.0.
func TestEachAddressTellsItsOwnQueue(t *testing.T) {
	l := listener(port.TCP, 22, "sshd", "0.0.0.0", "::")
	l.Binds[0].Queue = port.Queue{Known: true, Length: 1, Limit: 128, Drops: 2}
	l.Binds[1].Queue = port.Queue{Known: true, Length: 6, Limit: 5, Full: true}
	series := seriesOf(expose(t, viewOf(l), Options{}))
	want(t, series, "listener_drops_total accept_queue_length accept_queue_limit",
		`accept_queue_length{address="0.0.0.0",port="22",protocol="tcp"} 1`, `accept_queue_length{address="::",port="22",protocol="tcp"} 6`,
		`accept_queue_limit{address="0.0.0.0",port="22",protocol="tcp"} 128`, `accept_queue_limit{address="::",port="22",protocol="tcp"} 5`,
		`listener_drops_total{address="0.0.0.0",port="22",protocol="tcp"} 2`, `listener_drops_total{address="::",port="22",protocol="tcp"} 0`)
}

func TestWithoutLimitsAndDropsNoneAreTold(t *testing.T) {
	l := listener(port.TCP, 22, "sshd", "0.0.0.0")
	queued(&l, port.Queue{Length: 3}) // as /proc/net/tcp tells it
	series := seriesOf(expose(t, viewOf(l, listener(port.UDP, 53, "dns", "0.0.0.0")), Options{}))
	want(t, series, "listener_drops_total accept_queue_length accept_queue_limit",
		`accept_queue_length{address="0.0.0.0",port="22",protocol="tcp"} 3`, `listener_drops_total{address="0.0.0.0",port="53",protocol="udp"} 0`)
}

func TestABoardThatHasSeenNothing(t *testing.T) {
	series := seriesOf(expose(t, board.View{Watched: []uint16{80}}, Options{}))
	want(t, series, "connections listeners clients unattributed_sockets listener_info collector_success collector_last_success_timestamp_seconds",
		`collector_success{collector="connections"} 0`, `collector_success{collector="listeners"} 0`)
}

func TestCollectorSuccess(t *testing.T) {
	tests := []struct {
		name string
		age  time.Duration
		cost time.Duration
		want string
	}{
		{"just now", 0, time.Millisecond, "1"},
		{"rare after a costly one", 2 * time.Minute, time.Millisecond, "1"},
		{"cheap and old", 6 * time.Minute, time.Millisecond, "0"},
		{"so costly that it is rare", 6 * time.Minute, time.Second, "1"},
		{"too old even so", 20 * time.Minute, time.Second, "0"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			v := viewOf()
			v.Look.ConnectionsAt, v.Look.ConnectionsCost = time.Now().Add(-tt.age), tt.cost
			got := seriesOf(expose(t, v, Options{}))[`collector_success{collector="connections"}`]
			if got != tt.want {
				t.Errorf("collector_success = %s, want %s", got, tt.want)
			}
		})
	}
}

func TestPartsThatDoNotRunTellNothing(t *testing.T) {
	series := seriesOf(expose(t, viewOf(), Options{}))
	want(t, series, "journal_writes_total journal_queue_length journal_dropped_total notifications_total")
}

func TestAFailedCountIsNoSuccess(t *testing.T) {
	v := viewOf()
	v.Look.CountFailed = true
	want(t, seriesOf(expose(t, v, Options{})), "collector_success", `collector_success{collector="connections"} 0`, `collector_success{collector="listeners"} 1`)
}
