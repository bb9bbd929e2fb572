//go:build long

package e2e

const kills = 1000
