package mirrortest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

func testOrder(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	for i := range uint64(700) {
		j.Append(change("b", 2*i+1, "first"), change("a", i+1, "second"), change("b", 2*i+2, "third"))
	}
	f := follow(t, d.dsn, j)
	complete(t, f, d, j)
	j.Append(change("c", 1, "later"))
	complete(t, f, d, j)
	eventually(t, "no lag", func() bool { return f.Lag() == 0 })
	if f.Err() != nil || f.Rows() != uint64(j.Len()) {
		t.Errorf("%d rows, %v, want %d and no error", f.Rows(), f.Err(), j.Len())
	}
	if n := strings.Count(f.log.String(), "\n"); n != 0 {
		t.Errorf("log of a mirror that is well:\n%s", f.log)
	}
}

// testColumns: what people query by, of the right types.
func testColumns(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	at := time.Date(2025, 6, 1, 12, 0, 0, 123456789, time.FixedZone("", 2*60*60))
	began := time.Date(2025, 6, 1, 9, 58, 30, 0, time.UTC)
	j.Append(
		event.Entry{Stream: "check/shop", Number: 7, At: at, Observer: "web-1", Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: health.Healthy, At: at, Began: began, Outage: health.Duration(90 * time.Second),
		}},
		event.Entry{Stream: "check/shop", Number: 8, At: at, Change: &health.Change{
			Check: "shop", From: health.Healthy, To: health.Healthy, Overlay: health.Paused, Began: began, Reason: health.Timeout,
		}},
		event.Entry{Stream: "check/shop", Number: 9, At: at, Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: health.Unhealthy, Mark: health.TakenOver, Began: began, By: "192.0.2.7",
		}},
		event.Entry{Stream: "ports/web-1", Number: 1, At: time.Time{}, Observer: "web-1", Port: &port.Event{
			Kind: port.Opened, Proto: port.TCP, Port: 3000, Service: port.Service{Name: "shop"}, Process: &port.Process{PID: 811},
		}},
	)
	f := follow(t, d.dsn, j)
	complete(t, f, d, j)
	var got []string
	for _, r := range d.query(t, `SELECT stream, number, at, at_nanos, kind, check_name, from_status, to_status, reason, overlay, began, outage,
			proto, port, service, pid, CASE WHEN healthy THEN 'up' WHEN NOT healthy THEN 'down' END FROM portreeve_entry ORDER BY seq`) {
		var line []string
		for _, v := range r {
			line = append(line, shown(v))
		}
		got = append(got, strings.Join(line, " "))
	}
	equal(t, "columns", got, []string{
		"check/shop 7 2025-06-01T10:00:00.123456Z 789 change shop UNHEALTHY HEALTHY - - 2025-06-01T09:58:30Z 90000000000 - - - - up",
		"check/shop 8 2025-06-01T10:00:00.123456Z 789 overlay_began shop HEALTHY HEALTHY timeout PAUSED 2025-06-01T09:58:30Z - - - - - -",
		"check/shop 9 2025-06-01T10:00:00.123456Z 789 taken_over shop UNHEALTHY UNHEALTHY - - 2025-06-01T09:58:30Z - - - - - -",
		"ports/web-1 1 0001-01-01T00:00:00Z 0 opened - - - - - - - tcp 3000 shop 811 -",
	})
}

// shown writes a column's value alike for all drivers.
func shown(v any) string {
	switch v := v.(type) {
	case nil:
		return "-"
	case time.Time:
		return v.UTC().Format(time.RFC3339Nano)
	}
	return text(v)
}

