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
// # Damage
//
// Every row in a file has a checksum over all that it says. What is read and is
// not what was written is an [ErrCorrupt], never an answer: when the file is
// opened, when it is read, and at the latest when [SQLite.Scrub] comes by.
//
// # Retention
//
// What is old goes by [Retention], and not what is needed: where each stream
// goes on, what is believed of each check, and what somebody has yet to read.
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
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// A Journal is what every engine offers. All methods but Identity are safe for
// concurrent use, return [ErrClosed] after Close, [ErrCorrupt] where what is
// stored is damaged, and an error that [Storage] knows when it cannot be
// reached just now.
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

	// Changes returns the changes of checks that match a query, in the order of
	// the journal. A Lead comes before them and beyond the limit; it matches all
	// of the query but From. A Lead without a Check is an error.
	Changes(ctx context.Context, q event.Query) ([]event.Recorded, error)

	// Head returns the newest entry of a stream and whether there is one.
	Head(ctx context.Context, stream string) (event.Entry, bool, error)

	// Heads returns the newest entry of every stream whose name begins with a
	// prefix, sorted by stream: "check/" has those of all checks.
	Heads(ctx context.Context, prefix string) ([]event.Entry, error)

	// Adopt stores the newest entries of streams, whatever their numbers are, in
	// a journal that has never had an entry: the streams go on after them. Else
	// it returns [ErrNotEmpty]. Each stream may come once ([ErrEntry]).
	Adopt(ctx context.Context, entries []event.Entry) error

	// Position returns the place that a reader has committed with Advance: the
	// empty cursor only if it never has.
	Position(ctx context.Context, reader string) (event.Cursor, error)

	// Advance commits a reader's place, and what it wants to remember, together.
	// The last note of a key counts; keys without a note stay as they are.
	Advance(ctx context.Context, reader string, to event.Cursor, notes ...event.Note) error

	// Notes returns what a reader remembers, sorted by key.
	Notes(ctx context.Context, reader string) ([]event.Note, error)

	// Keep keeps a value under a key, or forgets the key when the value is nil.
	// It returns [ErrRevision] unless the key's revision is the one given, 0 for
	// a key that does not exist, and else the key's new one, 0 for none.
	Keep(ctx context.Context, key string, value []byte, revision uint64) (uint64, error)

	// Kept returns all that is kept under keys that begin with a prefix, sorted
	// by key.
	Kept(ctx context.Context, prefix string) ([]event.Kept, error)

	// AddLatency adds what was counted of response times. Where the check has
	// counts of the same time and span already, they add up; those of shorter
	// spans within the time are replaced.
	AddLatency(ctx context.Context, counts []history.Latency) error

	// Latency returns what was counted of a check's response times, all spans
	// that begin at from or later and before until, in the order of time. A zero
	// time is no bound.
	Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error)

	// Identity returns what tells this journal from all others, for as long as
	// it lives.
	Identity() string

	// Wait returns nil as soon as there is an entry after the cursor, at once
	// if there is one already, and ctx's error when ctx ends first.
	Wait(ctx context.Context, after event.Cursor) error

	// Close ends every Wait and lets go of the storage. Closing twice is fine.
	Close() error
}

// MaxRead is the most entries that one Read, Recent or Changes returns.
const MaxRead = 1000

// Errors that callers tell apart, besides event.ErrCursor.
var (
	// ErrClosed is returned by every method of a journal after Close.
	ErrClosed = errors.New("journal is closed")
	// ErrEntry marks an entry that no journal takes: trying again is no use.
	ErrEntry = errors.New("malformed entry")
	// ErrRevision is returned by Keep when the key has another revision, or none.
	ErrRevision = errors.New("it was changed meanwhile")
	// ErrNotEmpty is returned by Adopt for a journal that has had entries.
	ErrNotEmpty = errors.New("journal is not empty")
	// ErrCorrupt says that what is stored is not what was written.
	ErrCorrupt = errors.New("journal is damaged")
)
