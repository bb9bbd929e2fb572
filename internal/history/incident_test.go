package history

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// recovery is a recovery that tells how long the outage was.
func recovery(began, at, outage float64) health.Change {
	c := move(unhealthy, healthy, began, at)
	c.Outage = health.Duration(outage * float64(time.Minute))
	return c
}

func of(check string, c health.Change) health.Change {
	c.Check = check
	return c
}

func TestIncidents(t *testing.T) {
	up, down := move(unknown, healthy, 0, 0), move(degrading, unhealthy, 10, 11)
	stillDown := overlay(unhealthy, health.Maintenance, false, 15, 15, health.Maintenance)
	stillDown.Down = minute(10)
	markDown := mark(unhealthy, 15)
	markDown.Down = minute(10)
	tests := []struct {
		name    string
		changes []health.Change
		want    string // key, check, began, ended, length, and how
	}{
		{"none", []health.Change{up, move(healthy, degrading, 5, 5)}, ""},
		{"one that goes on", []health.Change{up, down}, "2 api 10 open"},
		{"one that is over", []health.Change{up, down, recovery(20, 25, 10)}, "2 api 10-20 10m0s"},
		{"its length is by a clock that nobody sets", []health.Change{down, recovery(70, 75, 10)}, "1 api 10-70 10m0s"},
		{"two", []health.Change{down, recovery(20, 21, 10), move(healthy, unhealthy, 30, 31)}, "1 api 10-20 10m0s, 3 api 30 open"},
		{"of two checks", []health.Change{down, of("db", move(unknown, unhealthy, 12, 13)), recovery(20, 21, 10)}, "1 api 10-20 10m0s, 2 db 12 open"},
		{"closed as it was changed", []health.Change{down, move(unhealthy, unknown, 30, 30)}, "1 api 10-30 20m0s closed"},
		{"closed after a pause", []health.Change{down, overlay(unhealthy, health.Paused, false, 15, 15, health.Paused), move(unhealthy, unknown, 30, 30)}, "1 api 10-15 5m0s closed"},
		{"a pause that ended before", []health.Change{overlay(healthy, health.Paused, false, 1, 1), overlay(unknown, health.Paused, true, 5, 5), down, move(unhealthy, unknown, 30, 30)}, "3 api 10-30 20m0s closed"},
		{"nobody told of its end", []health.Change{down, move(unknown, healthy, 30, 30)}, "1 api 10-30 20m0s closed"},
		{"nobody told of its end before the next", []health.Change{down, move(unknown, unhealthy, 30, 31)}, "1 api 10-30 20m0s closed, 2 api 30 open"},
		{"overlays are no end", []health.Change{down, stillDown, overlay(unhealthy, health.Stale, true, 16, 18)}, "1 api 10 open"},
		{"marks are neither end nor beginning", []health.Change{mark(healthy, 5), down, mark(unhealthy, 12), recovery(20, 21, 10), mark(healthy, 25)}, "2 api 10-20 10m0s"},
		{"a mark in a pause tells of no end of it", []health.Change{down, overlay(unhealthy, health.Paused, false, 15, 15, health.Paused), mark(unhealthy, 20, health.Paused), move(unhealthy, unknown, 30, 30)}, "1 api 10-15 5m0s closed"},
		{"began before the first change, as a mark tells", []health.Change{markDown, recovery(20, 21, 10)}, " api 10-20 10m0s"},
		{"began before the first change", []health.Change{recovery(20, 21, 15)}, " api 5-20 15m0s"},
		{"began before the first change, as an overlay tells", []health.Change{stillDown, recovery(20, 21, 10)}, " api 10-20 10m0s"},
		{"of an unknown beginning", []health.Change{move(unhealthy, unknown, 20, 20)}, ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []string
			for _, i := range Incidents(recorded(tt.changes...)) {
				got = append(got, line(i))
			}
			if strings.Join(got, ", ") != tt.want {
				t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), tt.want)
			}
		})
	}
}

func line(i Incident) string {
	number := strings.TrimPrefix(i.Key, "check/api/")
	began := i.Began.Sub(minute(0)).Minutes()
	if i.Open() {
		return fmt.Sprintf("%s %s %v open", number, i.Check, began)
	}
	s := fmt.Sprintf("%s %s %v-%v %v", number, i.Check, began, i.Ended.Sub(minute(0)).Minutes(), i.Outage)
	if i.Closed {
		s += " closed"
	}
	return s
}

// TestAnIncidentTellsItsEvidence, and in which circumstances it was decided.
func TestAnIncidentTellsItsEvidence(t *testing.T) {
	c := move(degrading, unhealthy, 10, 11)
	c.Reason, c.Text, c.Overlays = health.HTTPStatus, "503 Service Unavailable", []health.Overlay{health.Behind}
	entries := append(recorded(c), event.Recorded{Entry: event.Entry{Stream: "ports/web-07", Number: 1, Port: &port.Event{}}})
	got := Incidents(entries)
	if len(got) != 1 {
		t.Fatalf("%v", got)
	}
	i := got[0]
	if i.Key != "check/api/1" || i.Observer != "web-07" || i.Reason != c.Reason || i.Text != c.Text || len(i.Overlays) != 1 {
		t.Errorf("%+v", i)
	}
	if i.Lasts(minute(40)) != 30*time.Minute || i.Lasts(minute(5)) != 0 {
		t.Errorf("lasts %v", i.Lasts(minute(40)))
	}
	i.Ended, i.Outage = minute(20), health.Duration(10*time.Minute)
	if i.Lasts(minute(40)) != 10*time.Minute {
		t.Errorf("lasted %v", i.Lasts(minute(40)))
	}
}