// testHostileText: UTF-8 survives, NUL and other bytes become U+FFFD, and the
// parts for people are cut.
func testHostileText(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	const long = 100_000
	tests := []struct{ name, text, want string }{
		{"controls", "\x01\x1b[2J\x7f\u0085", "\x01\x1b[2J\x7f\u0085"},
		{"NUL", "a\x00b", "a\ufffdb"},
		{"an escape of NUL", `\u0000 \\u0000`, `\u0000 \\u0000`},
		{"both", "\x00\\u0000\\\x00", "\ufffd\\u0000\\\ufffd"},
		{"no UTF-8", "a\xff\xc3(b", "a\ufffd\ufffd(b"},
		{"four bytes", "日本語 \U0001f980 \U0010ffff", "日本語 \U0001f980 \U0010ffff"},
		{"quotes", `"'` + "`" + `\"; DROP TABLE portreeve_entry; -- ${x} $1 ? %s`, `"'` + "`" + `\"; DROP TABLE portreeve_entry; -- ${x} $1 ? %s`},
		{"line ends", "a\r\nb\u2028c", "a\r\nb\u2028c"},
		{"spaces", " a ", " a "},
		{"long", strings.Repeat("é", long), strings.Repeat("é", long)},
	}
	var want []event.Entry
	for i, tt := range tests {
		e := change("shop", uint64(i+1), tt.text)
		e.Observer, e.Change.Check = tt.text, tt.text
		j.Append(e)
		w := change("shop", uint64(i+1), tt.want)
		w.Observer, w.Change.Check = string([]rune(tt.want)[:min(255, len([]rune(tt.want)))]), tt.want
		want = append(want, w)
	}
	process := &port.Process{PID: 1, Name: foreign.Text("\x00\U0001f980\xff")}
	hostile := event.Entry{Stream: "ports/web-1", Number: 1, Port: &port.Event{
		Kind: port.Opened, Process: process, Service: port.Service{Name: foreign.Text(strings.Repeat("\U0001f980", 300) + "\x00")},
	}}
	j.Append(hostile)
	f := follow(t, d.dsn, j)
	caughtUp(t, f, d, j)
	got := d.entries(t)
	for i, tt := range tests {
		equal(t, tt.name, got[i], want[i])
	}
	if name := got[len(tests)].Port.Process.Name; name != "\ufffd\U0001f980\ufffd" {
		t.Errorf("name of a process %q", string(name))
	}
	if service := text(d.query(t, "SELECT service FROM portreeve_entry WHERE stream = 'ports/web-1'")[0][0]); service != strings.Repeat("\U0001f980", 255) {
		t.Errorf("service %q, want 255 characters of it", service)
	}
	// What has been replaced is still the same entry.
	f.stop()
	again := NewJournal("one")
	again.Append(j.all()...)
	d.exec(t, "UPDATE portreeve_mirror SET place = ''")
	j2 := follow(t, d.dsn, again)
	again.Append(change("shop", uint64(len(tests)+1), "after"))
	caughtUp(t, j2, d, again)
}

// testLargeBodies: a batch is bounded by bytes too.
func testLargeBodies(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	for i := range uint64(6) {
		j.Append(change("shop", i+1, strings.Repeat("\x01'\"\\é", 1<<17)))
	}
	f := follow(t, d.dsn, j)
	complete(t, f, d, j)
}

// testStates: the view has a check's first judgement, and then a row whenever
// up or down differs from the one before.
func testStates(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	random := rand.New(rand.NewPCG(1, 2))
	statuses := health.Statuses()
	last, numbers := map[string]bool{}, map[string]uint64{}
	var want []string
	add := func() {
		check := []string{"a", "b", health.SelfPrefix + "network", "Ä", "ä", "A"}[random.IntN(6)]
		numbers[check]++
		e := change(check, numbers[check], "")
		e.Change.To = statuses[random.IntN(len(statuses))]
		switch random.IntN(8) {
		case 0:
			e.Change.Overlay = health.Flapping
		case 1:
			e.Change.Mark = health.Released
		}
		j.Append(e)
		up := e.Change.To == health.Healthy || e.Change.To == health.Degrading
		before, known := last[check]
		if !e.Change.Moved() || e.Change.To == health.Unknown || strings.HasPrefix(check, health.SelfPrefix) || known && before == up {
			return
		}
		last[check] = up
		want = append(want, fmt.Sprintf("%s %v %s", e.At.Truncate(time.Microsecond).Format(time.RFC3339Nano), up, check))
	}
	for range 4 { // sessions: each has to find out what was said last
		for range 300 {
			add()
		}
		f := follow(t, d.dsn, j)
		caughtUp(t, f, d, j)
		f.stop()
	}
	for _, view := range []string{"state", "portreeve_state"} {
		equal(t, view, states(t, d, view), want)
	}
}

// states returns the rows of a view of states.
func states(t *testing.T, d database, view string) (lines []string) {
	t.Helper()
	var before int64
	for _, r := range d.query(t, "SELECT id, timestamp, healthy, check_name FROM "+view+" ORDER BY id") {
		if id := r[0].(int64); id <= before {
			t.Errorf("id %d after %d", id, before)
		}
		up := r[2] == true || r[2] == int64(1)
		lines = append(lines, fmt.Sprintf("%s %v %s", r[1].(time.Time).UTC().Format(time.RFC3339Nano), up, text(r[3])))
	}
	return lines
}

// testSeedsState: a table of that name stays as it is.
func testSeedsState(t *testing.T, server Server) {
	d, j := newDatabase(t, server), NewJournal("one")
	d.exec(t, "CREATE TABLE state (id INT PRIMARY KEY, timestamp TIMESTAMP, healthy BOOLEAN)")
	d.exec(t, "INSERT INTO state VALUES (1, '2020-01-01 00:00:00', TRUE)")
	j.Append(changes("shop", 1, 3)...)
	for range 2 {
		f := follow(t, d.dsn, j)
		caughtUp(t, f, d, j)
		f.stop()
	}
	if rows := d.query(t, "SELECT id, healthy FROM state"); len(rows) != 1 {
		t.Errorf("the seed's table has %d rows", len(rows))
	}
	if got := states(t, d, "portreeve_state"); len(got) != 1 {
		t.Errorf("portreeve_state has %q", got)
	}
}
