package expect

import (
	"errors"
	"fmt"
	"regexp"
	"strconv"
	"strings"

	"github.com/expr-lang/expr/ast"
	"github.com/expr-lang/expr/file"

	"github.com/portreeve/portreeve/internal/port"
)

// An Error is a mistake in an expression.
type Error struct {
	Line, Column int // from 1, in characters; zero when the whole expression is meant
	Reason       string
	Hint         string // what to write instead, if that is known
}

// Error returns the place and the reason, not the hint.
func (e *Error) Error() string {
	switch {
	case e.Line == 0:
		return e.Reason
	case e.Line == 1:
		return fmt.Sprintf("column %d: %s", e.Column, e.Reason)
	}
	return fmt.Sprintf("line %d, column %d: %s", e.Line, e.Column, e.Reason)
}

// wrong notes a mistake at a node, unless there was one before.
func (r *rules) wrong(n ast.Node, reason, hint string) {
	if r.err != nil {
		return
	}
	at := (&file.Error{Location: n.Location()}).Bind(r.source)
	r.err = &Error{Line: at.Line, Column: at.Column + 1, Reason: reason, Hint: hint}
}

// unknown notes a word that is not one of those known, with the one that was
// most likely meant.
func (r *rules) unknown(n ast.Node, word string, known []string, list string) {
	hint := list + strings.Join(known, ", ")
	if near, ok := port.Nearest(word, known); ok {
		hint = "did you mean " + quoted(near) + "?"
	}
	r.wrong(n, "unknown name "+quoted(word), hint)
}

// wordedError says in our words what the parser and the type checker find.
func wordedError(err error) *Error {
	var at *file.Error
	if !errors.As(err, &at) {
		return &Error{Reason: "is not true or false: " + err.Error(), Hint: "compare it, as in status == 200"}
	}
	e := &Error{Line: at.Line, Column: at.Column + 1, Reason: strings.TrimPrefix(at.Message, "invalid operation: ")}
	unexpected := regexp.MustCompile(`^unexpected token (?:EOF|\w+\((".*")\))$`).FindStringSubmatch(e.Reason)
	switch {
	case unexpected != nil && unexpected[1] == "":
		e.Reason = "the expression ends too early"
	case unexpected != nil:
		e.Reason = "unexpected " + unexpected[1]
		e.Hint = map[string]string{`"="`: "write == to compare", `"&"`: "write and", `"|"`: "write or", `"."`: ""}[unexpected[1]]
	case strings.Contains(e.Reason, "time.Duration"):
		e.Hint = `write a time as duration("500ms")`
	case strings.Contains(e.Reason, "maximum allowed nodes"):
		return tooLong(strconv.Itoa(maxNodes) + " values and operators at most")
	}
	return e
}

func tooLong(limit string) *Error { return &Error{Reason: "the expression is too long", Hint: limit} }

func quoted(s string) string { return strconv.Quote(s) }
