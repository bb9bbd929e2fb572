package web

import (
	"context"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"net/netip"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
	"github.com/portreeve/portreeve/internal/port"
)

var update = flag.Bool("update", false, "write the golden files anew")

// The machine of the tests is in UTC, like its golden files.
func TestMain(m *testing.M) {
	flag.Parse()
	time.Local = time.UTC
	os.Exit(m.Run())
}

// A fakeJournal keeps entries in memory; a cursor is the number of the entry.
type fakeJournal struct {
	mu      sync.Mutex
	entries []event.Recorded
	latency []history.Latency
	asked   atomic.Int32 // how often for changes
	err     error
}

func (j *fakeJournal) add(e event.Entry) event.Recorded {
	j.mu.Lock()
	defer j.mu.Unlock()
	r := event.Recorded{Entry: e, Cursor: event.Cursor(fmt.Sprintf("c%d", len(j.entries)+1))}
	j.entries = append(j.entries, r)
	return r
}

func (j *fakeJournal) Read(_ context.Context, after event.Cursor, limit int) ([]event.Recorded, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	i := 0
	if after != "" {
		i = 1 + slices.IndexFunc(j.entries, func(r event.Recorded) bool { return r.Cursor == after })
		if i == 0 {
			return nil, fmt.Errorf("read %q: %w", after, event.ErrCursor)
		}
	}
	return slices.Clone(j.entries[i:min(i+limit, len(j.entries))]), j.err
}

func (j *fakeJournal) Recent(_ context.Context, limit int) ([]event.Recorded, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	return slices.Clone(j.entries[max(0, len(j.entries)-limit):]), j.err
}

// A world is a machine made by hand: its sockets, who is connected, its past.
type world struct {
	now     time.Time
	snap    port.Snapshot
	board   *board.Board
	journal *fakeJournal
	rows    []port.Listener
	inode   uint64
	events  map[string]uint64
}

const ownNetNS = 4026531840

func newWorld(now time.Time) *world {
	m := port.Machine{Host: "web-07", OS: "Ubuntu 20.04.6 LTS", Kernel: "5.4.0-216-generic", BootedAt: now.Add(-41*24*time.Hour - time.Hour)}
	w := &world{now: now, journal: &fakeJournal{}, events: map[string]uint64{}, board: board.New(m, now.Add(-9*24*time.Hour))}
	w.snap.Machine = m
	w.snap.Listening = port.Listening{At: now, Source: "netlink", Ephemeral: port.Range{Low: 32768, High: 60999}, NetNS: ownNetNS, Cost: 30 * time.Microsecond}
	w.snap.Connections = port.Connections{At: now.Add(-2 * time.Second), TimeWait: 118, Cost: 4 * time.Millisecond}
	return w
}

// A held is what tests say of a process that holds a port.
type held struct {
	name, exe, script, cwd, user, unit, container string
	pid                                           int
	age                                           time.Duration
	deleted                                       bool
	more                                          []int
}

func (w *world) owner(h held) port.Owner {
	p := &port.Process{
		PID: h.pid, PPID: 1, Name: foreign.Text(h.name), Exe: foreign.Text(h.exe), ExeDeleted: h.deleted, Script: foreign.Text(h.script),
		Cwd: foreign.Text(h.cwd), User: foreign.Text(h.user), StartedAt: w.now.Add(-h.age),
	}
	if p.Exe == "" {
		p.Exe = foreign.Text("/usr/bin/" + h.name)
	}
	return port.Owner{Known: true, User: p.User, PIDs: append([]int{h.pid}, h.more...), Leader: p, Unit: foreign.Text(h.unit), Container: foreign.Text(h.container)}
}

// listen opens sockets on each of the addresses, which are separated by blanks.
func (w *world) listen(proto port.Proto, addrs string, p uint16, o port.Owner, q port.Queue) {
	for _, a := range strings.Fields(addrs) {
		w.inode++
		addr := netip.MustParseAddr(a)
		w.snap.Listening.Sockets = append(w.snap.Listening.Sockets, port.Socket{
			Proto: proto, Port: p, NetNS: ownNetNS, Owner: o,
			Bind: port.Bind{Addr: addr, Family: port.FamilyOf(addr), Scope: port.ScopeOf(addr), Inode: 90000 + w.inode, Queue: q},
		})
	}
}

// connect sets who is connected to p: client addresses and how many each has.
func (w *world) connect(p uint16, counts port.Counts, clients ...port.Client) {
	w.snap.Connections.Ports = append(w.snap.Connections.Ports,
		port.PortCount{Port: p, Family: port.IPv4, Counts: counts}, port.PortCount{Port: p, Family: port.IPv6})
	c := port.Clients{Port: p, Distinct: len(clients), Top: clients}
	if len(clients) > 5 {
		c.Top = clients[:5]
	}
	w.snap.Connections.Clients = append(w.snap.Connections.Clients, c)
}

