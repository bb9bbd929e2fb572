package journaltest

import (
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// testText: UTF-8 survives byte for byte, other bytes become U+FFFD.
func testText(t *testing.T, open func(*testing.T) Journal) {
	var controls strings.Builder
	for r := range rune(0xa0) {
		controls.WriteRune(r)
	}
	tests := []struct{ name, text, want string }{
		{"empty", "", ""},
		{"controls", controls.String(), controls.String()},
		{"escapes", "\x1b[2J\x1b]0;title\a", "\x1b[2J\x1b]0;title\a"},
		{"line ends", "a\r\nBcc: everybody\r\n\r\n", "a\r\nBcc: everybody\r\n\r\n"},
		{"quotes", `"'` + "`" + `\"; DROP TABLE entry; --`, `"'` + "`" + `\"; DROP TABLE entry; --`},
		{"markup", "<img src=x onerror=alert(1)>&amp;", "<img src=x onerror=alert(1)>&amp;"},
		{"JSON", `\u0000 \ud800 {"a":[1]}`, `\u0000 \ud800 {"a":[1]}`},
		{"wide", "日本語 \u202e\u2028\ufeff\U0001f980", "日本語 \u202e\u2028\ufeff\U0001f980"},
		{"replacement character", "\ufffd", "\ufffd"},
		{"no UTF-8", "a\xff\xc3(b", "a\ufffd\ufffd(b"},
		{"a surrogate", "\xed\xa0\x80", "\ufffd\ufffd\ufffd"},
		{"64 KiB", strings.Repeat("0123456789abcdef", 4096), strings.Repeat("0123456789abcdef", 4096)},
		{"64 KiB of controls", strings.Repeat("\x01", 1<<16), strings.Repeat("\x01", 1<<16)},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := open(t)
			e, want := change("check/a", 1, tt.text), change("check/a", 1, tt.want)
			e.Observer, e.Change.Check = "web-"+tt.text, tt.text
			want.Observer, want.Change.Check = "web-"+tt.want, tt.want
			store(t, j, e)
			holds(t, j, want)
			store(t, j, e) // the same, word for word
			store(t, j, want)
			holds(t, j, want)
		})
	}
}

// testTimes: every time keeps its instant to the nanosecond.
func testTimes(t *testing.T, open func(*testing.T) Journal) {
	lmt := time.FixedZone("LMT", 19*60+32) // as Amsterdam had it: with seconds
	tests := map[string]time.Time{
		"now":           time.Now(), // with a monotonic reading
		"nanoseconds":   time.Date(2025, 6, 1, 12, 0, 0, 123456789, time.UTC),
		"microseconds":  time.Date(2025, 6, 1, 12, 0, 0, 120000, time.UTC),
		"whole":         time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC),
		"another zone":  time.Date(2025, 6, 1, 12, 0, 0, 1, time.FixedZone("", -11*60*60-30*60)),
		"seconds off":   time.Date(1920, 1, 1, 12, 0, 0, 999999999, lmt),
		"before 1970":   time.Date(1969, 12, 31, 23, 59, 59, 999999999, time.UTC),
		"zero":          {},
		"the last":      time.Date(9999, 12, 31, 23, 59, 59, 999999999, time.UTC),
		"the last here": time.Date(9999, 12, 31, 23, 59, 59, 0, time.FixedZone("", 60)),
	}
	j := open(t)
	number := map[string]uint64{}
	for name, at := range tests {
		t.Run(name, func(t *testing.T) {
			c := event.Entry{Stream: "check/a", At: at, Change: &health.Change{Check: "a", At: at, Began: at}}
			p := event.Entry{Stream: "ports/b", At: at, Port: &port.Event{
				Kind: port.OwnerChanged, Process: &port.Process{PID: 1, StartedAt: at}, Was: &port.Process{PID: 2, StartedAt: at},
			}}
			for _, e := range []event.Entry{c, p} {
				number[e.Stream]++
				e.Number = number[e.Stream]
				store(t, j, e)
				head, ok, err := j.Head(deadline(t), e.Stream)
				if err != nil || !ok {
					t.Fatalf("head: %v, %v", ok, err)
				}
				equal(t, "entry", head, e)
				if zone, _ := head.At.Zone(); zone != "UTC" {
					t.Errorf("zone %s, want UTC", zone)
				}
			}
		})
	}
}

// testBodies: all that an entry says comes back, and nothing else.
func testBodies(t *testing.T, open func(*testing.T) Journal) {
	at := time.Date(2025, 6, 1, 12, 0, 0, 5, time.UTC)
	process := &port.Process{
		PID: 811, PPID: 1, Name: "node", Exe: "/usr/bin/node", ExeDeleted: true, Script: "server.js", Cwd: "/srv/shop",
		UID: 1000, User: "deploy", StartedAt: at,
	}
	full := &port.Event{
		Kind: port.OwnerChanged, Listener: "tcp/3000/shop", Proto: port.TCP, Port: 3000, NetNS: 4026531840,
		Scope: port.All, Before: port.Loopback,
		Service: port.Service{Name: "shop", Kind: port.ByScript, Key: "00ff", Ports: []uint16{3000, 3001}},
		Process: process, Was: &port.Process{PID: 7, Name: foreign.Text("\x1b[31m")},
		Replaced: &port.Service{Name: "old", Kind: port.ByUnit, Key: "01"}, User: "deploy",
	}
	j := open(t)
	want := []event.Entry{
		{Stream: "ports/web-1", Number: 1, At: at, Observer: "web-1", Port: full},
		{Stream: "ports/web-1", Number: 2, At: at, Observer: "web-1", Port: &port.Event{Kind: port.Closed, Proto: port.UDP, Port: 53}},
		{Stream: "ports/web-1", Number: 3, Port: &port.Event{}},
		{Stream: "check/a", Number: 1, Change: &health.Change{}},
		{Stream: "check/a", Number: 2, At: at, Observer: "web-1", Change: &health.Change{
			Check: "a", From: health.Unhealthy, To: health.Unhealthy, At: at, Began: at, Mark: health.TakenOver, By: "192.0.2.7", Text: "was 192.0.2.9's",
			Down: at, Since: at, Overlays: []health.Overlay{health.Flapping}, Epoch: "00ff",
		}},
	}
	store(t, j, want...)
	holds(t, j, want...)
}
