package app

// A UsageError is a wrong word on the command line: exit 64 (EX_USAGE of
// sysexits.h).
type UsageError struct{ Err error }

func (e UsageError) Error() string { return e.Err.Error() }

// Unwrap returns the error behind it.
func (e UsageError) Unwrap() error { return e.Err }

// A hinted error says what to do about it.
type hinted struct {
	error
	hint string
}

// Hint returns what to do about the error, for people.
func (h hinted) Hint() string { return h.hint }

// Unwrap returns the error behind it.
func (h hinted) Unwrap() error { return h.error }

// withHint adds what to do about err; an empty hint adds nothing.
func withHint(err error, hint string) error {
	if hint == "" {
		return err
	}
	return hinted{err, hint}
}

// usage returns a UsageError with a hint.
func usage(err error, hint string) error { return UsageError{withHint(err, hint)} }