func clients(addrCounts ...any) []port.Client {
	var out []port.Client
	for i := 0; i < len(addrCounts); i += 2 {
		out = append(out, port.Client{Addr: netip.MustParseAddr(addrCounts[i].(string)), Connections: uint32(addrCounts[i+1].(int))})
	}
	return out
}

func queue(length, limit, drops uint32) port.Queue {
	return port.Queue{Known: true, Length: length, Limit: limit, Drops: drops, Full: length > limit}
}

// look folds the sockets as they are now and shows them to the board.
func (w *world) look() {
	rows := port.Fold(&w.snap)
	port.Remember(w.rows, rows)
	w.rows = rows
	w.board.Ports(w.snap, rows)
}

// happen journals an event of p's row, so long ago.
func (w *world) happen(kind port.EventKind, p uint16, ago time.Duration) {
	for i := range w.rows {
		if l := &w.rows[i]; l.Port == p {
			e := port.Event{Kind: kind, Listener: l.ID, Proto: l.Proto, Port: p, NetNS: l.NetNS, Scope: l.Scope, Service: l.Service, Process: l.Owner.Leader, User: l.Owner.User}
			w.record(portEntry(&e, w.now.Add(-ago)))
			return
		}
	}
}

func portEntry(e *port.Event, at time.Time) event.Entry {
	return event.Entry{Stream: event.PortStream("web-07"), At: at, Observer: "web-07", Port: e}
}

func (w *world) record(e event.Entry) {
	w.events[e.Stream]++
	e.Number = w.events[e.Stream]
	w.board.Record(w.journal.add(e))
}

// check sets what is believed of a check.
func (w *world) check(name, target string, status health.Status, r health.Result, since time.Duration, fails int) {
	spec := health.Spec{Name: name, Target: target, Origin: health.FromFlag}.WithDefaults(health.DefaultProfile())
	r.At = w.now.Add(-3 * time.Second)
	w.board.Check(&health.State{Spec: &spec, Status: status, Since: w.now.Add(-since), Last: &r, Fails: fails})
}

func (w *world) server(o Options) *Server {
	if o.Version == "" {
		o.Version = "1.2.3"
	}
	return New(w.board, w.journal, o, slog.New(slog.NewTextHandler(io.Discard, nil)))
}

