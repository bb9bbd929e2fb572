//go:build !long

package journal_test

import "time"

const (
	lockedFor = 2 * time.Second // by another program
	damages   = 60              // of bytes, each in a journal of its own
)
