package port

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
)

var noon = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

// sock makes a TCP socket of a process: "0.0.0.0:80 nginx 7" is nginx's, pid
// 7; "…:80 ?" has an unknown owner; "…:80 node 7,8" two holders.
func sock(text string) Socket {
	f := strings.Fields(text)
	at := netip.MustParseAddrPort(f[0])
	s := Socket{Proto: TCP, Port: at.Port(), NetNS: 1, Bind: Bind{
		Addr: at.Addr(), Family: FamilyOf(at.Addr()), Scope: ScopeOf(at.Addr()), Inode: uint64(len(text))*7919 + uint64(at.Port()),
	}}
	if f[1] == "?" {
		s.Owner.Reason = UnseenPermission
		return s
	}
	s.Owner = Owner{Known: true}
	for p := range strings.SplitSeq(f[2], ",") {
		var pid int
		fmt.Sscan(p, &pid)
		s.Owner.PIDs = append(s.Owner.PIDs, pid)
	}
	s.Owner.Leader = &Process{
		PID: s.Owner.PIDs[0], Name: foreign.Text(f[1]), Exe: foreign.Text("/usr/bin/" + f[1]),
		StartedAt: noon.Add(time.Duration(s.Owner.PIDs[0]) * time.Second),
	}
	return s
}

func snapshot(sockets ...string) Snapshot {
	s := Snapshot{Listening: Listening{At: noon, NetNS: 1, Ephemeral: Range{32768, 60999}}}
	for _, text := range sockets {
		s.Listening.Sockets = append(s.Listening.Sockets, sock(text))
	}
	return s
}

func rows(sockets ...string) []Listener {
	s := snapshot(sockets...)
	return Fold(&s)
}

// draw writes rows as "80[0.0.0.0 ::] nginx 7".
func draw(rows []Listener) string {
	var out []string
	for _, l := range rows {
		var binds []string
		for _, b := range l.Binds {
			binds = append(binds, b.Addr.String())
		}
		pids := strings.Trim(fmt.Sprint(l.Owner.PIDs), "[]")
		out = append(out, strings.TrimSpace(fmt.Sprintf("%d[%s] %s %s", l.Port, strings.Join(binds, " "), l.Service.Name, pids)))
	}
	return strings.Join(out, "; ")
}

func TestFoldMakesOneRowPerServicePort(t *testing.T) {
	tests := []struct {
		name    string
		sockets []string
		want    string
	}{
		{"IPv4 and IPv6 of one process", []string{"[::]:80 nginx 7", "0.0.0.0:80 nginx 7"}, "80[0.0.0.0 ::] nginx 7"},
		{"SO_REUSEPORT: many processes, one address", []string{"0.0.0.0:53 dns 7", "0.0.0.0:53 dns 8"}, "53[0.0.0.0 0.0.0.0] dns 7 8"},
		{"prefork: many holders of one socket", []string{"0.0.0.0:80 httpd 7,8,9"}, "80[0.0.0.0] httpd 7 8 9"},
		{"two servers on two loopbacks", []string{"127.0.0.1:80 nginx 7", "[::1]:80 caddy 8"}, "80[::1] caddy 8; 80[127.0.0.1] nginx 7"},
		{"two unrelated processes of one program", []string{"127.0.0.1:80 nginx 7", "[::1]:80 nginx 8"}, "80[127.0.0.1] nginx 7; 80[::1] nginx 8"},
		{"a worker that holds both joins two", []string{"127.0.0.1:80 nginx 1", "127.0.0.2:80 nginx 2", "[::1]:80 nginx 1,2"}, "80[127.0.0.1 127.0.0.2 ::1] nginx 1 2"},
		{"unknown owners of one user", []string{"0.0.0.0:22 ?", "[::]:22 ?"}, "22[0.0.0.0 ::]"},
		{"one service on three ports", []string{"0.0.0.0:3000 node 7", "0.0.0.0:3001 node 8"}, "3000[0.0.0.0] node 7; 3001[0.0.0.0] node 8"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			got := rows(tt.sockets...)
			if d := draw(got); d != tt.want && !sameRows(d, tt.want) {
				t.Errorf("got  %s\nwant %s", d, tt.want)
			}
			ids := map[string]bool{}
			for _, l := range got {
				if ids[l.ID] {
					t.Errorf("id %s is given twice", l.ID)
				}
				ids[l.ID] = true
			}
		})
	}
}

