package board

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

func TestCheckOrder(t *testing.T) {
	v := watched()
	v.FindCheck("shop-api").Last.Answer = &health.Answer{TLS: &health.TLS{NotAfter: noon}}
	for text, want := range map[string]string{
		"":         "shop-api db new night portreeve.lag six",
		"name":     "db new night portreeve.lag shop-api six",
		"-name":    "six shop-api portreeve.lag night new db",
		"target":   "shop-api portreeve.lag db six new night",
		"status":   "new portreeve.lag six db night shop-api",
		"-status":  "night shop-api db portreeve.lag six new",
		"reason":   "new portreeve.lag six db night shop-api",
		"-took":    "shop-api six db new night portreeve.lag",
		"asked":    "new portreeve.lag db shop-api night six",
		"expires":  "shop-api db new night portreeve.lag six",
		"-expires": "db new night portreeve.lag six shop-api",
	} {
		o, err := ParseCheckOrder(text)
		if err != nil {
			t.Fatal(err)
		}
		if got := names(o.Sort(v.Checks)); got != want {
			t.Errorf("by %q: %s, want %s", text, got, want)
		}
	}
	if got := names(v.Checks); got != "db new night portreeve.lag shop-api six" {
		t.Errorf("the view's own are now %s", got)
	}
	var fe *port.FilterError
	if _, err := ParseCheckOrder("-tuk"); !errors.As(err, &fe) || !strings.Contains(fe.Advice, "took") {
		t.Errorf("-tuk: %v", err)
	}
	if _, err := ParseCheckOrder("--name"); err == nil {
		t.Error("--name is an order")
	}
}

// TestUrgency reads from what a person should look at first to what is well.
func TestUrgency(t *testing.T) {
	for i, group := range [][]*health.State{
		{state("portreeve.lag", "", health.Unhealthy), state("portreeve.lag", "", health.Degrading)},
		{state("a", "", health.Unhealthy), state("a", "", health.Unhealthy, health.Flapping)},
		{state("a", "", health.Degrading), state("a", "", health.Healthy, health.Flapping), state("a", "", health.Unknown, health.Stale)},
		{state("a", "", health.Unknown)},
		{state("a", "", health.Healthy), state("a", "", health.Unhealthy, health.Maintenance), state("a", "", health.Unhealthy, health.Behind),
			state("a", "", health.Unknown, health.Paused), state("portreeve.lag", "", health.Unknown)},
	} {
		for _, st := range group {
			if got := Urgency(st); got != urgencySelf-i {
				t.Errorf("%s %s %v is %d, want %d", st.Spec.Name, st.Status, st.Overlays, got, urgencySelf-i)
			}
		}
	}
}

// TestPartsMakeTheWhole in every order and size.
func TestPartsMakeTheWhole(t *testing.T) {
	b, _ := manyChecks()
	v := b.View()
	for _, key := range append(CheckOrderKeys(), "") {
		for _, o := range []CheckOrder{CheckOrder(key), CheckOrder("-" + key)} {
			if o == "-" {
				continue
			}
			q := CheckQuery{Order: o, Limit: 999}
			var all []*health.State
			for range 11 {
				part, next, matching, err := q.Page(v)
				if err != nil || matching != 10000 {
					t.Fatalf("by %q: %d match, %v", o, matching, err)
				}
				if all = append(all, part...); next == "" {
					break
				}
				q.After = next
			}
			if !slices.Equal(all, o.Sort(v.Checks)) {
				t.Errorf("by %q the parts have %d checks, or in another order", o, len(all))
			}
		}
	}
}

// TestReadingOnWhileThingsChange: who reads on finds what comes after the place
// that he has reached, though the check there has gone, or moved.
func TestReadingOnWhileThingsChange(t *testing.T) {
	b := boardOf(state("a", "", health.Healthy), state("b", "", health.Unhealthy), state("c", "", health.Unhealthy), state("d", "", health.Healthy))
	_, next, _, err := CheckQuery{Limit: 2}.Page(b.View()) // b c
	if err != nil {
		t.Fatal(err)
	}
	rest := func() string {
		part, _, _, err := CheckQuery{After: next, Limit: 9}.Page(b.View())
		if err != nil {
			t.Fatal(err)
		}
		return names(part)
	}
	if got := rest(); got != "a d" {
		t.Errorf("after b and c come %s", got)
	}
	b.Check(state("c", "", health.Healthy))
	if got := rest(); got != "a c d" {
		t.Errorf("c is well again: %s", got)
	}
	b.Uncheck("c")
	if got := rest(); got != "a d" {
		t.Errorf("c is gone: %s", got)
	}
}

