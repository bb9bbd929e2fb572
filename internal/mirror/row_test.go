package mirror

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// What is made of an entry says the same as the entry.
func TestRow(t *testing.T) {
	at := time.Date(2025, 6, 1, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	e := event.Entry{Stream: "check/a", Number: 3, At: at, Observer: "web-1", Change: &health.Change{
		Check: "a", From: health.Healthy, To: health.Degrading, At: at, Began: at, Text: "<b> \U0001f980", Overlays: []health.Overlay{health.Flapping},
	}}
	r, err := rowOf(e)
	if err != nil {
		t.Fatal(err)
	}
	back, err := r.decoded()
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(e, back); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if r.nanos != 789 || r.at.Nanosecond() != 123456000 || !strings.Contains(r.body, `<b>`) {
		t.Errorf("row %+v", r)
	}
	if _, err := rowOf(event.Entry{Stream: "check/a", Number: 1}); err == nil {
		t.Error("an entry that says nothing is accepted")
	}
}

// Every NUL is replaced, however it is written, and nothing else.
func FuzzWithoutNUL(f *testing.F) {
	for _, seed := range []string{"", "\x00", `\u0000`, "\\\x00\\\\\x00", "\xff\x00", `"\`, "\u2028\x00"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		b, err := json.Marshal(foreign.Text(text))
		if err != nil {
			t.Fatal(err)
		}
		var got string
		if err := json.Unmarshal([]byte(withoutNUL(string(b))), &got); err != nil {
			t.Fatalf("%q: %v", text, err)
		}
		if want := strings.ReplaceAll(string([]rune(text)), "\x00", "\ufffd"); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	})
}