// busyWorld is a machine on a bad day: everything that the page can say.
func busyWorld(now time.Time) *world {
	w := newWorld(now)
	shop := func(pid int, age time.Duration) port.Owner {
		return w.owner(held{name: "node", script: "server.js", cwd: "/srv/shop", user: "deploy", pid: pid, age: age})
	}
	w.listen(port.TCP, "0.0.0.0 ::", 22, w.owner(held{name: "sshd", user: "root", unit: "ssh.service", pid: 602, age: 41 * 24 * time.Hour}), queue(0, 128, 0))
	w.listen(port.TCP, "0.0.0.0 ::", 80, w.owner(held{name: "nginx", user: "root", unit: "nginx.service", pid: 640, age: 41 * 24 * time.Hour, deleted: true, more: []int{641, 642}}), queue(0, 511, 0))
	w.listen(port.TCP, "0.0.0.0 ::", 3000, shop(811, 9*time.Hour), queue(0, 511, 0))
	w.listen(port.TCP, "0.0.0.0 ::", 3001, shop(942, 5*time.Hour), queue(0, 511, 0))
	w.listen(port.TCP, "0.0.0.0 ::", 3002, shop(1207, 4*time.Minute), queue(3, 511, 0))
	w.listen(port.TCP, "10.0.4.7", 6379, w.owner(held{name: "redis-server", user: "redis", container: "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", pid: 4410, age: 6 * 24 * time.Hour}), queue(0, 511, 0))
	w.listen(port.TCP, "0.0.0.0 ::", 8500, w.owner(held{name: "consul", user: "consul", unit: "consul.service", pid: 700, age: 12 * 24 * time.Hour}), queue(0, 4096, 0))
	w.listen(port.TCP, "127.0.0.1 ::1", 9100, w.owner(held{name: "node_exporter", user: "prometheus", unit: "node_exporter.service", pid: 641, age: 41 * 24 * time.Hour}), queue(0, 4096, 0))
	w.listen(port.TCP, "0.0.0.0", 9200, w.owner(held{name: "java", exe: "/usr/lib/jvm/bin/java", script: "org.elasticsearch.bootstrap.Elasticsearch", cwd: "/usr/share/elasticsearch", user: "elastic", pid: 655, age: 4 * 24 * time.Hour}), queue(51, 50, 9))
	w.listen(port.TCP, "127.0.0.1", 5555, port.Owner{Reason: port.UnseenPermission, User: "postgres"}, queue(0, 244, 0))
	w.listen(port.UDP, "0.0.0.0 ::", 123, w.owner(held{name: "chronyd", user: "_chrony", unit: "chrony.service", pid: 580, age: 41 * 24 * time.Hour}), port.Queue{})
	w.snap.Watched = []uint16{5432, 8500}
	w.connect(22, port.Counts{Established: 3}, clients("10.0.0.5", 2, "10.0.0.9", 1)...)
	w.connect(80, port.Counts{Established: 112, FinWait2: 7, CloseWait: 3}, clients("10.0.7.1", 60, "10.0.7.2", 40, "2001:db8:4::1f", 12)...)
	w.connect(3000, port.Counts{})
	w.connect(3001, port.Counts{Established: 2}, clients("10.0.4.9", 2)...)
	w.connect(3002, port.Counts{Established: 41, Unaccepted: 3}, clients("10.0.4.9", 9, "10.0.4.10", 8, "10.0.4.11", 8, "10.0.4.12", 8, "10.0.4.13", 8)...)
	w.connect(5432, port.Counts{})
	w.connect(5555, port.Counts{})
	w.connect(6379, port.Counts{Established: 17}, clients("10.0.4.21", 17)...)
	w.connect(8500, port.Counts{Established: 263, CloseWait: 2}, clients("10.0.4.9", 187, "10.0.4.3", 31, "10.0.4.2", 21, "10.0.5.9", 12, "10.0.5.8", 9, "10.0.5.7", 3)...)
	w.connect(9100, port.Counts{Established: 1}, clients("127.0.0.1", 1)...)
	w.connect(9200, port.Counts{Established: 4, Unaccepted: 51, SynRecv: 6}, clients("10.0.9.2", 3, "10.0.9.3", 1)...)
	w.snap.Listening.Degraded = []port.Degraded{{
		Code: "owners", Text: "1 owner unknown: portreeve lacks CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, so other users' processes are hidden.",
		Hint: "Run it as root, or: setcap cap_sys_ptrace,cap_dac_read_search+ep portreeve",
	}}
	w.past()
	w.look()
	w.check("shop-api", "tcp://127.0.0.1:3000", health.Unhealthy, health.Result{Verdict: health.Fail, Reason: health.Timeout, Text: "no answer within 5 s", Took: health.Duration(5 * time.Second)}, 52*time.Minute, 104)
	w.check("shop-next", "tcp://127.0.0.1:3002", health.Healthy, health.Result{Verdict: health.Pass, Took: health.Duration(310 * time.Microsecond)}, 4*time.Minute, 0)
	w.check("postgres", "tcp://localhost:5432", health.Degrading, health.Result{Verdict: health.Fail, Reason: health.Refused, Text: "connect: connection refused", Took: health.Duration(time.Millisecond)}, 20*time.Second, 1)
	w.check("mail", "tcp://mail.example.org:25", health.Healthy, health.Result{Verdict: health.Pass, Took: health.Duration(38 * time.Millisecond)}, 8*24*time.Hour, 0)
	w.happen(port.Opened, 3001, 21*time.Hour+52*time.Minute)
	w.happen(port.Closed, 3001, 14*time.Hour+54*time.Minute)
	w.happen(port.OwnerChanged, 8500, 12*time.Hour)
	w.happen(port.Opened, 3001, 5*time.Hour)
	w.record(event.Entry{Stream: event.CheckStream("shop-api"), At: now.Add(-52 * time.Minute), Observer: "web-07", Change: &health.Change{
		Check: "shop-api", From: health.Degrading, To: health.Unhealthy, At: now.Add(-52 * time.Minute), Reason: health.Timeout, Text: "no answer within 5 s"}})
	w.happen(port.Opened, 3002, 4*time.Minute)
	return w
}

// past gives the busy ports an hour of history.
func (w *world) past() {
	for i := range board.Minutes {
		s := w.snap
		s.Connections.At = w.now.Add(-time.Duration(board.Minutes-i) * time.Minute)
		s.Connections.Ports = slices.Clone(s.Connections.Ports)
		for j := range s.Connections.Ports {
			c := &s.Connections.Ports[j]
			if c.Family == port.IPv6 {
				continue
			}
			switch c.Port {
			case 3000:
				c.Established = uint32(max(0, 30-i))
			case 3002:
				c.Established = uint32(max(0, i-50) * 4)
			case 8500:
				c.Established = uint32(180 + i + (i*7)%11)
			case 80:
				c.Established = uint32(90 + (i*37)%41)
			}
		}
		w.board.Ports(s, nil)
	}
}

// emptyWorld is a machine on which nothing listens.
func emptyWorld(now time.Time) *world {
	w := newWorld(now)
	w.look()
	return w
}

