package mirror

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"strings"
	"syscall"
)

// Reasons why a mirror cannot be written that callers tell apart. All but
// ErrDSN may pass: Run goes on trying.
var (
	ErrDSN        = errors.New("wrong DSN")
	ErrDenied     = errors.New("the server refuses us")
	ErrNoDatabase = errors.New("there is no such database")
	ErrPermission = errors.New("not permitted")
	ErrEncoding   = errors.New("its text is not UTF-8")
	ErrNewer      = errors.New("written by a newer portreeve")
	ErrOther      = errors.New("it is the mirror of another journal")
	ErrConflict   = errors.New("it holds another history than the journal")
	ErrFenced     = errors.New("another portreeve writes it")
)

// An Error says what is wrong with a mirror and what would help.
type Error struct {
	Mirror string // as a URL without a password; empty when the DSN is wrong
	Err    error
	hint   string
}

// Error says what is wrong in one line.
func (e *Error) Error() string {
	if e.Mirror == "" {
		return "mirror: " + e.Err.Error()
	}
	return "mirror " + e.Mirror + ": " + e.Err.Error()
}

// Unwrap returns the reason.
func (e *Error) Unwrap() error { return e.Err }

// Hint says what would help, in one line; empty when nothing is known to.
func (e *Error) Hint() string { return e.hint }

// class returns the reason, of those above, why a mirror cannot be written;
// nil while it is merely out of reach, which passes by itself.
func class(err error) error {
	for _, reason := range []error{ErrDenied, ErrNoDatabase, ErrPermission, ErrEncoding, ErrNewer, ErrOther, ErrConflict, ErrFenced} {
		if errors.Is(err, reason) {
			return reason
		}
	}
	return nil
}

// problem returns the Error for what went wrong with a mirror.
func (d *DSN) problem(err error) *Error {
	if already, ok := errors.AsType[*Error](err); ok {
		return already
	}
	if reason := d.dialect.reason(err); reason != nil {
		err = fmt.Errorf("%w: %w", reason, err)
	}
	return &Error{Mirror: d.String(), Err: err, hint: d.hint(err)}
}

// hint says what would help against an error.
func (d *DSN) hint(err error) string {
	switch class(err) {
	case ErrDenied:
		return fmt.Sprintf("check the password of user %s, and from where the server lets it in", d.user)
	case ErrNoDatabase:
		return fmt.Sprintf("create it: CREATE DATABASE %s", d.database)
	case ErrPermission:
		return d.dialect.grant(d)
	case ErrEncoding:
		return fmt.Sprintf("create another: CREATE DATABASE %s ENCODING 'UTF8' TEMPLATE template0", d.database)
	case ErrNewer:
		return "run the newer portreeve, or name another database"
	case ErrOther:
		return "name a database of this portreeve's own; a new one with an empty journal takes over from a mirror if that can be reached when it starts"
	case ErrConflict:
		return "an old copy of the journal was put back, or two portreeves have had it: name another database, or restore the newer journal"
	case ErrFenced:
		return "end the other portreeve, or name another database"
	}
	return d.reachHint(err)
}

// reachHint says what would help against a server that cannot be reached.
func (d *DSN) reachHint(err error) string {
	var dns *net.DNSError
	switch {
	case errors.As(err, &dns):
		return fmt.Sprintf("check the name %s", d.host)
	case errors.Is(err, syscall.ECONNREFUSED), errors.Is(err, os.ErrNotExist):
		return fmt.Sprintf("start the server at %s; rows follow by themselves when it is there", d.place())
	case strings.Contains(err.Error(), "requested password authentication"): // pgx has no type for it
		return "the server wants the password itself: add sslmode=verify-full to the URL, or require, or let the server ask by scram-sha-256"
	case errors.Is(err, context.DeadlineExceeded), errors.Is(err, os.ErrDeadlineExceeded):
		return "the server does not answer in time, or somebody has locked a table; rows follow by themselves"
	}
	return "rows follow by themselves when it is over"
}
