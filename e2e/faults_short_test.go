//go:build !long

package e2e

// starvedChecks is how many checks are made without descriptors.
const starvedChecks = 10_000
