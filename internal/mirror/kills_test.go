//go:build !long

package mirror_test

// kills is how often each server is killed under load.
const kills = 10
