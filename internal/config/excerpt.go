package config

import (
	"strings"
	"unicode/utf8"

	"github.com/portreeve/portreeve/internal/foreign"
)

const (
	// The most characters that are shown of a line, and of it before the place
	// that is meant.
	maxExcerpt, maxBefore = 100, 60
	// maxLine is the longest line, in bytes, of which anything is shown.
	maxLine = 4096
)

// excerpt gives mistakes the lines of the file that they are in. The mistakes
// are sorted by line, those that are not in the file first.
func excerpt(list []Mistake, file string) {
	var s secrets
	next, number := 0, 0
	for line := range strings.Lines(file) {
		number++
		shown := s.hide(strings.TrimRight(line, "\r\n"))
		for next < len(list) && (list[next].At.Source != FromFile || list[next].At.Line < number) {
			next++
		}
		for ; next < len(list) && list[next].At.Line == number; next++ {
			m := &list[next]
			m.Line, m.Caret = window(shown, m.At.Column)
		}
		if next == len(list) {
			return
		}
	}
}

// window returns a line as it is safe to look at, clipped around a column, and
// how many characters are before that.
func window(line string, column int) (shown string, caret int) {
	runes := []rune(line)
	at := min(max(column-1, 0), len(runes))
	before := foreign.Text(string(runes[:at])).String()
	behind := foreign.Text(string(runes[at:])).String()
	if n := utf8.RuneCountInString(before); n > maxBefore {
		before = "…" + string([]rune(before)[n-maxBefore:])
	}
	caret = utf8.RuneCountInString(before)
	if room := maxExcerpt - caret; utf8.RuneCountInString(behind) > room {
		behind = string([]rune(behind)[:room-1]) + "…"
	}
	return before + behind, caret
}
