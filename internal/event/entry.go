// Package event holds what the journal keeps: everything that happened, as
// plain data, and the contract by which it is kept.
//
// An [Entry] belongs to a stream, one per check and one per host for its
// ports, and has its number in it: 1, 2, 3 … A writer says the number it
// means to write; whoever else wrote that number first wins ([Outcome]).
// Readers go through the journal by an opaque [Cursor].
//
// The contract, which every engine's conformance test demands:
//
//   - Append stores the entries whose number is the next of their stream, in
//     order. A conflict drops only that stream's later entries. An entry that
//     is already stored, word for word, is a success: the writer had merely
//     lost the answer.
//   - Entries get their place in the journal under one writer, so a reader
//     that moves on from its cursor never misses one.
//   - The newest entry of a stream is never pruned: numbers go on after it.
package event

import (
	"errors"
	"fmt"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// An Entry is one thing that happened: a check's change or a port's event.
// Exactly one of Change and Port is set.
type Entry struct {
	Stream   string         `json:"stream"`
	Number   uint64         `json:"number"` // within the stream, from 1
	At       time.Time      `json:"at"`
	Observer string         `json:"observer"` // the host that saw it
	Change   *health.Change `json:"change,omitempty"`
	Port     *port.Event    `json:"port,omitempty"`
}

// Key names the entry for ever: what a repeated notification carries so that
// its reader knows it again.
func (e Entry) Key() string { return fmt.Sprintf("%s/%d", e.Stream, e.Number) }

// CheckStream returns the stream of a check's changes.
func CheckStream(check string) string { return "check/" + check }

// PortStream returns the stream of a host's port events.
func PortStream(host string) string { return "ports/" + host }

// A Cursor is a reader's place in a journal: after the entries it has read.
// The empty cursor stands before the first entry. What else it holds is the
// journal's own affair.
type Cursor string

// ErrCursor is returned for a cursor that the journal did not give out.
var ErrCursor = errors.New("unknown cursor")

// An Outcome says what became of one appended entry.
type Outcome string

// The outcomes of an append.
const (
	Stored   Outcome = "stored"   // now, or already before, word for word
	Conflict Outcome = "conflict" // another entry has the number, or an earlier one is missing
)

// A Recorded is an entry and the cursor just after it.
type Recorded struct {
	Entry
	Cursor Cursor `json:"cursor"`
}
