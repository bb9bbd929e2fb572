package main

// HintedError is an error together with what its reader can do about it.
type HintedError struct {
	Err  error
	Hint string
}

// Error is the text of the error alone; the hint stands on a line of its own.
func (e *HintedError) Error() string { return e.Err.Error() }

// Unwrap gives the error without its hint.
func (e *HintedError) Unwrap() error { return e.Err }

func hint(err error, text string) error { return &HintedError{Err: err, Hint: text} }
