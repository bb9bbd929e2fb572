package config

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
)

// maxMistakes is how many mistakes are told: more are counted only, for a file
// that is of another kind altogether is wrong in every line.
const maxMistakes = 100

// A Mistake is one thing that is wrong with what was given. Its texts are safe
// to look at and hold no secrets.
type Mistake struct {
	At      Origin `json:"at"`
	Message string `json:"message"`
	Hint    string `json:"hint,omitempty"` // what to write instead
	Line    string `json:"line,omitempty"` // the line of the file; empty unless At names one
	Caret   int    `json:"-"`              // characters of Line before the place
}

// Error is every mistake that Load found, at least one: those of the command
// line first, then of the environment, then of the file from its top.
type Error struct {
	Mistakes []Mistake
	More     int // that are not listed
}

// Error returns the first mistake in one line, and how many more there are.
func (e *Error) Error() string {
	first := e.Mistakes[0]
	text := first.At.place() + ": " + first.Message
	switch n := len(e.Mistakes) - 1 + e.More; n {
	case 0:
		return text
	case 1:
		return text + " (and 1 more mistake)"
	default:
		return fmt.Sprintf("%s (and %d more mistakes)", text, n)
	}
}

// Hint returns what to do about the first mistake.
func (e *Error) Hint() string { return e.Mistakes[0].Hint }

// Usage reports whether the first mistake is one of the command line or the
// environment, and not of a file.
func (e *Error) Usage() bool { return e.Mistakes[0].At.Source != FromFile }

// Report returns all mistakes in lines, as compilers print them: the place and
// what is wrong, the line with a caret beneath the place, and a hint.
func (e *Error) Report() string {
	var b strings.Builder
	for _, m := range e.Mistakes {
		fmt.Fprintf(&b, "%s: %s\n", m.At.place(), m.Message)
		if m.Line != "" {
			number := fmt.Sprintf("%5d", m.At.Line)
			fmt.Fprintf(&b, "%s | %s\n", number, m.Line)
			fmt.Fprintf(&b, "%*s | %*s^\n", len(number), "", m.Caret, "")
		}
		if m.Hint != "" {
			fmt.Fprintf(&b, "      hint: %s\n", m.Hint)
		}
	}
	if e.More > 0 {
		fmt.Fprintf(&b, "and %d more\n", e.More)
	}
	return b.String()
}

// mistakes collects what is wrong.
type mistakes struct {
	list  []Mistake
	seen  map[Mistake]bool // an alias leads to the same place many times
	found int              // seen ones too
	more  int
}

func (m *mistakes) add(at Origin, hint, format string, a ...any) {
	m.found++
	if m.full() {
		m.more++
		return
	}
	found := Mistake{At: at, Message: scrubWords(fmt.Sprintf(format, a...)), Hint: scrub(hint)}
	if m.seen[found] {
		return
	}
	if m.seen == nil {
		m.seen = map[Mistake]bool{}
	}
	m.seen[found] = true
	m.list = append(m.list, found)
}

// refuse adds what is wrong with a value; about names what it is the value of.
func (m *mistakes) refuse(about string, w word, err error) {
	hint := ""
	var wrong *wordError
	if errors.As(err, &wrong) {
		hint = wrong.hint
	}
	m.add(w.at, hint, "%s%s", lead(about, w.at), err)
}

// lead begins a message with what it is about, unless the place says so.
func lead(about string, at Origin) string {
	if at.Source == FromFlag || at.Source == FromEnvironment {
		return ""
	}
	return about + ": "
}

// full reports whether no more mistakes are listed, so that it is no use to
// look for a hint.
func (m *mistakes) full() bool { return len(m.list) == maxMistakes || m.found > 10*maxMistakes }

// err returns the error of all mistakes, with the lines of the file that they
// are in; nil when there are none.
func (m *mistakes) err(file string) error {
	if len(m.list) == 0 {
		return nil
	}
	slices.SortStableFunc(m.list, func(a, b Mistake) int {
		return cmp.Or(cmp.Compare(b.At.Source.rank(), a.At.Source.rank()), cmp.Compare(a.At.Line, b.At.Line), cmp.Compare(a.At.Column, b.At.Column))
	})
	excerpt(m.list, file)
	return &Error{m.list, m.more}
}
