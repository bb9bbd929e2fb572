package event

import "time"

// A Query asks a journal for changes of checks.
type Query struct {
	Check string // empty: of all checks
	// Outages leaves out all changes but those to and from [health.Unhealthy]
	// that are no overlay's.
	Outages bool
	// From and Until bound the entries' At: From is in, Until is not. Zero: no
	// bound.
	From, Until time.Time
	// Lead adds the newest change before From, if there is one, as the first: what
	// held when the time began. It needs a Check.
	Lead bool
	// Newest has the newest of those that match chosen and not the oldest, when
	// there are more than Limit. Either way they come in the order of the journal.
	Newest bool
	Before Cursor // only entries at or before this place; empty: all
	After  Cursor // only entries after this place; empty: all
	Limit  int    // at most journal.MaxRead; 0: that many
}

// A Note is what a reader of the journal remembers, committed together with
// its place. A nil Value forgets the key.
type Note struct {
	Key   string
	Value []byte
}

// A Kept is what somebody asked for at run time, kept under a key with a
// revision that is another for every value that the key has had.
type Kept struct {
	Key      string
	Value    []byte
	Revision uint64
}
