package web

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/port"
)

// rowsOf returns the page's rows of a world by port.
func rowsOf(w *world) map[uint16]row {
	w.look()
	v := w.board.View()
	c := newComposer(v, parseQuery(nil), w.now)
	rows := map[uint16]row{}
	for _, l := range pick(v, c.query) {
		rows[l.Port] = c.row(&l)
	}
	return rows
}

func TestSharedSocketsFold(t *testing.T) {
	w := newWorld(time.Now())
	o := w.owner(held{name: "haproxy", user: "haproxy", pid: 5, more: []int{6, 7}})
	w.listen(port.TCP, "0.0.0.0 0.0.0.0 0.0.0.0 ::", 443, o, queue(0, 9, 0))
	r := rowsOf(w)[443]
	var got []string
	for _, s := range r.Detail.Sockets {
		got = append(got, strings.Repeat(s.Addr+" ", s.Count)+s.Notes)
	}
	if diff := cmp.Diff([]string{"0.0.0.0:443 0.0.0.0:443 0.0.0.0:443 all", "[::]:443 all"}, got); diff != "" {
		t.Error(diff)
	}
	if r.Scope.Title != "0.0.0.0, ::" || !strings.HasSuffix(r.Owner.Text, "3 processes") {
		t.Errorf("%+v, %+v", r.Scope, r.Owner)
	}
}

// TestNothingIsABareDash: every value that is not known says so, and why.
func TestNothingIsABareDash(t *testing.T) {
	w := unprivilegedWorld(time.Now())
	w.listen(port.UDP, "0.0.0.0", 53, port.Owner{Reason: port.UnseenPermission, User: "bind"}, port.Queue{})
	w.listen(port.TCP, "0.0.0.0", 7000, port.Owner{Reason: port.UnseenNetNS}, port.Queue{})
	w.snap.Listening.Sockets[len(w.snap.Listening.Sockets)-1].NetNS = 4026532999
	w.snap.Watched = []uint16{7777}
	for p, r := range rowsOf(w) {
		for name, c := range map[string]cell{"service": r.Service, "owner": r.Owner, "connections": r.Connections, "client": r.Client.cell, "queue": r.Queue} {
			if strings.Trim(c.Text, "-–—? ") == "" {
				t.Errorf("%d: %s is %q", p, name, c.Text)
			}
			if known := c.Class != "none" || c.Text == "none" || c.Text == "nobody"; !known && c.Title == "" {
				t.Errorf("%d: %s is %q without a reason", p, name, c.Text)
			}
		}
	}
}

func TestClientNearItsLimitIsMeasured(t *testing.T) {
	w := busyWorld(time.Now())
	v := w.board.View()
	l := *rowOn(w, 8500)
	limit := uint32(200)
	l.Connections.LimitPerClient = &limit
	c := &composer{view: v, query: parseQuery(nil), now: w.now}
	if got := c.row(&l).Client; got.Text != "10.0.4.9" || got.Count != 187 || got.Limit != 200 || got.High != 160 || got.Others != "+5" {
		t.Errorf("client = %+v", got)
	}
}

// TestConnectionsOutliveTheirListener: a watched port that nobody holds may
// still have some.
func TestConnectionsOutliveTheirListener(t *testing.T) {
	w := newWorld(time.Now())
	w.snap.Watched = []uint16{8500}
	w.connect(8500, port.Counts{Established: 3, CloseWait: 1}, clients("10.0.0.1", 3)...)
	r := rowsOf(w)[8500]
	if r.Mark != absent || r.Connections.Text != "3" || r.Connections.Title != "1 CLOSE_WAIT" || r.Client.Text != "10.0.0.1" || r.Folds {
		t.Errorf("row = %+v", r)
	}
}

func TestServiceNamesItsOtherPorts(t *testing.T) {
	for want, ports := range map[string][]uint16{
		"": nil, "also 3001": {3000, 3001}, "also 3001, 3002, 3003, 3004": {3000, 3001, 3002, 3003, 3004}, "also 3001, 3002, 3003, 3004, 2 more": {3000, 3001, 3002, 3003, 3004, 3005, 3006},
	} {
		if got := also(&port.Listener{Port: 3000, Service: port.Service{Ports: ports}}); got != want {
			t.Errorf("%v: %q, want %q", ports, got, want)
		}
	}
}

func TestChecksStandAtTheirPort(t *testing.T) {
	rows := rowsOf(busyWorld(time.Now()))
	for p, want := range map[uint16]string{3000: "✕ timeout", 3002: "✓ 0.3\u00a0ms", 5432: "◆ refused", 22: "", 123: ""} {
		got := ""
		for _, c := range rows[p].Checks {
			got += c.Mark.Shape + " " + c.Text
		}
		if got != want {
			t.Errorf("%d: %q, want %q", p, got, want)
		}
	}
}
