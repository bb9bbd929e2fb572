package expect

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/expr-lang/expr/file"
)

// maxValue is how many bytes of a value are shown.
const maxValue = 80

// inWords writes a value as it is written in an expression, shortened.
func (e *environment) inWords(v any) string {
	switch v := v.(type) {
	case nil:
		return "null"
	case string:
		v = e.shown(v)
		if cut := shortened(v); cut != v {
			return quoted(cut) + "…"
		}
		return quoted(v)
	case time.Time:
		return v.Format(time.RFC3339)
	case fmt.Stringer: // a duration
		return v.String()
	}
	b, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("a %T", v)
	}
	text := e.shown(strings.ToValidUTF8(string(b), "\ufffd"))
	if cut := shortened(text); cut != text {
		return cut + "…"
	}
	return text
}

// shortened cuts a text to maxValue bytes, between characters.
func shortened(s string) string {
	if len(s) <= maxValue {
		return s
	}
	n := maxValue
	for n > maxValue-utf8.UTFMax && !utf8.RuneStart(s[n]) {
		n--
	}
	return s[:n]
}

// describeBody says of the body that it is no JSON.
func (e *environment) describeBody() string {
	if strings.TrimSpace(e.Body) == "" {
		return "the body is empty, not JSON"
	}
	return "the body is no JSON: " + e.inWords(e.Body)
}

// message returns what the machine has to say, without the place.
func message(err error) string {
	var at *file.Error
	if errors.As(err, &at) {
		return at.Message
	}
	return err.Error()
}
