package auth

import (
	"crypto/subtle"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Reasons why a file cannot be changed.
var (
	ErrNameTaken   = errors.New("a token of this name is there already")
	ErrNoSuchToken = errors.New("no token has this name")
)

// A File is the text of a token file and what it says. Each line is empty, a
// comment that begins with #, or one token: name, scope, time of creation and
// hash, separated by blanks:
//
//	prometheus  read  2026-03-01T09:30:00Z  sha256:9f86d0…
//
// The zero File is an empty one. A File is immutable.
type File struct {
	lines  []line
	tokens []Token // in the order of the lines
}

// A line keeps its text, so that comments survive a change.
type line struct {
	text string
	name string // of its token; empty when it has none
}

// NewFile returns a file of tokens alone, under a comment that explains it.
func NewFile() *File {
	return &File{lines: []line{
		{text: "# Tokens of portreeve: name, scope (read, register or admin), time of creation, SHA-256 of the secret."},
		{text: "# `portreeve token` adds and removes them; a running server sees it at once."},
	}}
}

// A LineError is what is wrong with one line.
type LineError struct {
	Line   int // from 1
	Reason string
}

func (e LineError) Error() string { return fmt.Sprintf("line %d: %s", e.Line, e.Reason) }

// LineErrors is everything that is wrong with a file.
type LineErrors []LineError

func (e LineErrors) Error() string {
	texts := make([]string, len(e))
	for i, one := range e {
		texts[i] = one.Error()
	}
	return strings.Join(texts, "; ")
}

// Parse reads a token file. The error is LineErrors and repeats nothing that
// could be a secret.
func Parse(text string) (*File, error) {
	f := &File{}
	var wrong LineErrors
	for t := range strings.Lines(text) {
		if err := f.read(strings.TrimRight(t, "\r\n")); err != nil {
			wrong = append(wrong, LineError{len(f.lines), err.Error()})
		}
	}
	if wrong != nil {
		return nil, wrong
	}
	return f, nil
}

// read adds one line.
func (f *File) read(text string) error {
	f.lines = append(f.lines, line{text: text})
	fields := strings.Fields(text)
	if len(fields) == 0 || strings.HasPrefix(fields[0], "#") {
		return nil
	}
	t, err := parseToken(fields)
	switch {
	case err != nil:
		return err
	case f.has(t.Name):
		return fmt.Errorf("the name %s is there twice", t.Name)
	case slices.ContainsFunc(f.tokens, func(o Token) bool { return o.Hash == t.Hash }):
		return fmt.Errorf("the hash of %s is there twice", t.Name)
	}
	f.lines[len(f.lines)-1].name = t.Name
	f.tokens = append(f.tokens, t)
	return nil
}

func parseToken(fields []string) (t Token, err error) {
	if len(fields) != 4 {
		return t, fmt.Errorf("a token has 4 fields, name, scope, time and hash, and here are %d", len(fields))
	}
	t.Name = fields[0]
	if err = checkName(t.Name); err != nil {
		return t, err
	}
	if t.Scope, err = ParseScope(fields[1]); err != nil {
		return t, err
	}
	if t.Created, err = time.Parse(time.RFC3339, fields[2]); err != nil {
		return t, errors.New("the third field is no time, such as 2026-03-01T09:30:00Z")
	}
	t.Hash, err = parseHash(fields[3])
	return t, err
}

// String returns the text of the file.
func (f *File) String() string {
	var b strings.Builder
	for _, l := range f.lines {
		b.WriteString(l.text + "\n")
	}
	return b.String()
}

// Tokens returns the tokens in the order of the file.
func (f *File) Tokens() []Token { return slices.Clone(f.tokens) }

func (f *File) has(name string) bool {
	return slices.ContainsFunc(f.tokens, func(t Token) bool { return t.Name == name })
}

// Find returns the token whose secret this is. How long it takes depends on
// neither the secret nor which token it is.
func (f *File) Find(secret string) (Token, bool) {
	sum, at := HashOf(secret), -1
	for i := range f.tokens {
		at = subtle.ConstantTimeSelect(subtle.ConstantTimeCompare(sum[:], f.tokens[i].Hash[:]), i, at)
	}
	if at < 0 {
		return Token{}, false
	}
	return f.tokens[at], true
}

// With returns the file with one token more, on a line at its end. The error
// is ErrNameTaken.
func (f *File) With(t Token) (*File, error) {
	if f.has(t.Name) {
		return nil, ErrNameTaken
	}
	text := strings.Join([]string{t.Name, string(t.Scope), t.Created.Format(time.RFC3339), t.Hash.String()}, "  ")
	return &File{append(slices.Clone(f.lines), line{text, t.Name}), append(slices.Clone(f.tokens), t)}, nil
}

// Without returns the file without the line of the token of this name. The
// error is ErrNoSuchToken.
func (f *File) Without(name string) (*File, error) {
	if !f.has(name) {
		return nil, ErrNoSuchToken
	}
	return &File{
		slices.DeleteFunc(slices.Clone(f.lines), func(l line) bool { return l.name == name }),
		slices.DeleteFunc(slices.Clone(f.tokens), func(t Token) bool { return t.Name == name }),
	}, nil
}
