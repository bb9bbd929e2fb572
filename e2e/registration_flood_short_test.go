//go:build !long

package e2e

import "time"

// floodFor is how long strangers sign up.
const floodFor = 5 * time.Second
