package journaltest

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/port"
)

var noon = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)

// move returns a change of a check at a minute past noon, spelt "UX" for
// unknown to unhealthy: U unknown, H healthy, D degrading, X unhealthy.
func move(check string, number uint64, minute int, spelt string) event.Entry {
	status := map[byte]health.Status{'U': health.Unknown, 'H': health.Healthy, 'D': health.Degrading, 'X': health.Unhealthy}
	at := noon.Add(time.Duration(minute) * time.Minute)
	return event.Entry{
		Stream: event.CheckStream(check), Number: number, At: at, Observer: "web-1",
		Change: &health.Change{Check: check, From: status[spelt[0]], To: status[spelt[1]], At: at, Began: at},
	}
}

// overlay returns the beginning of a check's pause.
func overlay(check string, number uint64, minute int, spelt string) event.Entry {
	e := move(check, number, minute, spelt)
	e.Change.Overlay = health.Paused
	return e
}

// mark returns what happened to a check and moved nothing.
func mark(check string, number uint64, minute int, spelt string) event.Entry {
	e := move(check, number, minute, spelt)
	e.Change.Mark = health.Restarted
	return e
}

// past is what testChanges asks about; the clock goes back after shop/5.
func past() []event.Entry {
	return []event.Entry{
		move("shop", 1, 0, "UH"),
		move("api", 1, 1, "UX"),
		{Stream: "ports/web-1", Number: 1, At: noon.Add(2 * time.Minute), Observer: "web-1", Port: &port.Event{Kind: port.Opened, Port: 80}},
		move("shop", 2, 10, "HD"),
		move("shop", 3, 20, "DX"),
		overlay("shop", 4, 25, "XX"),
		move("api", 2, 30, "XU"),
		move("shop", 5, 40, "XH"),
		move("shop", 6, 5, "HD"),
		move("shop.eu", 1, 50, "UH"),
		mark("shop.eu", 2, 51, "XX"),
	}
}

// A question is a query and the entries that answer it.
type question struct {
	name string
	q    event.Query
	want string
}

// questions are asked of past, of which two cursors are needed.
func questions(shop3, api2 event.Cursor) []question {
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	return []question{
		{"all", event.Query{}, "shop/1 api/1 shop/2 shop/3 shop/4 api/2 shop/5 shop/6 shop.eu/1 shop.eu/2"},
		{"of a check", event.Query{Check: "shop"}, "shop/1 shop/2 shop/3 shop/4 shop/5 shop/6"},
		{"of none", event.Query{Check: "sho_"}, ""},
		{"outages, and neither pauses nor marks in one", event.Query{Outages: true}, "api/1 shop/3 api/2 shop/5"},
		{"outages of a check", event.Query{Outages: true, Check: "api"}, "api/1 api/2"},
		{"from a time, that is in", event.Query{From: minute(20)}, "shop/3 shop/4 api/2 shop/5 shop.eu/1 shop.eu/2"},
		{"until a time, that is not", event.Query{Until: minute(10)}, "shop/1 api/1 shop/6"},
		{"between", event.Query{Check: "shop", From: minute(10), Until: minute(40)}, "shop/2 shop/3 shop/4"},
		{"in another zone", event.Query{Check: "shop", From: minute(40).In(time.FixedZone("", 3600))}, "shop/5"},
		{"the oldest", event.Query{Limit: 2}, "shop/1 api/1"},
		{"the newest", event.Query{Limit: 2, Newest: true}, "shop.eu/1 shop.eu/2"},
		{"the newest of a check", event.Query{Check: "shop", Limit: 3, Newest: true}, "shop/4 shop/5 shop/6"},
		{"the newest outages", event.Query{Outages: true, Limit: 2, Newest: true}, "api/2 shop/5"},
		{"after a place", event.Query{After: api2}, "shop/5 shop/6 shop.eu/1 shop.eu/2"},
		{"up to a place", event.Query{Before: shop3}, "shop/1 api/1 shop/2 shop/3"},
		{"page by page", event.Query{After: shop3, Before: api2}, "shop/4 api/2"},
		{"the newest up to a place", event.Query{Before: shop3, Newest: true, Limit: 1}, "shop/3"},
		{"none", event.Query{Limit: -1}, ""},
		{"with a lead", event.Query{Check: "shop", From: minute(25), Lead: true, Before: api2}, "shop/3 shop/4"},
		{"with a lead beyond the limit", event.Query{Check: "shop", From: minute(15), Lead: true, Limit: 1, Before: api2}, "shop/2 shop/3"},
		{"with a lead alone", event.Query{Check: "api", From: minute(60), Lead: true}, "api/2"},
		{"with a lead that came when the clock had been set back", event.Query{Check: "shop", From: minute(30), Lead: true}, "shop/6 shop/5"},
		{"with no lead", event.Query{Check: "api", From: minute(1), Lead: true}, "api/1 api/2"},
		{"with a lead but no beginning", event.Query{Check: "api", Lead: true}, "api/1 api/2"},
		{"outages with a lead", event.Query{Check: "shop", Outages: true, From: minute(40), Lead: true}, "shop/3 shop/5"},
		{"of years that no entry has", event.Query{From: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC), Until: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC), Check: "api"}, "api/1 api/2"},
		{"after all years", event.Query{From: time.Date(12000, 1, 1, 0, 0, 0, 0, time.UTC)}, ""},
		{"before all years", event.Query{Until: time.Date(-5, 1, 1, 0, 0, 0, 0, time.UTC)}, ""},
	}
}

