package term

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// monitored is one of each event, and one whose evidence is hostile.
func monitored() []Monitored {
	at := time.Date(2026, 11, 21, 10, 4, 5, 0, time.Local)
	const target = "https://api.example.org/status"
	evidence := foreign.Text("status is 503, not 200")
	return []Monitored{
		{At: at, Event: MonitorUp, Target: target, Took: health.Duration(41 * time.Millisecond)},
		{At: at, Event: MonitorFailed, Target: target, Reason: health.ExpectationFailed, Text: evidence, Took: health.Duration(time.Millisecond)},
		{At: at, Event: MonitorDown, Target: target, Reason: health.ExpectationFailed, Text: evidence, Since: at.Add(-5 * time.Second)},
		{At: at, Event: MonitorStillDown, Target: target, Since: at.AddDate(0, 0, -1)},
		{At: at, Event: MonitorRecovered, Target: target, Outage: health.Duration(270 * time.Second)},
		{At: at, Event: MonitorUnknown, Target: target, Reason: health.LocalResolver},
		{At: at, Event: MonitorFailed, Target: target, Reason: health.NotJSON, Text: foreign.Text("\x1b[31mred\nline" + strings.Repeat("x", 400))},
	}
}

func TestMonitored(t *testing.T) {
	for place, s := range screens {
		var lines []string
		for _, m := range monitored() {
			lines = append(lines, m.Line(s))
		}
		golden(t, "monitor-"+place, strings.Join(lines, "\n")+"\n")
	}
}

// TestMonitoredJSON is a line for each event, with what is not known left out.
func TestMonitoredJSON(t *testing.T) {
	var b bytes.Buffer
	for _, m := range monitored() {
		m.At = m.At.UTC()
		if !m.Since.IsZero() {
			m.Since = m.Since.UTC()
		}
		if err := WriteMonitoredJSON(&b, m); err != nil {
			t.Fatal(err)
		}
	}
	if got := strings.Count(b.String(), "\n"); got != len(monitored()) || strings.Contains(b.String(), "\x1b") || strings.Contains(b.String(), "0001-01-01") {
		t.Errorf("%d lines, want %d without control characters or times of year 1:\n%s", got, len(monitored()), &b)
	}
}

func TestMonitorSummary(t *testing.T) {
	tests := []struct {
		summary MonitorSummary
		want    string
	}{
		{MonitorSummary{}, "asked 0 times in 1m0s: 0 failed, no outage"},
		{MonitorSummary{Asked: 1, Failed: 1}, "asked once in 1m0s: 1 failed, no outage"},
		{MonitorSummary{Asked: 12, Failed: 3, Unknown: 2, Outages: 1, Down: 10 * time.Second}, "asked 12 times in 1m0s: 3 failed, 2 could not be told, 1 outage of 10s"},
		{MonitorSummary{Asked: 12, Failed: 6, Outages: 2, Down: 25 * time.Second}, "asked 12 times in 1m0s: 6 failed, 2 outages of 25s in all"},
	}
	for _, tt := range tests {
		if got := tt.summary.Line(time.Minute).Text; got != tt.want {
			t.Errorf("%+v is %q, want %q", tt.summary, got, tt.want)
		}
	}
}
