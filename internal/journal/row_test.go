package journal

import (
	"encoding/json"
	"errors"
	"reflect"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// TestEveryTimeIsBroughtToUTC finds the times of an entry by reflection, so
// that a field added later cannot be forgotten.
func TestEveryTimeIsBroughtToUTC(t *testing.T) {
	at := time.Date(1920, 1, 1, 12, 0, 0, 1, time.FixedZone("LMT", 19*60+32))
	e := event.Entry{Change: &health.Change{}, Port: &port.Event{}}
	if n := setTimes(reflect.ValueOf(&e), at); n < 5 {
		t.Fatalf("only %d times found in an entry", n)
	}
	b, err := json.Marshal(inUTC(e))
	if err != nil {
		t.Fatal(err)
	}
	var got event.Entry
	if err := json.Unmarshal(b, &got); err != nil {
		t.Fatal(err)
	}
	eachTime(reflect.ValueOf(&got), "Entry", func(path string, v reflect.Value) {
		if !v.Interface().(time.Time).Equal(at) {
			t.Errorf("%s = %v, want %v", path, v.Interface(), at)
		}
	})
	if e.Change.At.Location() == time.UTC {
		t.Error("the caller's entry was modified")
	}
}

// setTimes sets every time below v, through new values where there are nil
// pointers, and returns their number.
func setTimes(v reflect.Value, at time.Time) (n int) {
	eachTime(v, "", func(_ string, v reflect.Value) {
		v.Set(reflect.ValueOf(at))
		n++
	})
	return n
}

func eachTime(v reflect.Value, path string, f func(string, reflect.Value)) {
	switch {
	case v.Type() == reflect.TypeFor[time.Time]():
		f(path, v)
	case v.Kind() == reflect.Pointer:
		if v.IsNil() {
			v.Set(reflect.New(v.Type().Elem()))
		}
		eachTime(v.Elem(), path, f)
	case v.Kind() == reflect.Struct:
		for i := range v.NumField() {
			eachTime(v.Field(i), path+"."+v.Type().Field(i).Name, f)
		}
	}
}

func TestDamagedRowsAreErrors(t *testing.T) {
	for name, r := range map[string]row{
		"time": {at: "yesterday", body: []byte(`{}`)},
		"body": {at: "2025-01-01T00:00:00.000000000Z", body: []byte(`{"change":`)},
	} {
		if _, err := r.entry(); err == nil {
			t.Errorf("a damaged %s was read", name)
		}
	}
}

func FuzzCursor(f *testing.F) {
	id := identity{1, 2, 3, 4, 5, 6, 7, 8}
	f.Add("")
	f.Add(string(id.cursor(0)))
	f.Add(string(id.cursor(1 << 60)))
	f.Add(string(identity{}.cursor(7)))
	f.Add("AQIDBAUGBwgAAAAAAAAAAQ\n")
	f.Add("AQIDBAUGBwgAAAAAAAAAKqQk6fx") // differs in a bit that no byte needs
	f.Fuzz(func(t *testing.T, text string) {
		c := event.Cursor(text)
		seq, err := id.seq(c)
		switch {
		case err != nil && !errors.Is(err, event.ErrCursor):
			t.Errorf("%q: %v is no ErrCursor", text, err)
		case err == nil && c != "" && id.cursor(seq) != c:
			t.Errorf("%q was taken for %q", text, id.cursor(seq))
		}
	})
}

func TestCursorsAreOpaqueButStable(t *testing.T) {
	// Readers keep cursors over upgrades: their form may not change.
	id := identity{1, 2, 3, 4, 5, 6, 7, 8}
	const want = "AQIDBAUGBwgAAAAAAAAAKqQk6fw"
	if got := id.cursor(42); got != want {
		t.Errorf("cursor = %s, want %s", got, want)
	}
}
