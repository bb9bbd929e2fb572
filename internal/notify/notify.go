// Package notify tells people what happened.
//
// Each [Channel] is driven by a [Cursor] of its own over the journal: it reads on
// from where it was, tells one entry after the other in the order of the journal,
// tries again while telling fails, and commits its place behind what it has told.
// So a slow or broken channel delays nobody else and loses nothing, not even over
// a restart.
//
// Within one run nothing is told twice. After a crash, what was told but not
// yet committed is told again, with the same [event.Entry.Key]: at least once.
//
// That is how the log is told, which is told everything. People are told by a
// [Desk], one per [Route] and channel: a reader of the journal that knows the
// rules of alerting. What is to be told of a check follows from its changes, what
// was told before, and the time (observe.go and due.go: pure, no clock). The
// desk writes the [Notice], and has a [Sender] send it until it is taken.
// The senders have packages of their own.
package notify

import (
	"context"
	"errors"

	"github.com/portreeve/portreeve/internal/event"
)

// A Channel tells somebody of an entry of the journal. It returns once the
// entry is told, or an error that says why it is not: the same entry comes
// again then, and no later one before it, unless the error is an
// [ErrPermanent]. It returns soon after ctx ends.
type Channel interface {
	Notify(ctx context.Context, e event.Recorded) error
}

// ErrPermanent marks an entry that a channel can never tell: it is logged and
// passed over.
var ErrPermanent = errors.New("cannot be told")

// A Journal is what a Cursor and a Desk read. Its methods are those of
// journal.Journal.
type Journal interface {
	Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error)
	Recent(ctx context.Context, limit int) ([]event.Recorded, error)
	Wait(ctx context.Context, after event.Cursor) error
	Position(ctx context.Context, reader string) (event.Cursor, error)
	Advance(ctx context.Context, reader string, to event.Cursor, notes ...event.Note) error
	Notes(ctx context.Context, reader string) ([]event.Note, error)
	Changes(ctx context.Context, q event.Query) ([]event.Recorded, error)
	Heads(ctx context.Context, prefix string) ([]event.Entry, error)
}
