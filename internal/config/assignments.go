package config

import (
	"regexp"
	"strings"
)

// assignmentForm is how a line of NAME=value begins. YAML has its colon first.
var assignmentForm = regexp.MustCompile(`^\s*-{0,2}([A-Za-z][\w.-]*)\s*=`)

// isAssignments reports whether a text is lines of NAME=value, as its first line
// that says anything tells, and not YAML.
func isAssignments(text string) bool {
	for line := range strings.Lines(text) {
		if s := strings.TrimSpace(line); s != "" && s[0] != '#' {
			return assignmentForm.MatchString(line)
		}
	}
	return false
}

// readAssignments reads the text of the file as lines of NAME=value: the names of
// flags and variables in any case, a comment behind #, lists with commas.
func (l *loading) readAssignments() {
	a := assignments{loading: l, byName: map[string]Option{}, first: map[string]int{}}
	for _, o := range Options() {
		for _, name := range o.spellings() {
			a.byName[name] = o
			a.names = append(a.names, name)
		}
	}
	number := 0
	for line := range strings.Lines(l.text) {
		number++
		line = strings.TrimRight(line, " \t\r\n")
		if s := strings.TrimSpace(line); s != "" && s[0] != '#' {
			a.line(number, line)
		}
	}
}

// Assignments reads lines of NAME=value.
type assignments struct {
	*loading
	byName map[string]Option
	names  []string
	first  map[string]int // line on which an option was first given
}

// line reads one line that says something.
func (a *assignments) line(number int, line string) {
	at := Origin{FromFile, a.config.File, number, 1 + indentation(line)}
	form := assignmentForm.FindStringSubmatchIndex(line)
	if form == nil {
		a.add(at, "write NAME=value, as in verbose=true", "this is no NAME=value")
		return
	}
	name := line[form[2]:form[3]]
	o, known := a.byName[plain(name)]
	first := a.first[o.Name]
	switch {
	case !known:
		a.add(at, a.likely(plain(name)), "unknown name %s", quoted(name))
	case first > 0:
		a.add(at, "give it once", "%s is given twice, first on line %d", quoted(name), first)
	case o.Later:
		a.add(at, "leave it out", "%s: not supported by this version yet", o.Name)
	default:
		a.first[o.Name] = number
		at.Column = 1 + form[1] + indentation(line[form[1]:])
		a.value(o, at, line[form[1]:])
	}
}

func indentation(text string) int { return len(text) - len(strings.TrimLeft(text, " \t")) }

// value reads what is behind the = of a line.
func (a *assignments) value(o Option, at Origin, text string) {
	value, ok := assignedValue(text)
	switch {
	case !ok:
		a.add(at, "", "%s: quotes must be around the whole value", o.Name)
	case o.List():
		a.put(o, words(split(value), at), at)
	case value == "":
		a.add(at, "leave the line out for its default", "%s has no value", o.Name)
	default:
		a.put(o, words([]string{value}, at), at)
	}
}

// assignedValue takes off quotes around a value, or a comment behind it.
func assignedValue(text string) (value string, ok bool) {
	text = strings.TrimSpace(text)
	if text == "" || text[0] == '#' {
		return "", true
	}
	if quote := text[0]; quote == '"' || quote == '\'' {
		inner, rest, closed := strings.Cut(text[1:], string(quote))
		rest = strings.TrimSpace(rest)
		return inner, closed && (rest == "" || rest[0] == '#')
	}
	for i := 1; i < len(text); i++ {
		if text[i] == '#' && (text[i-1] == ' ' || text[i-1] == '\t') {
			return strings.TrimSpace(text[:i]), true
		}
	}
	return text, true
}

// likely guesses which name was meant.
func (a *assignments) likely(word string) string {
	if a.full() {
		return ""
	}
	if near, ok := nearest(word, a.names); ok {
		return "did you mean " + near + "?"
	}
	return "names are those of flags and variables of serve, as in bind_addr=127.0.0.1"
}
