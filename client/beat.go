package client

import (
	"encoding/json"
	"strings"
	"time"
	"unicode/utf8"
)

// A Signal is what a heartbeat says.
type Signal string

// The signals. A [Beat] without one means SignalFinish.
const (
	SignalStart  Signal = "start"  // a run began
	SignalFinish Signal = "finish" // a run ended well, or: still alive
	SignalFail   Signal = "fail"   // a run ended badly: the check fails until the next SignalFinish
)

// A Beat is one heartbeat. Its zero value says: still alive.
type Beat struct {
	Signal   Signal
	Took     time.Duration // the run time; zero: the server counts from the SignalStart that it heard
	ExitCode int
	Text     string // for people; at most 10 KB are sent
}

// maxBeat is how long the body of a heartbeat may be, in bytes.
const maxBeat = 10_000

// body returns the beat as it is sent, its text cut to fit.
func (b Beat) body() json.RawMessage {
	text := clip(b.Text, maxBeat)
	for {
		// A string, a duration and a number can always be written.
		out, _ := json.Marshal(struct {
			Took     duration `json:"took,omitzero"`
			ExitCode int      `json:"exit_code,omitzero"`
			Text     string   `json:"text,omitempty"`
		}{duration(b.Took), b.ExitCode, text})
		if len(out) <= maxBeat {
			return out
		}
		text = clip(text, len(text)*3/4) // escapes made it longer
	}
}

// clip returns the beginning of a text, at most so many bytes of whole
// characters.
func clip(text string, most int) string {
	text = strings.ToValidUTF8(text, "\uFFFD")
	if len(text) <= most {
		return text
	}
	for most > 0 && !utf8.RuneStart(text[most]) {
		most--
	}
	return text[:most]
}
