package registry

import (
	"errors"
	"strings"

	"github.com/portreeve/portreeve/internal/health"
)

// Errors that callers tell apart. All others mean that a change could not be
// kept, and has not happened.
var (
	// ErrNotFound: there is no check, window or acknowledgement of that name.
	ErrNotFound = errors.New("not found")
	// ErrFull: there are as many as there may be.
	ErrFull error = tooMany("there are too many")
)

// errUnread: names may be taken of which nobody knows yet.
var errUnread = errors.New("what is registered could not be read yet")

// tooMany is an error by which those who may not know this package know it too.
type tooMany string

func (e tooMany) Error() string { return string(e) }

// Full reports that asking again is of no use before something else is over.
func (e tooMany) Full() bool { return true }

// Invalid says which fields of what was asked for are wrong.
type Invalid []health.FieldError

// Error names every wrong field.
func (e Invalid) Error() string {
	var texts []string
	for _, f := range e {
		texts = append(texts, f.Error())
	}
	return strings.Join(texts, "; ")
}

// invalid returns an error for wrong fields, nil when there are none.
func invalid(wrong []health.FieldError) error {
	if len(wrong) == 0 {
		return nil
	}
	return Invalid(wrong)
}
