//go:build !long

package e2e

// crowdOutages is how often everybody goes down at once.
const crowdOutages = 1
