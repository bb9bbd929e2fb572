package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"unicode"
	"unicode/utf8"
)

// encodeJSON writes a value as JSON on one line, with everything escaped that
// could act on whoever looks at it: markup, and the characters that control a
// terminal or reorder a line, which JSON permits to stand in strings as they
// are. To programs the value is the same. An [encoder] writes itself.
func encodeJSON(w io.Writer, value any) error {
	if e, ok := value.(encoder); ok {
		return e.encode(w)
	}
	var b bytes.Buffer
	if err := json.NewEncoder(&b).Encode(value); err != nil {
		return err
	}
	_, err := w.Write(inert(b.Bytes()))
	return err
}

// marshalJSON returns what encodeJSON writes, without the line break.
func marshalJSON(value any) ([]byte, error) {
	text, err := json.Marshal(value)
	return inert(text), err
}

// inert escapes the characters that act in a JSON text. Beyond ASCII they can
// stand in strings only, and so can DEL.
func inert(text []byte) []byte {
	i := indexActing(text)
	if i < 0 {
		return text
	}
	out := make([]byte, 0, len(text)+64)
	for i >= 0 {
		r, n := utf8.DecodeRune(text[i:])
		out = fmt.Appendf(append(out, text[:i]...), `\u%04x`, r)
		text = text[i+n:]
		i = indexActing(text)
	}
	return append(out, text...)
}

// indexActing returns where the first character is that acts: DEL, C1 and
// those that set the direction of text. It is -1 when there is none.
func indexActing(text []byte) int {
	for i := 0; i < len(text); {
		if c := text[i]; c < utf8.RuneSelf && c != 0x7f {
			i++
			continue
		}
		r, n := utf8.DecodeRune(text[i:])
		if r == 0x7f || unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) {
			return i
		}
		i += n
	}
	return -1
}
