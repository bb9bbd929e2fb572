//go:build !long

package e2e

import "time"

// lockedFor is how long the journal's file is locked, and flipRounds how many
// damaged journals are started on.
const (
	lockedFor  = 5 * time.Second
	flipRounds = 8
)