// sameRows compares drawings whatever the order of rows of one port, which
// follows their ids.
func sameRows(a, b string) bool {
	x, y := strings.Split(a, "; "), strings.Split(b, "; ")
	return len(x) == 2 && len(y) == 2 && x[0] == y[1] && x[1] == y[0]
}

func TestFoldTellsPortsOfOneService(t *testing.T) {
	for _, l := range rows("0.0.0.0:3000 node 7", "0.0.0.0:3001 node 8", "0.0.0.0:3002 node 9", "0.0.0.0:80 nginx 5") {
		want := "[3000 3001 3002]"
		if l.Port == 80 {
			want = "[]"
		}
		if got := fmt.Sprint(l.Service.Ports); got != want {
			t.Errorf("port %d: service holds %s, want %s", l.Port, got, want)
		}
	}
}

func TestFoldSumsQueuesAndTraffic(t *testing.T) {
	s := snapshot("0.0.0.0:80 nginx 7", "[::]:80 nginx 7")
	s.Listening.Sockets[0].Bind.Queue = Queue{Known: true, Length: 5, Limit: 4, Drops: 2, Full: true}
	s.Listening.Sockets[1].Bind.Queue = Queue{Known: true, Length: 9, Limit: 100, Drops: 1}
	s.Connections = Connections{At: noon,
		Ports:   []PortCount{{80, IPv4, Counts{Established: 3}}, {80, IPv6, Counts{Established: 4, Unaccepted: 1}}},
		Clients: []Clients{{Port: 80, Distinct: 2, Top: []Client{{netip.MustParseAddr("127.0.0.2"), 6}, {netip.MustParseAddr("::1"), 1}}}},
	}
	l := Fold(&s)[0]
	if l.Queue != (Queue{Known: true, Length: 5, Limit: 4, Drops: 3, Full: true}) {
		t.Errorf("queue = %+v, want the full one with the drops of both", l.Queue)
	}
	if c := l.Connections; c.Established != 7 || c.Unaccepted != 1 || c.Clients != 2 || c.MaxPerClient != 6 || !c.Counted {
		t.Errorf("connections = %+v", c)
	}
	if l.State != Trouble || l.Problems[0] != QueueFull {
		t.Errorf("state %s, problems %v: a full queue is a problem", l.State, l.Problems)
	}
}

func TestFoldLeavesOutUDPClients(t *testing.T) {
	s := snapshot("0.0.0.0:40000 dig 7", "0.0.0.0:53 dns 8")
	for i := range s.Listening.Sockets {
		s.Listening.Sockets[i].Proto = UDP
	}
	if got := draw(Fold(&s)); got != "53[0.0.0.0] dns 8" {
		t.Errorf("got %s: an unconnected UDP client is no listener", got)
	}
}

func TestIDSurvivesRestartAndScope(t *testing.T) {
	a, b := rows("127.0.0.1:80 nginx 7")[0], rows("0.0.0.0:80 nginx 99")[0]
	if a.ID != b.ID {
		t.Errorf("ids %s and %s of one service on one port differ", a.ID, b.ID)
	}
	before := []Listener{a}
	before[0].FirstSeen = noon.Add(-time.Hour)
	after := []Listener{b}
	Remember(before, after)
	if !after[0].FirstSeen.Equal(noon.Add(-time.Hour)) {
		t.Errorf("first seen %v was not remembered", after[0].FirstSeen)
	}
}

