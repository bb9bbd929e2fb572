package probe

import (
	"html"
	"strconv"
	"strings"
	"unicode/utf8"
)

// maxDepth is how many escapes within each other are undone: an error of
// package net/url quotes, and so do we, what a server has escaped in a URL.
const maxDepth = 4

// A view is a text as somebody reads it who undoes its escapes, and where in
// the text as it is each of its bytes comes from.
type view struct {
	text  string
	at    []int // of each byte and of the end; nil: where it stands
	depth int
}

// plain is a view of a text as it is.
func plain(text string) view { return view{text: text} }

// offset returns where in the text as it is a byte of the view comes from.
func (v view) offset(i int) int {
	if v.at == nil {
		return i
	}
	return v.at[i]
}

// unescaped returns the view with one more layer of escapes undone: those of
// Go, JSON, URLs and HTML alike. It reports false when there is none.
func (v view) unescaped() (view, bool) {
	if v.depth == maxDepth || !strings.ContainsAny(v.text, `\%&`) {
		return v, false
	}
	var b strings.Builder
	at := make([]int, 0, len(v.text)+1)
	for i := 0; i < len(v.text); {
		meant, n := unescape(v.text[i:])
		b.WriteString(meant)
		for range len(meant) {
			at = append(at, v.offset(i))
		}
		i += n
	}
	at = append(at, v.offset(len(v.text)))
	return view{b.String(), at, v.depth + 1}, b.Len() != len(v.text)
}

// unescape returns what a text begins with, one byte or what an escape stands
// for, and how many bytes that takes.
func unescape(s string) (meant string, n int) {
	switch s[0] {
	case '%':
		if r, ok := hexadecimal(s, 1, 2); ok {
			return string([]byte{byte(r)}), 3
		}
	case '\\':
		return unescapeBackslash(s)
	case '&':
		const longest = len("&quot;") // of those that HTML cannot do without
		if end := strings.IndexByte(s[:min(len(s), longest)], ';'); end > 0 {
			if meant := html.UnescapeString(s[:end+1]); len(meant) <= end {
				return meant, end + 1
			}
		}
	}
	return s[:1], 1
}

// unescapeBackslash does so for a text that begins with a backslash.
func unescapeBackslash(s string) (meant string, n int) {
	if len(s) == 1 {
		return s, 1
	}
	digits := 0
	if i := strings.IndexByte("xuU", s[1]); i >= 0 {
		digits = 2 << i
	}
	if r, ok := hexadecimal(s, 2, digits); ok && s[1] == 'x' {
		return string([]byte{byte(r)}), 4
	} else if ok && utf8.ValidRune(r) {
		return string(r), 2 + digits
	}
	if i := strings.IndexByte("abfnrtv", s[1]); i >= 0 {
		return "\a\b\f\n\r\t\v"[i : i+1], 2
	}
	return s[1:2], 2
}

// hexadecimal reads digits of a text.
func hexadecimal(s string, from, digits int) (rune, bool) {
	if digits == 0 || len(s) < from+digits {
		return 0, false
	}
	n, err := strconv.ParseUint(s[from:from+digits], 16, 31)
	return rune(n), err == nil
}

// folded returns a text in which letters of either case, and the two ways to
// write a space in a query, are the same. Its bytes stay in their places.
func folded(s string) string {
	if !strings.ContainsFunc(s, func(r rune) bool { return r >= 'A' && r <= 'Z' || r == '+' }) {
		return s
	}
	b := []byte(s)
	for i, c := range b {
		switch {
		case c >= 'A' && c <= 'Z':
			b[i] = c + 'a' - 'A'
		case c == '+':
			b[i] = ' '
		}
	}
	return string(b)
}
