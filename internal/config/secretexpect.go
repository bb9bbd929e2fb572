package config

import (
	"regexp"
	"strings"
)

// expect is the key of a check's expression. What it compares an answer with
// may be a token: its texts are left out of lines, and its names and operators
// stay.
const expect = "expect"

var (
	expectKey = regexp.MustCompile(`(?i)(?:^|[\s{,\["'])(expect)["']?\s*:`)
	// literal is a text of an expression, which need not end.
	literal = regexp.MustCompile(`"([^"]+)(?:"|$)|'([^']+)(?:'|$)`)
)

// expectation returns a line that is in no secret block, without the texts of
// the expression that begins or goes on in it.
func (s *secrets) expectation(line string) string {
	if len(line) > maxLine {
		return ""
	}
	if at := expectKey.FindStringSubmatchIndex(line); at != nil {
		s.block, s.indent, s.open = expect, at[2], 0
		value := line[at[1]:]
		begin := indentation(value)
		if begin < len(value) && strings.ContainsRune(`"'`, rune(value[begin])) {
			begin++ // YAML's quotes are not the expression's
		}
		begin += at[1]
		return outside(line[:begin]) + withoutTexts(outside(line[begin:]))
	}
	if s.block == expect {
		return withoutTexts(outside(line))
	}
	return outside(line)
}

func withoutTexts(expression string) string {
	return literal.ReplaceAllString(expression, `"`+hidden+`"`)
}

// withoutTextsOf leaves the texts of an expression out of what is said of it.
func withoutTextsOf(expression, message string) string {
	for _, m := range literal.FindAllStringSubmatch(expression, -1) {
		message = strings.ReplaceAll(message, `"`+m[1]+m[2]+`"`, "a text")
	}
	return message
}
