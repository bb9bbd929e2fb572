//go:build long

package journal_test

import "time"

const (
	lockedFor   = 60 * time.Second // by another program
	damages     = 1000             // of bytes, each in a journal of its own
	oneFlipIn   = 331              // bytes of a file
	pruneRounds = 40               // of 500 entries each
	pruneCrowd  = 500              // checks
)
