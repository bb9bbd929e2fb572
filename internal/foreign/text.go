// Package foreign holds text that somebody else chose: names of processes,
// command lines, bodies of answers. Whoever runs a program on the machine
// chooses them, so they may carry terminal escapes, markup, or bytes that are
// no text at all.
package foreign

import (
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// A Text is a foreign string exactly as it was found. Its String method makes
// it safe to look at, so that logs, terminals and templates are safe without
// remembering to be; JSON and comparisons see the original.
type Text string

// String returns t with everything that could act on a terminal or reorder a
// line made visible: control characters, bidirectional overrides, line
// separators and invalid UTF-8 appear as Go escapes such as \x1b or \u202e.
// It does not escape markup: that is the template's job.
func (t Text) String() string {
	s := string(t)
	if harmless(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r == utf8.RuneError && n == 1:
			b.WriteString(`\x` + hex(s[i]))
		case unicode.IsPrint(r):
			b.WriteRune(r)
		default:
			b.WriteString(strings.Trim(strconv.QuoteRuneToASCII(r), "'"))
		}
		i += n
	}
	return b.String()
}

// Clip returns the safe text of t, at most n runes long, ending in an ellipsis
// when something was left out.
func (t Text) Clip(n int) string {
	s := t.String()
	if utf8.RuneCountInString(s) <= n {
		return s
	}
	return string([]rune(s)[:max(n-1, 0)]) + "…"
}

func harmless(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func hex(b byte) string {
	const digits = "0123456789abcdef"
	return string([]byte{digits[b>>4], digits[b&15]})
}
