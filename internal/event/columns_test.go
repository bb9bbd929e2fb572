package event_test

import (
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// TestKindsAndVerdicts: what the databases say of an entry. Only a move of the
// status is a change, and only one to a known status says whether a check is up.
func TestKindsAndVerdicts(t *testing.T) {
	move := func(from, to health.Status) *health.Change { return &health.Change{Check: "db", From: from, To: to} }
	tests := []struct {
		name    string
		entry   event.Entry
		kind    string
		verdict string
	}{
		{"up", event.Entry{Change: move(health.Unknown, health.Healthy)}, "change", "up"},
		{"suspected", event.Entry{Change: move(health.Healthy, health.Degrading)}, "change", "up"},
		{"down", event.Entry{Change: move(health.Healthy, health.Unhealthy)}, "change", "down"},
		{"closed", event.Entry{Change: move(health.Unhealthy, health.Unknown)}, "change", ""},
		{"of portreeve's own", event.Entry{Change: &health.Change{Check: "portreeve.journal", To: health.Unhealthy}}, "change", ""},
		{"paused", event.Entry{Change: &health.Change{Check: "db", To: health.Unhealthy, Overlay: health.Paused}}, "overlay_began", ""},
		{"resumed", event.Entry{Change: &health.Change{Check: "db", To: health.Unhealthy, Overlay: health.Paused, Ended: true}}, "overlay_ended", ""},
		{"signed up", event.Entry{Change: &health.Change{Check: "db", To: health.Unknown, Mark: health.Registered}}, "registered", ""},
		{"restarted", event.Entry{Change: &health.Change{Check: "db", To: health.Unhealthy, Mark: health.Restarted}}, "restarted", ""},
		{"taken over", event.Entry{Change: &health.Change{Check: "db", To: health.Unhealthy, Mark: health.TakenOver}}, "taken_over", ""},
		{"signed off", event.Entry{Change: &health.Change{Check: "db", To: health.Healthy, Mark: health.Deregistered}}, "removed", ""},
		{"another release", event.Entry{Change: &health.Change{Check: "db", To: health.Healthy, Mark: health.Released}}, "released", ""},
		{"a port", event.Entry{Port: &port.Event{Kind: port.Opened, Proto: port.TCP, Port: 80}}, "opened", ""},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			verdict := ""
			if healthy, says := tt.entry.Verdict(); says {
				verdict = map[bool]string{true: "up", false: "down"}[healthy]
			}
			if c := tt.entry.Columns(); c.Kind != tt.kind || verdict != tt.verdict {
				t.Errorf("kind %s, verdict %q, want %s, %q", c.Kind, verdict, tt.kind, tt.verdict)
			}
		})
	}
}

// TestColumnsOfAMark are those of any change.
func TestColumnsOfAMark(t *testing.T) {
	at := time.Date(2026, 7, 1, 12, 0, 0, 0, time.UTC)
	e := event.Entry{Change: &health.Change{Check: "db", From: health.Unhealthy, To: health.Unhealthy, Began: at, Mark: health.Restarted, By: "token ci"}}
	want := event.Columns{Kind: "restarted", Check: "db", From: "UNHEALTHY", To: "UNHEALTHY", Began: "2026-07-01T12:00:00.000000000Z"}
	if got := e.Columns(); got != want {
		t.Errorf("columns %+v, want %+v", got, want)
	}
}
