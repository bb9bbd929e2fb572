package notify

import (
	"context"
	"errors"
	"time"
)

// A Sender tells somebody. Send returns nil once the notice is taken, and else
// why it is not; an error that is no [*Failure] is worth another try. It
// returns soon after ctx ends and is safe for concurrent use.
type Sender interface {
	Send(ctx context.Context, n Notice) error
}

// A Failure is why a notice was not taken, and what that means for the next
// try.
type Failure struct {
	Err error
	// Permanent: this notice will never be taken; others may be.
	Permanent bool
	// Doubtful: the notice may have been taken all the same, for the answer was
	// lost. The next try tells the very same.
	Doubtful bool
	// After is how long to wait before anything is sent again; 0: as usual.
	After time.Duration
}

// Error says why.
func (f *Failure) Error() string { return f.Err.Error() }

// Unwrap returns why.
func (f *Failure) Unwrap() error { return f.Err }

// Fails reports what an error of a Sender means: the zero Failure for nil.
func Fails(err error) Failure {
	if f, ok := errors.AsType[*Failure](err); ok && f != nil {
		return *f
	}
	return Failure{Err: err}
}

// A Route is how somebody wants to be told.
type Route struct {
	Name        string
	After       time.Duration // an outage must have lasted so long
	Degrading   bool          // tell suspicions too
	Recovery    bool          // tell that it is over
	RemindEvery time.Duration // 0: never
	Allowance   *Allowance    // how often; nil: as often as there is something to tell
}
