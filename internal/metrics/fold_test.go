package metrics

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// ports returns how many ports have a series of their own, and how many series
// have a port at all.
func ports(series map[string]string) (ports, labelled int) {
	seen := map[string]bool{}
	for s := range series {
		_, after, ok := strings.Cut(s, `,port="`)
		if !ok {
			_, after, ok = strings.Cut(s, `{port="`)
		}
		if !ok {
			continue
		}
		labelled++
		p, _, _ := strings.Cut(after, `"`)
		seen[p] = p != other
	}
	for _, one := range seen {
		if one {
			ports++
		}
	}
	return ports, labelled
}

// sum adds up the values of one metric whose labels hold part.
func sum(t tb, series map[string]string, metric, part string) float64 {
	t.Helper()
	total := 0.0
	for s, value := range series {
		if name, labels, _ := strings.Cut(s, "{"); name == metric && strings.Contains(labels, part) {
			n, err := strconv.ParseFloat(value, 64)
			if err != nil {
				t.Fatalf("%s: %v", s, err)
			}
			total += n
		}
	}
	return total
}

// busy is a machine with n TCP listeners of one address and 1 + 2 + … + n
// established connections, one of each passing state per port.
func busy(n int) board.View {
	v := viewOf()
	for i := range n {
		p := uint16(1000 + i)
		v.Listeners = append(v.Listeners, listener(port.TCP, p, "server", "0.0.0.0"))
		v.Connections = append(v.Connections, count(p, port.Counts{Established: uint32(i + 1), FinWait1: 1}, port.Counts{LastAck: 1})...)
		v.Clients = append(v.Clients, port.Clients{Port: p, Distinct: 1})
	}
	return v
}

func TestFoldKeepsSumsExact(t *testing.T) {
	for _, n := range []int{10, 141, 142, 300} {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			series := seriesOf(expose(t, busy(n), Options{}))
			if got, want := sum(t, series, "connections", `state="established"`), float64(n*(n+1)/2); got != want {
				t.Errorf("established = %v, want %v", got, want)
			}
			if got := sum(t, series, "connections", `state="last_ack"`); got != float64(n) {
				t.Errorf("last_ack = %v, want %d", got, n)
			}
			if got := sum(t, series, "listener_sockets", ""); got != float64(n) {
				t.Errorf("sockets = %v, want %d", got, n)
			}
			told, labelled := ports(series)
			if told > maxPorts || labelled > maxSeries {
				t.Errorf("%d ports, %d series with a port", told, labelled)
			}
			if folded := sum(t, series, "series_folded", ""); (folded > 0) != (n > 100) {
				t.Errorf("series_folded = %v with %d ports told", folded, told)
			}
			t.Logf("%d listeners: %d ports told in %d series", n, told, labelled)
		})
	}
}

// TestFoldDoesNotMoveWithTraffic: which ports are told depends on what
// listens, not on who is connected.
func TestFoldDoesNotMoveWithTraffic(t *testing.T) {
	quiet := busy(300)
	for i := range quiet.Connections {
		quiet.Connections[i].Counts = port.Counts{}
	}
	before := pick(seriesOf(expose(t, quiet, Options{})), "listener_sockets")
	after := pick(seriesOf(expose(t, busy(300), Options{})), "listener_sockets")
	if strings.Join(before, "\n") != strings.Join(after, "\n") {
		t.Error("other ports are told when there is traffic")
	}
}

func TestWatchedPortsAreNeverFolded(t *testing.T) {
	v := busy(300)
	for p := uint16(1290); p < 1310; p++ { // half of them held by nobody
		v.Watched = append(v.Watched, p)
	}
	series := seriesOf(expose(t, v, Options{}))
	for _, p := range v.Watched {
		if _, ok := series[fmt.Sprintf(`connections{family="ipv6",port="%d",protocol="tcp",state="closing"}`, p)]; !ok {
			t.Errorf("watched port %d has no series", p)
		}
	}
	if told, labelled := ports(series); told > maxPorts || labelled > maxSeries {
		t.Errorf("%d ports, %d series with a port", told, labelled)
	}
}

// TestAFatPortDoesNotFoldTheLeanOnes: a server on a thousand addresses is
// folded by itself.
func TestAFatPortDoesNotFoldTheLeanOnes(t *testing.T) {
	var addrs []string
	for i := range 1000 {
		addrs = append(addrs, netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)}).String())
	}
	series := seriesOf(expose(t, viewOf(listener(port.UDP, 53, "named", addrs...), listener(port.TCP, 80, "nginx", "0.0.0.0")), Options{}))
	want(t, series, "listener_sockets",
		`listener_sockets{address="0.0.0.0",port="80",protocol="tcp"} 1`, `listener_sockets{address="other",port="other",protocol="udp"} 1000`)
}

// TestAnyViewIsAnExposition: whatever a machine shows, doubles included, the
// scrape succeeds, keeps its limits and loses no connection.
func TestAnyViewIsAnExposition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 300).Draw(t, "n")
		v := viewOf(rapid.SliceOfN(rapid.Custom(anyListener), n, n).Draw(t, "listeners")...)
		v.Ephemeral = port.Range{}
		established := 0.0
		for p := range covered(&v) {
			c := port.Counts{Established: rapid.Uint32Max(1000).Draw(t, "established"), Closing: rapid.Uint32Max(2).Draw(t, "closing")}
			v.Connections = append(v.Connections, count(p, c, c)...)
			established += 2 * float64(c.Established)
		}
		series := seriesOf(expose(t, v, Options{Clients: rapid.IntRange(0, 3).Draw(t, "top")}))
		if got := sum(t, series, "connections", `state="established"`); got != established {
			t.Fatalf("established = %v, want %v", got, established)
		}
		if told, labelled := ports(series); told > maxPorts || labelled > maxSeries {
			t.Fatalf("%d ports, %d series with a port", told, labelled)
		}
	})
}

// anyListener draws a row from so small a world that rows collide.
func anyListener(t *rapid.T) port.Listener {
	l := listener(
		rapid.SampledFrom([]port.Proto{port.TCP, port.UDP}).Draw(t, "proto"), uint16(rapid.IntRange(1, 260).Draw(t, "port")),
		rapid.SampledFrom(hostile).Draw(t, "process"),
		rapid.SliceOfN(rapid.SampledFrom([]string{"0.0.0.0", "::", "127.0.0.1", "10.0.0.1", "fe80::1"}), 1, 4).Draw(t, "addresses")...,
	)
	l.Foreign = rapid.Bool().Draw(t, "foreign")
	l.Queue.Known = rapid.Bool().Draw(t, "known")
	l.Binds[0].Interface = rapid.SampledFrom([]string{"", "eth0", "\xff", "\xfe"}).Draw(t, "interface")
	if rapid.Bool().Draw(t, "hidden") {
		l.Owner = port.Owner{Reason: port.UnseenPermission}
	}
	return l
}

// covered returns the TCP ports on which v's own namespace listens.
func covered(v *board.View) map[uint16]bool {
	ports := map[uint16]bool{}
	for _, l := range v.Listeners {
		if l.Proto == port.TCP && !l.Foreign {
			ports[l.Port] = true
		}
	}
	return ports
}
