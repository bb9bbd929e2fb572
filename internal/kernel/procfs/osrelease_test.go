package procfs

import (
	"path/filepath"
	"testing"

	"github.com/portreeve/portreeve/internal/foreign"
)

func TestOSName(t *testing.T) {
	tests := []struct {
		name, text string
		want       foreign.Text
	}{
		{"quoted", "NAME=\"Debian GNU/Linux\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", "Debian GNU/Linux 12 (bookworm)"},
		{"bare", "PRETTY_NAME=Arch\n", "Arch"},
		{"single quotes", "PRETTY_NAME='My \"own\" Linux'\n", `My "own" Linux`},
		{"escapes", `PRETTY_NAME="\"A\" \$B \\ \` + "`" + `"` + "\n", "\"A\" $B \\ `"},
		{"the last one counts", "PRETTY_NAME=old\nPRETTY_NAME=new", "new"},
		{"a comment is none", "#PRETTY_NAME=x\n", "Linux"},
		{"unfinished quote stays", "PRETTY_NAME=\"half\n", `"half`},
		{"empty", "", "Linux"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			dir := t.TempDir()
			write(t, dir, "os-release", tt.text)
			if got := OSName(filepath.Join(dir, "missing"), filepath.Join(dir, "os-release")); string(got) != string(tt.want) {
				t.Errorf("got %q, want %q", string(got), string(tt.want))
			}
		})
	}
	if got := OSName("testdata/missing"); got != "Linux" {
		t.Errorf("got %q without a file", got)
	}
}

func FuzzOSRelease(f *testing.F) {
	f.Add(`PRETTY_NAME="a\"b"`)
	f.Add(`PRETTY_NAME='`)
	f.Fuzz(func(t *testing.T, text string) {
		if name := prettyName(text); len(name) > len(text) {
			t.Errorf("%q names %q", text, string(name))
		}
	})
}
