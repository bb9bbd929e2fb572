package term

import (
	"slices"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/port"
)

func duration(t *testing.T, text string) time.Duration {
	t.Helper()
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatal(err)
	}
	return d
}

// TestTablesFitEveryWidth: no line of any table is wider than its screen, and
// what tells rows apart, the first columns, is there as long as it fits.
func TestTablesFitEveryWidth(t *testing.T) {
	v := machine(263)
	tables := []Table{
		Ports(v.Listeners, now, true), ConnsByPort(v.ConnectionsByPort(0)), ConnsByClient(v.ConnectionsByClient(0), v),
		ConnsByProcess(v.ConnectionsByProcess(0)), ConnsByState(ByState(v, 0), true),
	}
	for _, table := range tables {
		for width := 1; width <= 250; width++ {
			s := Screen{Terminal: true, Width: width}
			for _, line := range table.Lines(s) {
				if got := columns(line); got > width {
					t.Fatalf("a line of %d columns on a screen of %d: %q", got, width, line)
				}
			}
			kept := len(table.fit(width))
			if dropped := table.Dropped(s); kept+len(dropped) != len(table.Columns) {
				t.Errorf("width %d: %d columns shown, %q said to be left out", width, kept, dropped)
			}
		}
	}
}

func TestColumnsAreLeftOutInTheirOrder(t *testing.T) {
	table := Ports(machine(263).Listeners, now, true)
	var order []string
	for width := 250; width >= 40; width-- {
		for _, title := range table.Dropped(Screen{Terminal: true, Width: width}) {
			if !slices.Contains(order, title) {
				order = append(order, title)
			}
		}
	}
	want := []string{"TOP CLIENT", "UP", "QUEUE", "CLIENTS", "BIND", "OWNER"}
	if !slices.Equal(order, want) {
		t.Errorf("left out as the screen narrows: %q, want %q", order, want)
	}
}

func TestPipesGetEveryCell(t *testing.T) {
	table := Ports(machine(263).Listeners, now, false)
	for _, r := range table.Rows {
		for i, c := range r.Cells {
			if c.Text == "" {
				t.Errorf("row %s has an empty cell under %s", r.Key, table.Columns[i].Title)
			}
		}
	}
}

func TestMarkShowsWhatChanged(t *testing.T) {
	before, after := Ports(machine(263).Listeners, now, true), Ports(machine(264).Listeners, now.Add(time.Second), true)
	after.Mark(&before)
	if got, want := marked(&after), []string{"8500/tcp CONNECTIONS 264"}; !slices.Equal(got, want) {
		t.Errorf("marked %q, want %q: ages change by themselves", got, want)
	}
	before.Rows = slices.DeleteFunc(before.Rows, func(r Row) bool { return r.Cells[1].Text == "22/tcp" })
	after.Mark(&before)
	if n := len(marked(&after)); n != 1+len(after.Columns) {
		t.Errorf("%d cells marked, want a new row's every cell and the one that changed", n)
	}
}

func marked(t *Table) []string {
	var out []string
	for _, r := range t.Rows {
		for i, c := range r.Cells {
			if c.changed {
				out = append(out, r.Cells[1].Text+" "+t.Columns[i].Title+" "+c.Text)
			}
		}
	}
	return out
}

func TestBind(t *testing.T) {
	tests := []struct {
		want  string
		binds []port.Bind
	}{
		{"all", binds("0.0.0.0", "::")},
		{"all", binds("::")}, // takes IPv4 as well
		{"all v4", binds("0.0.0.0")},
		{"all v6", []port.Bind{{Addr: binds("::")[0].Addr, Family: port.IPv6, Scope: port.All, V6Only: true}}},
		{"loopback", binds("127.0.0.1", "::1")},
		{"loopback v6", binds("::1")},
		{"loopback 127.0.0.53", binds("127.0.0.53")},
		{"private 10.0.0.5,10.0.0.6", binds("10.0.0.5", "10.0.0.5", "10.0.0.6")},
		{"private 127.0.0.1,10.0.0.5", binds("127.0.0.1", "10.0.0.5")},
		{"link_local fe80::1%eth0", []port.Bind{{Addr: binds("fe80::1")[0].Addr, Family: port.IPv6, Scope: port.LinkLocal, Interface: "eth0"}}},
		{"all 0.0.0.0%eth0", []port.Bind{{Addr: binds("0.0.0.0")[0].Addr, Family: port.IPv4, Scope: port.All, Interface: "eth0"}}},
	}
	for _, tt := range tests {
		l := port.Listener{Binds: tt.binds}
		for _, b := range tt.binds {
			l.Scope = l.Scope.Wider(b.Scope)
		}
		if got := bindText(&l); got != tt.want {
			t.Errorf("bindText(%v) = %q, want %q", tt.binds, got, tt.want)
		}
	}
}

func binds(addrs ...string) []port.Bind {
	var out []port.Bind
	for i, a := range addrs {
		out = append(out, socket(80, a, uint64(i), port.Owner{}, port.Queue{}).Bind)
	}
	return out
}

func TestManyPortsOfOneService(t *testing.T) {
	l := port.Listener{Port: 3000, Service: port.Service{Name: "shop", Ports: []uint16{3000, 3001, 3002, 3003, 3004, 3005, 3006}}}
	if got, want := serviceCell(&l, true).Text, "shop also 3001,3002,3003,3004,+2"; got != want {
		t.Errorf("on a terminal %q, want %q", got, want)
	}
	if got, want := serviceCell(&l, false).Text, "shop also 3001,3002,3003,3004,3005,3006"; got != want {
		t.Errorf("on a pipe %q, want %q", got, want)
	}
}

func TestTopClientWithItsLimit(t *testing.T) {
	l := machine(263).Listing(port.Filter{}, "-connections")[0]
	limit := uint32(200)
	l.Connections.LimitPerClient = &limit
	if got, want := topClientText(&l), "10.0.4.9 187/200"; got != want {
		t.Errorf("topClientText = %q, want %q", got, want)
	}
}
