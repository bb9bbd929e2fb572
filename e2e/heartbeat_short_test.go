//go:build !long

package e2e

// cuts are the faults of our own link that heartbeats are tried with.
const cuts = 1
