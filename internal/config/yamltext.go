package config

import (
	"fmt"
	"regexp"
	"strings"

	"go.yaml.in/yaml/v4"
)

// plainText is a text that YAML may take for one without quotes: nothing that
// it gives a meaning at the start, and nothing unprintable.
var plainText = regexp.MustCompile(`^[A-Za-z0-9/.(][ -~]*$`)

// yamlText writes a text as a YAML scalar: plain where every reader takes it
// for the same text, else in double quotes. In a flow collection fewer are
// plain.
func yamlText(text string, flow bool) string {
	plain := plainText.MatchString(text) &&
		!strings.Contains(text, ": ") && !strings.Contains(text, " #") &&
		!strings.HasSuffix(text, ":") && !strings.HasSuffix(text, " ") &&
		!(flow && strings.ContainsAny(text, ",[]{}:"))
	if plain && (&yaml.Node{Kind: yaml.ScalarNode, Value: text}).ShortTag() == "!!str" && !switchWord(text) {
		return text
	}
	return doubleQuoted(text)
}

// switchWord reports whether readers of YAML 1.1 take a text for a boolean.
func switchWord(text string) bool {
	switch strings.ToLower(text) {
	case "y", "n", "yes", "no", "on", "off":
		return true
	}
	return false
}

// doubleQuoted writes a text as YAML's double-quoted style does (section 7.3.1
// of YAML 1.2), in ASCII.
func doubleQuoted(text string) string {
	var b strings.Builder
	b.WriteByte('"')
	for _, r := range text {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r == '\n':
			b.WriteString(`\n`)
		case r >= ' ' && r <= '~':
			b.WriteRune(r)
		case r <= 0xff:
			fmt.Fprintf(&b, `\x%02x`, r)
		case r <= 0xffff:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}