func testChanges(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	store(t, j, past()...)
	recorded := all(t, j, "")
	for _, tt := range questions(recorded[4].Cursor, recorded[6].Cursor) {
		t.Run(tt.name, func(t *testing.T) {
			found, err := j.Changes(deadline(t), tt.q)
			if err != nil {
				t.Fatal(err)
			}
			if got := keys(found); got != tt.want {
				t.Errorf("got  %s\nwant %s", got, tt.want)
			}
			for _, r := range found { // whole, and with its own cursor
				if !slices.ContainsFunc(recorded, func(o event.Recorded) bool { return o.Cursor == r.Cursor && o.Key() == r.Key() }) {
					t.Errorf("%s has a cursor of its own", r.Key())
				}
			}
		})
	}
	found, err := j.Changes(deadline(t), event.Query{Check: "api"})
	if err != nil {
		t.Fatal(err)
	}
	equal(t, "changes", entries(found), []event.Entry{past()[1], past()[6]})
}

// keys names entries without what their streams have in common.
func keys(found []event.Recorded) string {
	var list []string
	for _, r := range found {
		list = append(list, strings.TrimPrefix(r.Key(), "check/"))
	}
	return strings.Join(list, " ")
}

func testWrongQuery(t *testing.T, open func(*testing.T) Journal) {
	j, other := open(t), open(t)
	store(t, j, past()...)
	store(t, other, past()...)
	foreign := all(t, other, "")[1].Cursor
	for name, q := range map[string]event.Query{
		"before a foreign cursor": {Before: foreign}, "after a foreign cursor": {After: foreign}, "after a word": {After: "latest"},
	} {
		if found, err := j.Changes(deadline(t), q); !errors.Is(err, event.ErrCursor) || len(found) > 0 {
			t.Errorf("%s: %v, %v, want ErrCursor", name, found, err)
		}
	}
	if found, err := j.Changes(deadline(t), event.Query{Lead: true, From: noon}); err == nil {
		t.Errorf("a lead of no check: %v", found)
	}
}

func testManyChanges(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	const stored = journal.MaxRead + 5
	want := changes("check/a", 1, stored)
	for i := 0; i < stored; i += 100 {
		store(t, j, want[i:min(i+100, stored)]...)
	}
	for _, limit := range []int{0, journal.MaxRead, journal.MaxRead + 1} {
		oldest, err := j.Changes(deadline(t), event.Query{Limit: limit})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "oldest", entries(oldest), want[:journal.MaxRead])
		newest, err := j.Changes(deadline(t), event.Query{Limit: limit, Newest: true, Check: "shop"})
		if err != nil {
			t.Fatal(err)
		}
		equal(t, "newest", entries(newest), want[5:])
	}
}

func testManyHeads(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	store(t, j, past()...)
	store(t, j, changes("check/日本", 1, 12)...)
	for prefix, want := range map[string]string{
		"":           "check/api/2 check/shop/6 check/shop.eu/2 check/日本/12 ports/web-1/1",
		"check/":     "check/api/2 check/shop/6 check/shop.eu/2 check/日本/12",
		"check/shop": "check/shop/6 check/shop.eu/2",
		"check/日本":   "check/日本/12",
		"ports/":     "ports/web-1/1",
		"check/%":    "", "CHECK/": "", "q": "", "\xff": "", "check/\xff": "",
	} {
		heads, err := j.Heads(deadline(t), prefix)
		if err != nil {
			t.Errorf("heads of %q: %v", prefix, err)
		}
		var got []string
		for _, e := range heads {
			got = append(got, e.Key())
			if head, _, err := j.Head(deadline(t), e.Stream); err != nil {
				t.Error(err)
			} else {
				equal(t, "head", e, head)
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("heads of %q: %s, want %s", prefix, got, want)
		}
	}
}
