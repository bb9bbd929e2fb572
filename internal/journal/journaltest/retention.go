package journaltest

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/journal"
)

// A pruner is a journal that drops what is too old: not all that a journal has
// to do, but what each engine does in the same way.
type pruner interface {
	Prune(ctx context.Context, keep journal.Retention) (int, error)
}

// prune drops entries, and fails the test unless it says how many.
func prune(t *testing.T, j Journal, keep journal.Retention) {
	t.Helper()
	p, ok := j.(pruner)
	if !ok {
		t.Fatalf("a %T does not prune", j)
	}
	before := len(all(t, j, ""))
	n, err := p.Prune(deadline(t), keep)
	if err != nil {
		t.Fatal(err)
	}
	if after := len(all(t, j, "")); before-after != n {
		t.Errorf("%d entries were dropped, it says %d", before-after, n)
	}
}

// left fails the test unless exactly those entries are left.
func left(t *testing.T, j Journal, want string) {
	t.Helper()
	if got := keys(all(t, j, "")); got != want {
		t.Errorf("left are  %s\nwant      %s", got, want)
	}
}

// age returns a retention that keeps what is younger than a minute past noon.
func age(minute int) journal.Retention {
	return journal.Retention{Age: time.Since(noon.Add(time.Duration(minute) * time.Minute))}
}

func testPrune(t *testing.T, open func(*testing.T) Journal) {
	tests := []struct {
		name    string
		entries []event.Entry
		keep    journal.Retention
		want    string
	}{
		{"nothing", nil, age(0), ""},
		{"by no rule", past(), journal.Retention{}, "shop/1 api/1 ports/web-1/1 shop/2 shop/3 shop/4 api/2 shop/5 shop/6 shop.eu/1 shop.eu/2"},
		{"not what held when the time began, nor heads, nor states", []event.Entry{
			move("a", 1, 0, "UH"), move("a", 2, 1, "HD"), move("a", 3, 2, "DH"), move("a", 4, 3, "HD"), move("a", 5, 20, "DH"), move("b", 1, 0, "UH"),
		}, age(10), "a/1 a/4 a/5 b/1"},
		{"outages that are over", []event.Entry{
			move("a", 1, 0, "UH"), move("a", 2, 1, "HX"), move("a", 3, 2, "XH"), move("a", 4, 3, "HD"), move("a", 5, 4, "DH"),
		}, age(10), "a/3 a/5"},
		{"but no outage that is not", []event.Entry{
			move("a", 1, 0, "UX"), move("a", 2, 1, "XH"), move("a", 3, 2, "HX"),
			overlay("a", 4, 3, "XX"), overlay("a", 5, 4, "XX"), overlay("a", 6, 5, "XX"),
		}, age(10), "a/3 a/6"},
		{"nor by marks in it", []event.Entry{
			move("a", 1, 0, "HX"), mark("a", 2, 1, "XX"), mark("a", 3, 2, "XX"), mark("a", 4, 3, "XX"),
		}, age(10), "a/1 a/4"},
		{"of an outage of which nobody saw the end its state alone", []event.Entry{
			move("a", 1, 0, "UH"), move("a", 2, 1, "HX"), move("a", 3, 2, "XU"), overlay("a", 4, 3, "UU"), overlay("a", 5, 3, "UU"),
		}, age(10), "a/2 a/5"},
		{"by number", changes("check/a", 1, 50), journal.Retention{Entries: 3}, "a/1 a/48 a/49 a/50"},
		{"by number, with what stays", past(), journal.Retention{Entries: 5}, "api/1 ports/web-1/1 api/2 shop/5 shop/6 shop.eu/1 shop.eu/2"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			j := open(t)
			store(t, j, tt.entries...)
			prune(t, j, tt.keep)
			left(t, j, tt.want)
			prune(t, j, tt.keep) // and no more the second time
			left(t, j, tt.want)
			for _, e := range tt.entries {
				head, ok, err := j.Head(deadline(t), e.Stream)
				if err != nil || !ok || head.Number < e.Number {
					t.Errorf("head of %s: %s, %v", e.Stream, head.Key(), err)
				}
			}
		})
	}
}

// testPruneWaitsForReaders: what somebody has not read stays, but not for ever.
func testPruneWaitsForReaders(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	store(t, j, changes("check/a", 1, 20)...)
	recorded := all(t, j, "")
	for reader, at := range map[string]int{"mail": 5, "web": 12} {
		if err := j.Advance(deadline(t), reader, recorded[at-1].Cursor); err != nil {
			t.Fatal(err)
		}
	}
	rest := func(from int) string {
		list := "a/1 "
		for n := from; n <= 20; n++ {
			list += fmt.Sprint("a/", n, " ")
		}
		return list[:len(list)-1]
	}
	prune(t, j, journal.Retention{Entries: 12})
	left(t, j, rest(6)) // mail has read five
	prune(t, j, journal.Retention{Entries: 7})
	left(t, j, rest(7)) // twice as many
	prune(t, j, journal.Retention{Age: time.Since(recorded[0].At) * 3 / 4})
	left(t, j, rest(7))
	prune(t, j, journal.Retention{Age: time.Since(recorded[0].At) / 3})
	left(t, j, "a/1 a/20")
	at, err := j.Position(deadline(t), "mail")
	if err != nil {
		t.Fatal(err)
	}
	if got := keys(all(t, j, at)); got != "a/20" {
		t.Errorf("mail goes on with %s", got)
	}
	store(t, j, changes("check/a", 21, 1)...)
	if got := keys(all(t, j, recorded[19].Cursor)); got != "a/21" {
		t.Errorf("after the newest comes %s", got)
	}
}

// testPruneLatency: response times have a limit of their own.
func testPruneLatency(t *testing.T, open func(*testing.T) Journal) {
	j := open(t)
	for i := range 10 {
		addLatency(t, j, counted("shop", 10*i, 5, i+1), counted("api", 10*i+5, 5, i+1))
	}
	prune(t, j, journal.Retention{Latency: 5})
	took(t, j, "shop", time.Time{}, time.Time{}, counted("shop", 80, 5, 9), counted("shop", 90, 5, 10))
	took(t, j, "api", time.Time{}, time.Time{}, counted("api", 75, 5, 8), counted("api", 85, 5, 9), counted("api", 95, 5, 10))
	prune(t, j, age(86))
	took(t, j, "shop", time.Time{}, time.Time{}, counted("shop", 90, 5, 10))
	took(t, j, "api", time.Time{}, time.Time{}, counted("api", 95, 5, 10))
}
