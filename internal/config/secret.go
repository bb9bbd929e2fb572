package config

import (
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// hidden stands for what is not shown.
const hidden = "…"

var (
	// userInfo is what is before the host of a URL: there may be a password.
	userInfo = regexp.MustCompile(`://[^\n"'<>]*@`)
	// fragment is what is behind the # of a URL. No server ever sees it, and what
	// is put there is often a token.
	fragment = regexp.MustCompile(`(://[^\s"'<>#]*#)[^\s"'<>]+`)
	// parameter is one of a URL's query whose name says that it is a secret.
	parameter = regexp.MustCompile(`(?i)([?&;][\w-]*(?:passw|secret|token|key|auth|sig|credential)[\w-]*=)[^&;#\n"'<>]+`)
	// valueParameter is the same in a value by itself.
	valueParameter = regexp.MustCompile(`(?i)([?&;][\w-]*(?:passw|secret|token|key|auth|sig|credential)[\w-]*=)[^&;#\n]+`)
	// noPort is what stands where a port would and is none: a password whose @ is
	// missing.
	noPort = regexp.MustCompile(`(://[^/:"'@\[]+:)[^0-9/"'…][^/"'\n]*`)
	// scheme is how HTTP's Authorization begins.
	scheme = regexp.MustCompile(`(?i)\b(bearer|basic|digest|negotiate)\s+\S+`)

	// lineUserInfo, lineFragment and lineParameter are the same in a line that may
	// be no proper URL at all. A comment behind a URL goes with its fragment.
	lineUserInfo = regexp.MustCompile(`://.*@`)
	lineFragment = regexp.MustCompile(`(://[^#]*#).+`)
	// lineDoubt may be a password with a # in it, or a fragment with an @.
	lineDoubt = regexp.MustCompile(`://.*[#?].*@.*`)
	// wordFragment is a fragment in a message, which has what somebody wrote in
	// quotes.
	wordFragment  = regexp.MustCompile(`(://[^#]*#).+"`)
	lineParameter = regexp.MustCompile(`(?i)([?&;][\w-]*(?:key|auth|sig)[\w-]*=).+`)
	// secretName is a name whose value is a secret, but not that of a file with
	// one in it.
	secretName = regexp.MustCompile(`(?i)[\w-]*(?:passw|secret|token|authorization|cookie|credential|api[_-]?key|private[_-]?key|signature)[\w-]*["']?\s*[:=]`)
	// secretBlock is a key of a check or a route whose whole value is secret: of
	// many services the path of the URL is the password.
	secretBlock = regexp.MustCompile(`(?i)(?:^|[\s{,\["'])(headers|body|services|webhook)["']?\s*:`)
	// anyScheme begins a URL.
	anyScheme = regexp.MustCompile(`([A-Za-z][A-Za-z0-9+.-]*)://`)
	// headerName is how a line of headers begins.
	headerName = regexp.MustCompile(`^\s*["']?[\w-]+["']?\s*:(?:\s|$)`)
)

// scrub leaves out of a text what is a secret wherever it stands.
func scrub(text string) string {
	text = userInfo.ReplaceAllStringFunc(text, func(found string) string {
		if slices.Contains([]string{"://user@", "://USER@", "://portreeve@"}, found) {
			return found // of an example
		}
		return "://" + hidden + "@"
	})
	text = fragment.ReplaceAllString(text, "${1}"+hidden)
	text = parameter.ReplaceAllString(text, "${1}"+hidden)
	return scheme.ReplaceAllString(text, "$1 "+hidden)
}

// scrubWords is scrub for a message that repeats what somebody wrote, which may
// be no proper URL at all.
func scrubWords(text string) string {
	text = lineUserInfo.ReplaceAllString(text, "://"+hidden+"@")
	text = wordFragment.ReplaceAllString(text, "${1}"+hidden+`"`)
	return scrub(noPort.ReplaceAllString(text, "${1}"+hidden))
}

// scrubValue is scrub for a value by itself, in which quotes end nothing.
func scrubValue(text string) string {
	return scrub(valueParameter.ReplaceAllString(text, "${1}"+hidden))
}

// withoutTail leaves what is behind the last @ of a target out of what is said
// of it, where that may not be its host.
func withoutTail(target, message string) string {
	at := strings.LastIndex(target, "@")
	if !lineDoubt.MatchString(target) || at == len(target)-1 {
		return message
	}
	tail := strconv.Quote(target[at+1:])
	return strings.ReplaceAll(message, tail[1:len(tail)-1], hidden)
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
	item := strings.HasPrefix(line[indent:], "-") // of a list, which may stand right below its key
	if s.block != "" && (indent < s.indent || indent == s.indent && !item) && s.open <= 0 && strings.TrimSpace(line) != "" {
		s.block = ""
	}
	if s.block != "" && s.block != expect {
		s.open += brackets(line)
		return s.inside(line)
	}
	at := secretBlock.FindStringSubmatchIndex(line)
	if at == nil {
		return s.expectation(line)
	}
	shown := s.expectation(line[:at[1]])
	s.block, s.indent, s.open = strings.ToLower(line[at[2]:at[3]]), at[2], brackets(line[at[1]:])
	if strings.TrimSpace(line[at[1]:]) != "" {
		shown += " " + hidden
	}
	return shown
}

// inside hides a line of a secret value: of headers and of a webhook's keys all
// but the name.
func (s *secrets) inside(line string) string {
	if (s.block == "headers" || s.block == "webhook") && len(line) <= maxLine {
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
	line = lineDoubt.ReplaceAllString(line, "://"+hidden)
	line = lineUserInfo.ReplaceAllString(line, "://"+hidden+"@") // or a user called token looks like a name
	for _, at := range secretName.FindAllStringIndex(line, -1) {
		if value := strings.TrimSpace(line[at[1]:]); value != "" && !isFile(line[at[0]:at[1]]) {
			line = line[:at[1]] + " " + hidden
			break
		}
	}
	line = withoutService(noPort.ReplaceAllString(line, "${1}"+hidden))
	line = lineFragment.ReplaceAllString(line, "${1}"+hidden)
	return scrub(lineParameter.ReplaceAllString(line, "${1}"+hidden))
}

// withoutService leaves out the URL of a chat service, which is secret wherever
// it was written, and what follows it.
func withoutService(line string) string {
	for _, at := range anyScheme.FindAllStringSubmatchIndex(line, -1) {
		switch strings.ToLower(line[at[2]:at[3]]) {
		case "tcp", "tls", "ssl", "http", "https", "listen", "conns", "push", "smtp", "smtps", "postgres", "postgresql", "mysql", "mariadb", "sqlite":
		default:
			return line[:at[1]] + hidden
		}
	}
	return line
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
