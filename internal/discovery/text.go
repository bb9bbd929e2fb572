package discovery

import (
	"fmt"
	"maps"
	"slices"
	"strings"
)

// maxText is how large a TXT record may be, so that it and what belongs to it
// fit one packet (RFC 6763, 6.2).
const maxText = 1300

// packText returns the data of a TXT record (RFC 6763, 6). Keys are in order, so
// that the same text is always the same record.
func packText(text map[string]string) (string, error) {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(text)) {
		pair := k + "=" + text[k]
		switch {
		case !isKey(k):
			return "", fmt.Errorf("text key %q: want printable ASCII without =", k)
		case len(pair) > 255:
			return "", fmt.Errorf("text %s: %d bytes, at most 255 with the key", k, len(pair))
		}
		b.WriteByte(byte(len(pair)))
		b.WriteString(pair)
	}
	if b.Len() == 0 {
		return "\x00", nil // there is always one string (RFC 6763, 6.1)
	}
	if b.Len() > maxText {
		return "", fmt.Errorf("text: %d bytes, at most %d", b.Len(), maxText)
	}
	return b.String(), nil
}

// isKey tells whether k may be a key (RFC 6763, 6.4).
func isKey(k string) bool {
	return k != "" && !strings.ContainsFunc(k, func(c rune) bool { return c < ' ' || c > '~' || c == '=' })
}

// unpackText returns what a TXT record says. Of a key that is given twice the
// first counts, and what has none is left out (RFC 6763, 6.4).
func unpackText(data string) map[string]string {
	text := map[string]string{}
	for len(data) > 0 {
		end := 1 + int(data[0])
		k, v, _ := strings.Cut(data[1:end], "=")
		data = data[end:]
		k = lower(k)
		if _, twice := text[k]; k != "" && !twice {
			text[k] = v
		}
	}
	return text
}

// isText tells whether data is that of a TXT record: strings with their length
// before them, to the end.
func isText(data []byte) bool {
	for len(data) > 0 {
		end := 1 + int(data[0])
		if end > len(data) {
			return false
		}
		data = data[end:]
	}
	return true
}
