package probe

import (
	"bytes"
	"encoding/json"
	"iter"
	"unicode"
)

// What follows walks through JSON that is known to be valid, without making
// anything of what nobody asks for: a report may have thousands of entries of
// which a few are shown.

// kindOf returns the byte that says of which kind a value is: {, [, ", t, f, n
// for null, and - or a digit.
func kindOf(raw []byte) byte {
	if raw = bytes.TrimLeft(raw, blanks); len(raw) > 0 {
		return raw[0]
	}
	return 'n'
}

// blanks may stand between any two tokens (RFC 8259, section 2).
const blanks = " \t\r\n"

// nesting returns how deep a value is nested at most.
func nesting(raw []byte) (deepest int) {
	depth := 0
	for i := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i = endOfString(raw, i) - 1
		case '{', '[':
			depth++
			deepest = max(deepest, depth)
		case '}', ']':
			depth--
		}
	}
	return deepest
}

// members yields the members of an object, in order and with duplicates: key and
// value, both as JSON.
func members(object []byte) iter.Seq2[[]byte, []byte] {
	return func(yield func(key, value []byte) bool) {
		var key []byte
		for part := range parts(object) {
			if key == nil {
				key = part
			} else if !yield(key, part) {
				return
			} else {
				key = nil
			}
		}
	}
}

// elements yields the elements of an array.
func elements(array []byte) iter.Seq[[]byte] { return parts(array) }

// parts yields the values directly within an object or array, keys included.
func parts(raw []byte) iter.Seq[[]byte] {
	return func(yield func([]byte) bool) {
		raw := bytes.TrimLeft(raw, blanks)
		for i := 1; i < len(raw)-1; {
			switch raw[i] {
			case ' ', '\t', '\r', '\n', ',', ':', ']', '}':
				i++
				continue
			}
			end := endOfValue(raw, i)
			if !yield(raw[i:end]) {
				return
			}
			i = end
		}
	}
}

// endOfValue returns where the value ends that begins at i.
func endOfValue(raw []byte, i int) int {
	switch raw[i] {
	case '"':
		return endOfString(raw, i)
	case '{', '[':
		return endOfNest(raw, i)
	}
	if n := bytes.IndexAny(raw[i:], ",:]}"+blanks); n >= 0 {
		return i + n
	}
	return len(raw)
}

// endOfNest returns where the object or array ends that begins at i.
func endOfNest(raw []byte, i int) int {
	for depth := 0; i < len(raw); i++ {
		switch raw[i] {
		case '"':
			i = endOfString(raw, i) - 1
		case '{', '[':
			depth++
		case '}', ']':
			if depth--; depth == 0 {
				return i + 1
			}
		}
	}
	return len(raw)
}

// endOfString returns where the string ends that begins at i.
func endOfString(raw []byte, i int) int {
	for i++; i < len(raw); i++ {
		switch raw[i] {
		case '\\':
			i++
		case '"':
			return i + 1
		}
	}
	return len(raw)
}

// textOf returns a string's text, the digits of a number as they are written,
// nothing of null, and of everything else its JSON.
func textOf(raw []byte) string {
	switch kindOf(raw) {
	case 'n':
		return ""
	case '"':
		if i := bytes.IndexFunc(raw, func(r rune) bool { return r == '\\' || r > unicode.MaxASCII }); i < 0 {
			return string(raw[1 : len(raw)-1])
		}
		var text string
		if json.Unmarshal(raw, &text) != nil {
			return ""
		}
		return text
	}
	return string(bytes.TrimSpace(raw))
}