// rowsOf makes listeners of as many connections as told, on ports from 1 on.
func rowsOf(connections ...uint32) *View {
	v := &View{}
	for i, n := range connections {
		l := port.Listener{ID: fmt.Sprintf("tcp/%d/x", i+1), Proto: port.TCP, Port: uint16(i + 1), Service: port.Service{Name: foreign.Text(fmt.Sprintf("s%d\xff", i%3))}}
		l.Connections.Established = n
		if i%2 == 0 {
			l.Owner.Leader = &port.Process{Name: foreign.Text(fmt.Sprint("p", i%4)), StartedAt: noon.Add(time.Duration(i%3) * time.Hour)}
		}
		v.Listeners = append(v.Listeners, l)
	}
	return v
}

func ports(rows []*port.Listener) string {
	var all []string
	for _, l := range rows {
		all = append(all, fmt.Sprint(l.Port))
	}
	return strings.Join(all, " ")
}

func TestPartsOfListenersMakeTheWhole(t *testing.T) {
	v := rowsOf(5, 5, 1, 0, 9, 5, 1, 7)
	for _, key := range append(port.OrderKeys(), "") {
		for _, o := range []port.Order{port.Order(key), port.Order("-" + key)} {
			q := ListenerQuery{Order: o, Limit: 3}
			var all []*port.Listener
			for range 3 {
				part, next, matching, err := q.Page(v)
				if err != nil || matching != 8 {
					t.Fatalf("by %q: %d match, %v", o, matching, err)
				}
				all, q.After = append(all, part...), next
			}
			var want []*port.Listener
			for _, l := range o.Sort(v.Listeners) {
				want = append(want, &v.Listeners[l.Port-1])
			}
			if !slices.Equal(all, want) || q.After != "" {
				t.Errorf("by %q: %s, want %s; next %q", o, ports(all), ports(want), q.After)
			}
		}
	}
}

// TestReadingListenersOnWhileTheyMove as with checks.
func TestReadingListenersOnWhileTheyMove(t *testing.T) {
	q := ListenerQuery{Order: "-connections", Limit: 2}
	_, next, _, err := q.Page(rowsOf(9, 8, 7, 6, 5)) // ends at port 2
	if err != nil {
		t.Fatal(err)
	}
	q.After, q.Limit = next, 9
	for _, tt := range []struct {
		name string
		now  []uint32
		want string
	}{
		{"nothing moved", []uint32{9, 8, 7, 6, 5}, "3 4 5"},
		{"the last one moved back", []uint32{9, 4, 7, 6, 5}, "3 4 5 2"},
		{"the last one moved forward", []uint32{9, 99, 7, 6, 5}, "3 4 5"},
		{"one moved forward, past the reader", []uint32{9, 8, 99, 6, 5}, "4 5"},
		{"the last one is gone", []uint32{9}, ""},
	} {
		part, _, _, err := q.Page(rowsOf(tt.now...))
		if got := ports(part); err != nil || got != tt.want {
			t.Errorf("%s: %q, want %q; %v", tt.name, got, tt.want, err)
		}
	}
}

func TestWrongPlaces(t *testing.T) {
	v := watched()
	for _, after := range []string{"nonsense", "%", "e30=", strings.Repeat("A", maxPlace+4), "bnVs"} {
		c, l := CheckQuery{After: after, Limit: 1}, ListenerQuery{After: after, Limit: 1}
		_, _, _, err1 := c.Page(v)
		_, _, _, err2 := l.Page(v)
		for _, err := range []error{err1, err2, c.Validate(), l.Validate()} {
			if !errors.Is(err, ErrAfter) {
				t.Errorf("%.20q: %v", after, err)
			}
		}
	}
	if err := errors.Join(CheckQuery{}.Validate(), ListenerQuery{}.Validate()); err != nil {
		t.Errorf("the beginning is a place: %v", err)
	}
}

// FuzzAfter: no place that a caller makes up does any harm.
func FuzzAfter(f *testing.F) {
	v, rows := watched(), rowsOf(3, 2, 1)
	_, c, _, _ := CheckQuery{Order: "target", Limit: 1}.Page(v)
	_, l, _, _ := ListenerQuery{Order: "up", Limit: 1}.Page(rows)
	f.Add(c, "target")
	f.Add(l, "up")
	f.Add(encodePlace(spot{State: "?", Scope: "?"}), "-bind")
	f.Add("bnVsbA", "")
	f.Fuzz(func(t *testing.T, after, order string) {
		if o, err := ParseCheckOrder(order); err == nil {
			part, _, n, err := CheckQuery{Order: o, After: after, Limit: 2}.Page(v)
			if err == nil && (len(part) > 2 || n != len(v.Checks)) {
				t.Fatalf("%d of %d", len(part), n)
			}
		}
		if o, err := port.ParseOrder(order); err == nil {
			part, _, n, err := ListenerQuery{Order: o, After: after, Limit: 2}.Page(rows)
			if err == nil && (len(part) > 2 || n != 3 || slices.Contains(part, nil)) {
				t.Fatalf("%d of %d: %v", len(part), n, part)
			}
		}
	})
}
