package config

import (
	"regexp"
	"strings"
)

// hidden stands for what is not shown.
const hidden = "…"

var (
	// userInfo is what is before the host of a URL: there may be a password.
	userInfo = regexp.MustCompile(`://[^\s"'<>]*@`)
	// parameter is one of a URL's query whose name says that it is a secret.
	parameter = regexp.MustCompile(`(?i)([?&;][\w-]*(?:passw|secret|token|key|auth|sig|credential)[\w-]*=)[^&;#\s"'<>]+`)
	// scheme is how HTTP's Authorization begins.
	scheme = regexp.MustCompile(`(?i)\b(bearer|basic|digest|negotiate)\s+\S+`)

	// lineUserInfo and lineParameter are the same in a line that may be no
	// proper URL at all.
	lineUserInfo  = regexp.MustCompile(`://.*@`)
	lineParameter = regexp.MustCompile(`(?i)([?&;][\w-]*(?:key|auth|sig)[\w-]*=).+`)
	// secretName is a name whose value is a secret, but not that of a file with
	// one in it.
	secretName = regexp.MustCompile(`(?i)[\w-]*(?:passw|secret|token|authorization|cookie|credential|api[_-]?key|private[_-]?key|signature)[\w-]*["']?\s*[:=]`)
	// secretBlock is a key of a check whose whole value is secret.
	secretBlock = regexp.MustCompile(`(?i)(?:^|[\s{,\["'])(headers|body)["']?\s*:`)
	// headerName is how a line of headers begins.
	headerName = regexp.MustCompile(`^\s*["']?[\w-]+["']?\s*:(?:\s|$)`)
)

// scrub leaves out of a text what is a secret wherever it stands.
func scrub(text string) string {
	text = userInfo.ReplaceAllString(text, "://"+hidden+"@")
	text = parameter.ReplaceAllString(text, "${1}"+hidden)
	return scheme.ReplaceAllString(text, "$1 "+hidden)
}

// Secrets hides the secrets of a configuration line by line, from the first
// one on. It knows lines and not YAML, so that it can do so for files that are
// wrong; in doubt it hides more.
type secrets struct {
	block  string // the key whose value we are in, or ""
	indent int    // of that key
	open   int    // brackets that its value has opened and not closed
}

// hide returns the next line with what may be a secret left out.
func (s *secrets) hide(line string) string {
	indent := indentation(line)
	if s.block != "" && indent <= s.indent && s.open <= 0 && strings.TrimSpace(line) != "" {
		s.block = ""
	}
	if s.block != "" {
		s.open += brackets(line)
		return s.inside(line)
	}
	if at := secretBlock.FindStringSubmatchIndex(line); at != nil {
		s.block, s.indent, s.open = strings.ToLower(line[at[2]:at[3]]), at[2], brackets(line[at[1]:])
		if strings.TrimSpace(line[at[1]:]) != "" {
			return outside(line[:at[1]]) + " " + hidden
		}
	}
	return outside(line)
}

// inside hides a line of a secret value: of headers all but the name.
func (s *secrets) inside(line string) string {
	if s.block == "headers" && len(line) <= maxLine {
		if name := headerName.FindString(line); name != "" {
			return strings.TrimRight(name, " \t") + " " + hidden
		}
	}
	return line[:indentation(line)] + hidden
}

// outside hides what is secret by its name or its form. It shows nothing of a
// line too long to be shown anyway.
func outside(line string) string {
	if len(line) > maxLine {
		return ""
	}
	for _, at := range secretName.FindAllStringIndex(line, -1) {
		if value := strings.TrimSpace(line[at[1]:]); value != "" && !isFile(line[at[0]:at[1]]) {
			line = line[:at[1]] + " " + hidden
			break
		}
	}
	line = lineUserInfo.ReplaceAllString(line, "://"+hidden+"@")
	return scrub(lineParameter.ReplaceAllString(line, "${1}"+hidden))
}

// isFile reports whether a name with its colon is that of a file.
func isFile(name string) bool { return strings.HasSuffix(strings.TrimRight(name, `"' :=`), "_file") }

// brackets returns how many brackets a text opens and does not close.
func brackets(text string) int {
	n := 0
	for _, r := range text {
		switch r {
		case '{', '[':
			n++
		case '}', ']':
			n--
		}
	}
	return n
}
