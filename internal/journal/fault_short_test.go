//go:build !long

package journal_test

import "time"

const (
	lockedFor   = 2 * time.Second // by another program
	damages     = 30              // of bytes, each in a journal of its own
	oneFlipIn   = 2503            // bytes of a file
	pruneRounds = 10              // of 500 entries each
	pruneCrowd  = 150             // checks
)
