package notify_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"time"
	"unicode"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/notify"
	"github.com/portreeve/portreeve/internal/port"
)

// logged returns the line that an entry makes, without time.
func logged(t *testing.T, e event.Entry) string {
	t.Helper()
	var b bytes.Buffer
	handler := slog.NewTextHandler(&b, &slog.HandlerOptions{ReplaceAttr: func(groups []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			return slog.Attr{}
		}
		return a
	}})
	if err := notify.NewLog(slog.New(handler)).Notify(t.Context(), event.Recorded{Entry: e}); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func TestLogLines(t *testing.T) {
	at := time.Date(2025, 6, 1, 12, 4, 35, 0, time.UTC)
	tests := []struct {
		name  string
		entry event.Entry
		want  string
	}{
		{"an outage", event.Entry{Stream: "check/shop", Number: 7, At: at, Change: &health.Change{
			Check: "shop", From: health.Degrading, To: health.Unhealthy, At: at, Began: at.Add(-30 * time.Second),
			Reason: health.Refused, Text: "connection refused",
		}}, `level=INFO msg="check changed" check=shop from=DEGRADING to=UNHEALTHY reason=refused since=2025-06-01T12:04:05.000Z err="connection refused" at=2025-06-01T12:04:35.000Z key=check/shop/7`},
		{"a recovery", event.Entry{Stream: "check/shop", Number: 8, At: at, Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: health.Healthy, At: at, Began: at, Outage: health.Duration(270 * time.Second),
		}}, `level=INFO msg="check changed" check=shop from=UNHEALTHY to=HEALTHY since=2025-06-01T12:04:35.000Z outage=4m30s at=2025-06-01T12:04:35.000Z key=check/shop/8`},
		{"an outage of which nobody saw the end", event.Entry{Stream: "check/shop", Number: 9, At: at, Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: health.Unknown, At: at, Began: at,
		}}, `level=INFO msg="check changed" check=shop from=UNHEALTHY to=UNKNOWN since=2025-06-01T12:04:35.000Z note="nobody saw the end of the outage" at=2025-06-01T12:04:35.000Z key=check/shop/9`},
		{"a pause in an outage", event.Entry{Stream: "check/shop", Number: 9, At: at, Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: health.Unhealthy, At: at, Began: at, Overlay: health.Paused, By: "alice\n",
			Down: at.Add(-time.Hour), Overlays: []health.Overlay{health.Paused},
		}}, `level=INFO msg="check paused" check=shop status=UNHEALTHY overlay=PAUSED ended=false by=alice\n down_since=2025-06-01T11:04:35.000Z at=2025-06-01T12:04:35.000Z key=check/shop/9`},
		{"its end", event.Entry{Stream: "check/shop", Number: 10, At: at, Change: &health.Change{
			Check: "shop", From: health.Unknown, To: health.Unknown, At: at, Began: at, Overlay: health.Paused, Ended: true,
		}}, `level=INFO msg="check resumed" check=shop status=UNKNOWN overlay=PAUSED ended=true at=2025-06-01T12:04:35.000Z key=check/shop/10`},
		{"maintenance", event.Entry{Stream: "check/shop", Number: 11, At: at, Change: &health.Change{
			Check: "shop", From: health.Healthy, To: health.Healthy, At: at, Began: at, Overlay: health.Maintenance, By: "w1",
		}}, `level=INFO msg="maintenance of check began" check=shop status=HEALTHY overlay=MAINTENANCE ended=false by=w1 at=2025-06-01T12:04:35.000Z key=check/shop/11`},
		{"a parent that is back", event.Entry{Stream: "check/shop", Number: 11, At: at, Change: &health.Change{
			Check: "shop", From: health.Healthy, To: health.Healthy, At: at, Began: at, Overlay: health.Behind, Ended: true,
		}}, `level=INFO msg="parent of check is back" check=shop status=HEALTHY overlay=UNREACHABLE ended=true at=2025-06-01T12:04:35.000Z key=check/shop/11`},
		{"restlessness", event.Entry{Stream: "check/shop", Number: 12, At: at, Change: &health.Change{
			Check: "shop", From: health.Healthy, To: health.Healthy, At: at, Began: at, Overlay: health.Flapping, Reason: health.Refused, Text: "connection refused",
		}}, `level=INFO msg="check began to flap" check=shop status=HEALTHY overlay=FLAPPING ended=false reason=refused err="connection refused" at=2025-06-01T12:04:35.000Z key=check/shop/12`},
		{"time that nobody observed", event.Entry{Stream: "check/shop", Number: 13, At: at, Change: &health.Change{
			Check: "shop", From: health.Healthy, To: health.Healthy, At: at, Began: at.Add(-time.Hour), Overlay: health.Stale, Ended: true,
		}}, `level=INFO msg="check was not observed" check=shop status=HEALTHY overlay=STALE ended=true since=2025-06-01T11:04:35.000Z for=1h0m0s at=2025-06-01T12:04:35.000Z key=check/shop/13`},
		{"an app that signed up again", event.Entry{Stream: "check/shop", Number: 14, At: at, Change: &health.Change{
			Check: "shop", From: health.Unhealthy, To: health.Unhealthy, At: at, Began: at, Down: at.Add(-time.Hour), Mark: health.Restarted, By: "token ci\n", Text: "for the 2nd time",
		}}, `level=INFO msg="check restarted" check=shop status=UNHEALTHY by="token ci\\n" what="for the 2nd time" at=2025-06-01T12:04:35.000Z key=check/shop/14`},
		{"another release", event.Entry{Stream: "check/shop", Number: 15, At: at, Change: &health.Change{
			Check: "shop", From: health.Healthy, To: health.Healthy, At: at, Began: at, Mark: health.Released, Text: "2.4.0, was 2.3.9",
		}}, `level=INFO msg="check released" check=shop status=HEALTHY what="2.4.0, was 2.3.9" at=2025-06-01T12:04:35.000Z key=check/shop/15`},
		{"a port opened", event.Entry{Stream: "ports/web-1", Number: 1, At: at, Port: &port.Event{
			Kind: port.Opened, Proto: port.TCP, Port: 3001, Scope: port.All, Service: port.Service{Name: "shop"}, Process: &port.Process{PID: 811},
		}}, `level=INFO msg="port changed" kind=opened port=3001 proto=tcp service=shop scope=all pid=811 at=2025-06-01T12:04:35.000Z key=ports/web-1/1`},
		{"a port of nobody we see, closed", event.Entry{Stream: "ports/web-1", Number: 2, At: at, Port: &port.Event{
			Kind: port.Closed, Proto: port.UDP, Port: 53, Scope: port.Loopback,
		}}, `level=INFO msg="port changed" kind=closed port=53 proto=udp service="" scope=loopback at=2025-06-01T12:04:35.000Z key=ports/web-1/2`},
		{"a port in other hands, further open", event.Entry{Stream: "ports/web-1", Number: 3, At: at, Port: &port.Event{
			Kind: port.OwnerChanged, Proto: port.TCP, Port: 80, Scope: port.All, Before: port.Loopback, Service: port.Service{Name: "nginx"},
			Process: &port.Process{PID: 2}, Was: &port.Process{PID: 1},
		}}, `level=INFO msg="port changed" kind=owner_changed port=80 proto=tcp service=nginx scope=all scope_was=loopback pid=2 pid_was=1 at=2025-06-01T12:04:35.000Z key=ports/web-1/3`},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := strings.TrimSpace(logged(t, tt.entry)); got != tt.want {
				t.Errorf("line:\n got %s\nwant %s", got, tt.want)
			}
		})
	}
}

