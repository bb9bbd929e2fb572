//go:build long

package history

// simYears is how many years the simulation takes.
const simYears = 10
