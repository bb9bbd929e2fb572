//go:build long

package e2e

const (
	// signUpKills is how often the server is killed while apps sign up.
	signUpKills = 500
	// enough failures in a row, and successes, are believed of old apps: the most.
	enough = 10
)
