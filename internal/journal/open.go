package journal

import (
	"context"
	"fmt"
	"log/slog"
	"regexp"
	"strings"
)

// Open opens the journal that a DSN names:
//
//	sqlite:PATH   an SQLite file, created when missing: a [*Standby]
//	PATH          the same
//	memory:       nothing on disk, a [*Memory]: all is forgotten at the end
//
// PATH is relative to the working directory unless it begins with a slash;
// sqlite:///PATH is understood as an absolute one. Errors are of type
// [*OpenError].
func Open(ctx context.Context, dsn string, log *slog.Logger) (Journal, error) {
	path, err := ParseDSN(dsn)
	if err != nil {
		return nil, err
	}
	if path == "" {
		return NewMemory(), nil
	}
	s, err := OpenStandby(ctx, path, log)
	if err != nil {
		return nil, err // not a Journal that holds a nil *Standby
	}
	return s, nil
}

var scheme = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9+.-]*:`)

// ParseDSN returns the path of the SQLite file that a DSN names, none for memory. Errors
// repeat nothing after the scheme: there might be a password.
func ParseDSN(dsn string) (path string, err error) {
	name := strings.ToLower(scheme.FindString(dsn))
	rest := dsn[len(name):]
	switch {
	case strings.TrimSpace(dsn) == "":
		return "", wrongDSN("it is empty")
	case dsn == ":memory:" || name == "sqlite:" && rest == ":memory:":
		return "", wrongDSN("connections do not share SQLite's :memory:")
	case strings.ContainsRune(dsn, 0):
		return "", wrongDSN("it holds a NUL byte")
	case dsn == "memory":
		return "", wrongDSN("memory needs a colon behind it")
	case name == "":
		return dsn, nil
	case name == "memory:" && rest == "":
		return "", nil
	case name == "memory:":
		return "", wrongDSN("memory: takes no path")
	case name != "sqlite:":
		return "", wrongDSN(fmt.Sprintf("unknown scheme %q", name))
	case rest == "":
		return "", wrongDSN("sqlite: needs a path")
	case strings.HasPrefix(rest, "///"):
		return rest[2:], nil
	case strings.HasPrefix(rest, "//"):
		return "", wrongDSN("sqlite:// would name a host")
	}
	return rest, nil
}

func wrongDSN(reason string) error {
	return &OpenError{
		Err:  fmt.Errorf("%w: %s", ErrDSN, reason),
		hint: "use sqlite:PATH, a bare path (./PATH if it holds a colon), or memory:",
	}
}
