//go:build !long

package e2e

const kills = 100
