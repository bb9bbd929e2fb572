//go:build !long

package e2e

const (
	// signUpKills is how often the server is killed while apps sign up.
	signUpKills = 30
	// enough failures in a row, and successes, are believed of old apps: the least.
	enough = 2
)