// manyWorld has five hundred listeners.
func manyWorld(now time.Time) *world {
	w := newWorld(now)
	for i := range 500 {
		p := uint16(2000 + i*3)
		name := fmt.Sprintf("svc-%03d", i%90)
		w.listen(port.TCP, "0.0.0.0 ::", p, w.owner(held{name: name, user: "app", unit: name + ".service", pid: 1000 + i, age: time.Duration(i) * time.Hour}), queue(0, 4096, 0))
		w.connect(p, port.Counts{Established: uint32(i % 40)}, client1(i)...)
	}
	w.past()
	w.look()
	for i := range 300 {
		w.happen(port.EventKinds()[i%2], uint16(2000+(i*7%500)*3), time.Duration(300-i)*5*time.Minute)
	}
	return w
}

func client1(i int) []port.Client {
	if i%40 == 0 {
		return nil
	}
	return clients(fmt.Sprintf("10.1.%d.%d", i/200, i%200), i%40)
}

// unprivilegedWorld is seen by a user who may not see others' processes, by
// way of /proc.
func unprivilegedWorld(now time.Time) *world {
	w := newWorld(now)
	w.snap.Listening.Source = "procfs"
	for _, p := range []uint16{22, 25, 80, 443, 5432, 8500} {
		w.listen(port.TCP, "0.0.0.0 ::", p, port.Owner{Reason: port.UnseenPermission, User: "root"}, port.Queue{})
		w.connect(p, port.Counts{Established: uint32(p % 7)})
	}
	w.listen(port.TCP, "127.0.0.1", 631, port.Owner{Reason: port.UnseenPending, User: "0"}, port.Queue{})
	w.listen(port.TCP, "0.0.0.0", 2049, port.Owner{Reason: port.UnseenKernel}, port.Queue{})
	w.listen(port.TCP, "127.0.0.1", 8000, w.owner(held{name: "python3", script: "app.py", cwd: "/home/ann/blog", user: "ann", pid: 4242, age: 3 * time.Hour}), port.Queue{})
	w.snap.Listening.Degraded = []port.Degraded{
		{Code: "owners", Text: "7 owners unknown: portreeve lacks CAP_SYS_PTRACE and CAP_DAC_READ_SEARCH, so other users' processes are hidden.", Hint: "Run it as root, or: setcap cap_sys_ptrace,cap_dac_read_search+ep portreeve"},
		{Code: "netlink", Text: "sock_diag is refused here: sockets are read from /proc/net/tcp, which does not tell queue limits and drops.", Hint: "Load the module tcp_diag: modprobe tcp_diag"},
	}
	w.look()
	return w
}

// evil is what somebody may call a process, a script, a user …
var evil = []string{
	`<img src=x onerror=alert(1)>`, `"><script>alert(1)</script>`, `'onmouseover='alert(1)`, "javascript:alert(1)", "</title><script>alert(1)</script>",
	"\x1b]0;owned\x07\x1b[31mred", "abc\u202egpj.exe", "line\nbreak\r\ndata: x", "\xff\xfe", "{{.}}${1}", "--><svg/onload=alert(1)>",
}

// hostileWorld is a machine whose users choose every name they can.
func hostileWorld(now time.Time) *world {
	w := newWorld(now)
	w.snap.Machine.OS, w.snap.Machine.Host = foreign.Text(evil[0]), "web-07"+evil[1]
	for i, e := range evil {
		h := held{name: e, exe: "/tmp/" + e, script: e, cwd: "/" + e, user: e, pid: 100 + i, age: time.Hour, deleted: true}
		if i%3 == 0 {
			h.unit = e
		}
		if i%3 == 1 {
			h.container = e
		}
		w.listen(port.TCP, "0.0.0.0", uint16(4000+i), w.owner(h), queue(9, 8, 1))
		w.snap.Listening.Sockets[i].Bind.Interface = e
		w.connect(uint16(4000+i), port.Counts{Established: 1}, clients("10.0.0.1", 1)...)
	}
	w.snap.Listening.Degraded = []port.Degraded{{Code: "owners", Text: evil[0], Hint: evil[1]}}
	w.look()
	for i, e := range evil {
		w.happen(port.Opened, uint16(4000+i), time.Duration(i)*time.Minute)
		w.check(fmt.Sprintf("check-%d", i), e, health.Unhealthy, health.Result{Verdict: health.Fail, Reason: health.Refused, Text: foreign.Text(e)}, time.Hour, 3)
		w.record(event.Entry{Stream: "check/x", At: now.Add(-time.Minute), Change: &health.Change{Check: "x", From: health.Healthy, To: health.Unhealthy, Reason: health.Refused, Text: foreign.Text(e)}})
	}
	return w
}