func TestDiff(t *testing.T) {
	tests := []struct {
		name          string
		before, after []string
		want          string
	}{
		{"nothing", []string{"0.0.0.0:80 nginx 7"}, []string{"0.0.0.0:80 nginx 7"}, ""},
		{"opened", nil, []string{"0.0.0.0:80 nginx 7"}, "opened 80 nginx 7"},
		{"closed", []string{"0.0.0.0:80 nginx 7"}, nil, "closed 80 nginx 7"},
		{"creep", []string{"0.0.0.0:3000 node 7"}, []string{"0.0.0.0:3000 node 7", "0.0.0.0:3001 node 8"}, "opened 3001 node 8"},
		{"restart", []string{"0.0.0.0:80 nginx 7"}, []string{"0.0.0.0:80 nginx 9"}, "owner_changed 80 nginx 9 was 7"},
		{"another service took the port", []string{"0.0.0.0:80 nginx 7"}, []string{"0.0.0.0:80 caddy 9"}, "owner_changed 80 caddy 9 was 7 nginx"},
		{"now for all the world", []string{"127.0.0.1:80 nginx 7"}, []string{"0.0.0.0:80 nginx 7"}, "scope_changed 80 nginx 7 from loopback to all"},
		{"a worker more is nothing", []string{"0.0.0.0:80 httpd 7"}, []string{"0.0.0.0:80 httpd 7,8"}, ""},
		{"an heir among the old holders is nothing", []string{"0.0.0.0:80 httpd 7,8"}, []string{"0.0.0.0:80 httpd 8,7"}, ""},
		{"sight of the owner came", []string{"0.0.0.0:80 ?"}, []string{"0.0.0.0:80 nginx 7"}, ""},
		{"sight of the owner went", []string{"0.0.0.0:80 nginx 7"}, []string{"0.0.0.0:80 ?"}, ""},
		{"one of two servers left", []string{"127.0.0.1:80 nginx 7", "[::1]:80 caddy 8"}, []string{"127.0.0.1:80 nginx 7"}, "closed 80 caddy 8"},
		{"IPv6 joined", []string{"0.0.0.0:80 nginx 7"}, []string{"0.0.0.0:80 nginx 7", "[::]:80 nginx 7"}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, e := range Diff(rows(tt.before...), rows(tt.after...)) {
				got = append(got, drawEvent(e))
			}
			if strings.Join(got, "; ") != tt.want {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func drawEvent(e Event) string {
	out := fmt.Sprintf("%s %d %s", e.Kind, e.Port, e.Service.Name)
	if e.Process != nil {
		out += fmt.Sprintf(" %d", e.Process.PID)
	}
	if e.Was != nil {
		out += fmt.Sprintf(" was %d", e.Was.PID)
	}
	if e.Replaced != nil {
		out += " " + string(e.Replaced.Name)
	}
	if e.Before != "" {
		out += fmt.Sprintf(" from %s to %s", e.Before, e.Scope)
	}
	return out
}

func TestATakeoverIsNoticedThroughBlindness(t *testing.T) {
	var all []Event
	looks := [][]Listener{rows("0.0.0.0:80 nginx 7"), rows("0.0.0.0:80 ?"), rows("0.0.0.0:80 ?"), rows("0.0.0.0:80 caddy 9")}
	for i := 1; i < len(looks); i++ {
		Remember(looks[i-1], looks[i])
		all = append(all, Diff(looks[i-1], looks[i])...)
	}
	if len(all) != 1 || drawEvent(all[0]) != "owner_changed 80 caddy 9 was 7 nginx" {
		t.Errorf("events %+v, want one change of owner", all)
	}
}

func TestQueuesWithoutLimitsKeepTheLongest(t *testing.T) {
	s := snapshot("0.0.0.0:80 nginx 7", "[::]:80 nginx 7")
	s.Listening.Sockets[0].Bind.Queue = Queue{Length: 5} // as /proc/net/tcp tells it
	if l := Fold(&s)[0]; l.Queue.Length != 5 {
		t.Errorf("queue = %+v, want the longer one", l.Queue)
	}
}

func TestAReusedPIDIsAnotherProcess(t *testing.T) {
	before, after := rows("0.0.0.0:80 nginx 7"), rows("0.0.0.0:80 nginx 7")
	after[0].Owner.Leader.StartedAt = noon.Add(time.Hour)
	if events := Diff(before, after); len(events) != 1 || events[0].Kind != OwnerChanged {
		t.Errorf("events = %+v, want owner_changed", events)
	}
}

// TestAServiceOfManyPortsStaysSmall: each row carries its service's ports, so
// without a bound five thousand ports would be twenty-five million numbers.
func TestAServiceOfManyPortsStaysSmall(t *testing.T) {
	s := snapshot()
	for p := range 5000 {
		s.Listening.Sockets = append(s.Listening.Sockets, sock(fmt.Sprintf("127.0.0.1:%d app 7", 10000+p)))
	}
	all := Fold(&s)
	text, err := json.Marshal(all)
	if err != nil || len(text) > 5000*1500 {
		t.Errorf("%d rows are %d bytes of JSON, %v", len(all), len(text), err)
	}
	for _, l := range []*Listener{&all[0], &all[4999]} {
		if named, more := l.Siblings(); len(named)+more != 4999 || len(named) > maxServicePorts {
			t.Errorf("port %d names %d siblings and %d more", l.Port, len(named), more)
		}
	}
}
