package health

import "slices"

// Moves count the moves to each status, in the order of [Statuses].
type Moves [4]uint32

// To returns how many moves went to a status.
func (m Moves) To(s Status) uint32 { return m[slices.Index(Statuses(), s)] }

// And returns the counts with one more move to a status.
func (m Moves) And(s Status) Moves {
	m[slices.Index(Statuses(), s)]++
	return m
}
