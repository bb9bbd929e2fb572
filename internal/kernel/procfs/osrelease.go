package procfs

import (
	"os"
	"strings"

	"github.com/portreeve/portreeve/internal/foreign"
)

// OSReleasePaths returns where os-release(5) says to look, in its order.
func OSReleasePaths() []string { return []string{"/etc/os-release", "/usr/lib/os-release"} }

// OSName returns the operating system's name for people, PRETTY_NAME of the
// first of paths that can be read. It is Linux, as os-release(5) demands,
// where no file names it.
func OSName(paths ...string) foreign.Text {
	for _, p := range paths {
		b, err := os.ReadFile(p)
		if err != nil {
			continue
		}
		if name := prettyName(string(b)); name != "" {
			return name
		}
		break
	}
	return "Linux"
}

// prettyName returns the value of the last PRETTY_NAME in an os-release file:
// a list of shell assignments, of which a later one wins.
func prettyName(text string) foreign.Text {
	var name foreign.Text
	for line := range strings.Lines(text) {
		if v, ok := strings.CutPrefix(strings.TrimSpace(line), "PRETTY_NAME="); ok {
			name = foreign.Text(unquote(v))
		}
	}
	return name
}

// unquote undoes the shell's quoting of one value.
func unquote(v string) string {
	if len(v) < 2 || v[0] != v[len(v)-1] || v[0] != '"' && v[0] != '\'' {
		return v
	}
	quote, v := v[0], v[1:len(v)-1]
	if quote == '\'' {
		return v
	}
	var b strings.Builder
	for i := 0; i < len(v); i++ {
		if v[i] == '\\' && i+1 < len(v) {
			i++
		}
		b.WriteByte(v[i])
	}
	return b.String()
}