// TestLogIsSafe: whatever strangers chose, it is one printable line of
// bounded length.
func TestLogIsSafe(t *testing.T) {
	nasty := "\x1b[2J\r\nlevel=INFO msg=forged \u202e\u2028\xff\x00" + strings.Repeat("long", 1<<14)
	short := nasty[:40]
	for name, e := range map[string]event.Entry{
		"check": {Stream: "check/" + short, Number: 1, Change: &health.Change{
			Check: short, From: health.Status(short), To: health.Status(short), Reason: health.Reason(short), Text: foreign.Text(nasty),
		}},
		"overlay": {Stream: "check/" + short, Number: 1, Change: &health.Change{
			Check: short, To: health.Status(short), Reason: health.Reason(short), Text: foreign.Text(nasty), Overlay: health.Overlay(short), By: foreign.Text(nasty),
		}},
		"port": {Stream: "ports/" + short, Number: 1, Port: &port.Event{
			Kind: port.EventKind(short), Proto: port.Proto(short), Scope: port.Scope(short), Before: port.Scope(short),
			Service: port.Service{Name: foreign.Text(short)},
		}},
	} {
		line := logged(t, e)
		if strings.Count(line, "\n") != 1 || len(line) > 5000 {
			t.Errorf("%s: %d bytes in %d lines: %.300q", name, len(line), strings.Count(line, "\n"), line)
		}
		for _, r := range strings.TrimSuffix(line, "\n") {
			if !unicode.IsPrint(r) {
				t.Errorf("%s: %U in the line", name, r)
			}
		}
	}
}

// TestLogOfAJournal: the whole way from a journal to lines, over a restart.
func TestLogOfAJournal(t *testing.T) {
	engines(t, func(t *testing.T, j journal.Journal) {
		var b safeBuffer
		follow := func() func() {
			c := notify.NewCursor("log", j, notify.NewLog(slog.New(slog.NewTextHandler(&b, nil))), silent)
			if err := c.Begin(t.Context()); err != nil {
				t.Fatal(err)
			}
			return start(t, c)
		}
		for round := range 3 {
			stop := follow()
			write(t, j, 2)
			eventually(t, "two more lines", func() bool { return strings.Count(b.String(), "\n") >= 2*round+2 })
			stop()
		}
		for i, line := range strings.Split(strings.TrimSpace(b.String()), "\n") {
			if want := keys(i+1, i+1)[0]; !strings.HasSuffix(line, "key="+want) {
				t.Errorf("line %d is %q, want %s", i, line, want)
			}
		}
	})
}
