// Package notify tells people what happened.
//
// Each [Channel] (a log, later mail, a webhook …) is driven by a [Cursor] of
// its own over the journal: it reads on from where it was, tells one entry
// after the other in the order of the journal, tries again while telling
// fails, and commits its place behind what it has told. So a slow or broken
// channel delays nobody else and loses nothing, not even over a restart.
//
// Within one run nothing is told twice. After a crash, what was told but not
// yet committed is told again, with the same [event.Entry.Key]: at least once.
//
// A channel is one file here: its Notify and what it needs.
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

// A Journal is what a Cursor reads. Its methods are those of journal.Journal.
type Journal interface {
	Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error)
	Recent(ctx context.Context, limit int) ([]event.Recorded, error)
	Wait(ctx context.Context, after event.Cursor) error
	Position(ctx context.Context, reader string) (event.Cursor, error)
	Advance(ctx context.Context, reader string, to event.Cursor) error
}
