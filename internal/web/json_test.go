package web

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"
)

func TestJSONIsInert(t *testing.T) {
	for in, want := range map[string]string{
		"plain":               `"plain"`,
		"Grüße 日本 🙂":          `"Grüße 日本 🙂"`,
		"\x1b[31m":            `"\u001b[31m"`,
		"\u009b31m":           `"\u009b31m"`,
		"a\x7f\u0085b":        `"a\u007f\u0085b"`,
		"abc\u202egpj.exe":    `"abc\u202egpj.exe"`,
		"\u2066x\u2069\u061c": `"\u2066x\u2069\u061c"`,
		"<b>&\u2028":          `"\u003cb\u003e\u0026\u2028"`,
		"\xff":                `"\ufffd"`,
	} {
		var b bytes.Buffer
		if err := encodeJSON(&b, in); err != nil || b.String() != want+"\n" {
			t.Errorf("%q is written as %s, want %s; %v", in, b.String(), want, err)
		}
		if text, err := marshalJSON(in); err != nil || string(text) != want {
			t.Errorf("%q is marshalled as %s; %v", in, text, err)
		}
	}
}

// FuzzInert: the text says the same as before, and nothing in it acts.
func FuzzInert(f *testing.F) {
	f.Add("a\u202eb\x7f\u0080")
	f.Fuzz(func(t *testing.T, text string) {
		if !utf8.ValidString(text) {
			return
		}
		var back string
		out, err := marshalJSON(text)
		if err != nil || json.Unmarshal(out, &back) != nil || back != text {
			t.Fatalf("%q became %q by %s", text, back, out)
		}
		if strings.ContainsFunc(string(out), func(r rune) bool { return unicode.IsControl(r) || unicode.Is(unicode.Bidi_Control, r) }) {
			t.Fatalf("%q is written as %q", text, out)
		}
	})
}

// TestEveryAnswerInJSONIsInert: whoever prints one on a terminal is safe.
func TestEveryAnswerInJSONIsInert(t *testing.T) {
	h := hostileWorld(time.Now()).server(Options{}).Handler()
	for _, path := range []string{"/api/v1/listeners", "/api/v1/events", "/api/v1/machine", "/api/v1/checks", "/healthz", "/api/v1/%E2%80%AEgpj"} {
		rec := ask(h, path)
		if body := strings.TrimSuffix(rec.Body.String(), "\n"); strings.ContainsFunc(body, acts) || !json.Valid([]byte(body)) {
			t.Errorf("%s: %q", path, body)
		}
	}
}
