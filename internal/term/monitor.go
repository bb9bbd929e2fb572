package term

import (
	"fmt"
	"io"
	"time"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A MonitorEvent says what a Monitored tells of.
type MonitorEvent string

// The events of `monitor`.
const (
	MonitorFailed    MonitorEvent = "failed"     // one question
	MonitorUnknown   MonitorEvent = "unknown"    // one question that could not be judged
	MonitorDown      MonitorEvent = "down"       // so many failed that it is an outage
	MonitorStillDown MonitorEvent = "still_down" // an outage was going on when the program began
	MonitorRecovered MonitorEvent = "recovered"  // the outage is over
	MonitorUp        MonitorEvent = "up"         // well, for the first time or after a suspicion
)

// A Monitored is one thing that `monitor` tells.
type Monitored struct {
	At     time.Time     `json:"at"`
	Event  MonitorEvent  `json:"event"`
	Target string        `json:"target"`
	Reason health.Reason `json:"reason,omitempty"`
	Text   foreign.Text  `json:"text,omitempty"`
	// Since is when an outage began, by its first failure.
	Since  time.Time       `json:"since,omitzero"`
	Outage health.Duration `json:"outage,omitempty"`
	Took   health.Duration `json:"took,omitempty"`
}

// maxEvidence bounds what a line says of the evidence, in characters.
const maxEvidence = 300

// Line words it for people, in one line.
func (m Monitored) Line(s Screen) string {
	shape, word, tone := m.words()
	line := m.At.Local().Format(time.DateTime) + "  "
	if s.Terminal {
		line += s.paint(shape, tone) + " "
	}
	return line + s.paint(fmt.Sprintf("%-9s", word), tone) + "  " + m.what()
}

func (m Monitored) words() (shape, word string, tone Tone) {
	switch m.Event {
	case MonitorDown, MonitorStillDown:
		return "▲", "DOWN", Bad
	case MonitorFailed:
		return "◆", "failed", Caution
	case MonitorUnknown:
		return "◌", "unknown", Unseen
	case MonitorRecovered:
		return "●", "recovered", Good
	}
	return "●", "up", Good
}

func (m Monitored) what() string {
	evidence := string(m.Reason)
	if m.Text != "" {
		evidence += ": " + m.Text.Clip(maxEvidence)
	}
	switch m.Event {
	case MonitorDown:
		return fmt.Sprintf("since %s, %s", m.Since.Local().Format(time.TimeOnly), evidence)
	case MonitorStillDown:
		return "since " + m.Since.Local().Format(time.DateTime) + ", as it was when portreeve ended before this"
	case MonitorRecovered:
		return "after " + brief(m.Outage).String()
	case MonitorUp:
		return "answered in " + brief(m.Took).String()
	}
	return evidence
}

// brief rounds a duration for reading.
func brief(d health.Duration) time.Duration {
	switch t := time.Duration(d); {
	case t < 10*time.Millisecond:
		return t.Round(10 * time.Microsecond)
	case t < 10*time.Second:
		return t.Round(time.Millisecond)
	default:
		return t.Round(time.Second)
	}
}

// WriteMonitored writes it as a line.
func WriteMonitored(w io.Writer, m Monitored) error {
	_, err := fmt.Fprintln(w, m.Line(NewScreen(w)))
	return err
}

// WriteMonitoredJSON writes it as one line of JSON.
func WriteMonitoredJSON(w io.Writer, m Monitored) error { return writeJSON(w, m, false) }

// A MonitorSummary counts what `monitor` saw.
type MonitorSummary struct {
	Asked, Failed, Unknown int
	Outages                int
	Down                   time.Duration // in all
}

// Line words the summary.
func (s MonitorSummary) Line(took time.Duration) Line {
	times := "once"
	if s.Asked != 1 {
		times = fmt.Sprintf("%d times", s.Asked)
	}
	text := fmt.Sprintf("asked %s in %v: %d failed", times, took.Round(time.Second), s.Failed)
	if s.Unknown > 0 {
		text += fmt.Sprintf(", %d could not be told", s.Unknown)
	}
	switch s.Outages {
	case 0:
		text += ", no outage"
	case 1:
		text += fmt.Sprintf(", 1 outage of %v", brief(health.Duration(s.Down)))
	default:
		text += fmt.Sprintf(", %d outages of %v in all", s.Outages, brief(health.Duration(s.Down)))
	}
	return Line{Text: text}
}
