// Package journal keeps what happened, in order, for good.
//
// A journal is an append-only log of [event.Entry] values under the contract
// of package event. There are two engines: [SQLite], one file on this
// machine, and [Memory], which forgets everything at the end of the process.
// [Open] chooses between them. Package journaltest holds the conformance
// suite that both pass and every later engine has to.
//
// Nobody who watches or judges waits for storage: they hand their entries to
// a [Writer], which owns the numbers of the streams and writes when it can.
// Whoever wants to know what happened (notifiers, mirrors, the board) reads
// by cursor.
//
// # Text
//
// Entries carry text that strangers chose. It survives byte for byte, control
// characters included, as long as it is UTF-8; every byte that is not becomes
// U+FFFD when it is appended, and that is the entry from then on. Times keep
// their instant to the nanosecond and come back in UTC.
package journal

import (
	"context"
	"errors"

	"github.com/portreeve/portreeve/internal/event"
)

// A Journal is what every engine offers. All methods are safe for concurrent
// use, and return [ErrClosed] after Close.
type Journal interface {
	// Append stores the entries that come next in their streams, as one: after
	// an error none is stored, or, when the answer was lost on its way, all
	// are, and appending them again is right. It answers for each entry, in
	// order. One malformed entry ([ErrEntry]) refuses them all.
	Append(ctx context.Context, entries []event.Entry) ([]event.Outcome, error)

	// Read returns the oldest entries after a cursor, at most limit or
	// [MaxRead], and none at the end or when limit is less than 1.
	Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error)

	// Recent returns the newest entries, at most limit or [MaxRead], in the
	// order of the journal.
	Recent(ctx context.Context, limit int) ([]event.Recorded, error)

	// Head returns the newest entry of a stream and whether there is one.
	Head(ctx context.Context, stream string) (event.Entry, bool, error)

	// Position returns the place that a reader has committed with Advance: the
	// empty cursor only if it never has.
	Position(ctx context.Context, reader string) (event.Cursor, error)

	// Advance commits a reader's place.
	Advance(ctx context.Context, reader string, to event.Cursor) error

	// Wait returns nil as soon as there is an entry after the cursor, at once
	// if there is one already, and ctx's error when ctx ends first.
	Wait(ctx context.Context, after event.Cursor) error

	// Close ends every Wait and lets go of the storage. Closing twice is fine.
	Close() error
}

// MaxRead is the most entries that one Read or Recent returns.
const MaxRead = 1000

// Errors that callers tell apart, besides event.ErrCursor.
var (
	// ErrClosed is returned by every method of a journal after Close.
	ErrClosed = errors.New("journal is closed")
	// ErrEntry marks an entry that no journal takes: trying again is no use.
	ErrEntry = errors.New("malformed entry")
)
