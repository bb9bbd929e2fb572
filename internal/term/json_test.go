package term

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"unicode"

	"github.com/portreeve/portreeve/internal/foreign"
)

func TestJSONIsHarmlessAndStaysTheSame(t *testing.T) {
	for _, text := range []string{"nginx", hostile, "\u009b2J", "\x7f", "größe 🚀", "\U000e0041 tag", "<b>&amp;</b>", `"quoted\"`} {
		checkJSON(t, text)
	}
}

func FuzzWriteJSON(f *testing.F) {
	f.Add(hostile)
	f.Add("\u009b\U000e0041")
	f.Fuzz(func(t *testing.T, text string) { checkJSON(t, strings.ToValidUTF8(text, "?")) })
}

func checkJSON(t *testing.T, text string) {
	t.Helper()
	var b bytes.Buffer
	if err := writeJSON(&b, map[string]foreign.Text{"name": foreign.Text(text)}, true); err != nil {
		t.Fatal(err)
	}
	for _, r := range b.String() {
		if r != '\n' && !unicode.IsPrint(r) {
			t.Errorf("%q is written as %q", text, b.String())
		}
	}
	var back map[string]string
	if err := json.Unmarshal(b.Bytes(), &back); err != nil || back["name"] != text {
		t.Errorf("%q is read back as %q, %v", text, back["name"], err)
	}
}
