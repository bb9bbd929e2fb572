package journal

import (
	"bytes"
	"strings"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// FuzzBody: whatever is in the column for people to read and, before there were
// checksums, to edit, it is an entry or an error; and an entry that has been
// read is stored as it was read.
func FuzzBody(f *testing.F) {
	for _, e := range []event.Entry{
		{Change: &health.Change{Check: "shop", To: health.Unhealthy, Text: "\x1b[31m\xff", Overlay: health.Paused}},
		{Port: &port.Event{Kind: port.Opened, Process: &port.Process{PID: 1}}},
	} {
		e.Stream, e.Number = "check/a", 1
		r, err := encodeOne(e)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(r.at, string(r.body))
	}
	f.Add("2025-01-01T00:00:00.000000000Z", `{}`)
	f.Add("yesterday", `{"change":null,"port":{}}`)
	f.Add("0000-01-01T00:00:00.000000000Z", `{"change":{"at":"9999-12-31T23:59:59+00:01"}}`)
	f.Fuzz(func(t *testing.T, at, body string) {
		e, err := row{stream: "check/a", number: 1, at: at, body: []byte(body)}.entry()
		if err != nil {
			return
		}
		first, err := encodeOne(e)
		if err != nil {
			return
		}
		if len(first.values()) != entryTable.width() {
			t.Fatalf("%d values", len(first.values()))
		}
		again, err := first.entry()
		if err != nil {
			t.Fatalf("%s was stored and cannot be read: %v", first.body, err)
		}
		if second, err := encodeOne(again); err != nil || !second.same(first) || !bytes.Equal(second.body, first.body) {
			t.Errorf("%s became %s, %v", first.body, second.body, err)
		}
	})
}

// FuzzPrefix: all that begins with a prefix is between it and what after says,
// and nothing else is.
func FuzzPrefix(f *testing.F) {
	f.Add("check/", "check/a")
	f.Add("\xff", "\xff\xff")
	f.Add("a\xff", "b")
	f.Add("", "日本")
	f.Fuzz(func(t *testing.T, prefix, text string) {
		if !strings.HasPrefix(text, "\xff\xff") && (text >= prefix && text < after(prefix)) != strings.HasPrefix(text, prefix) {
			t.Errorf("%q begins with %q: %v, but is between it and %q: not so", text, prefix, strings.HasPrefix(text, prefix), after(prefix))
		}
	})
}
