package term

import (
	"strings"

	"github.com/portreeve/portreeve/internal/port"
)

// A Tone is how a text looks where colours are to be had. It never says
// anything that the text does not.
type Tone string

// The tones, as parameters of the control sequence SGR (ECMA-48, 8.3.117).
const (
	Plain   Tone = ""
	Strong  Tone = "1"
	Faint   Tone = "2"
	Changed Tone = "7"
	Bad     Tone = "1;31"
	Good    Tone = "32"
	Caution Tone = "33"
	Unseen  Tone = "36"
)

// paint returns text in a tone, if the screen has colours.
func (s Screen) paint(text string, tones ...Tone) string {
	var codes []string
	for _, t := range tones {
		if t != Plain {
			codes = append(codes, string(t))
		}
	}
	if !s.Color || len(codes) == 0 || text == "" {
		return text
	}
	return "\x1b[" + strings.Join(codes, ";") + "m" + text + "\x1b[0m"
}

// shape returns a state's shape and tone.
func shape(s port.State) (string, Tone) {
	switch s {
	case port.Trouble:
		return "▲", Bad
	case port.Warning:
		return "◆", Caution
	case port.Unclear:
		return "◌", Unseen
	}
	return "●", Good
}
