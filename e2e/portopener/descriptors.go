package main

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// reserve is how many descriptors are kept for all that is not a connection:
// the standard streams, the listeners, the poller.
const reserve = 32

// checkDescriptors finds out before the first connection whether the last one
// can be had. The soft limit stands at the hard one already: package os raises
// it when a Go program starts.
func checkDescriptors(connections int) error {
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		return fmt.Errorf("read the descriptor limit: %w", err)
	}
	need := 2*uint64(connections) + reserve
	if need <= limit.Cur {
		return nil
	}
	return hint(
		fmt.Errorf("%d connections need %d descriptors, the limit is %d", connections, need, limit.Cur),
		"raise the hard limit (ulimit -Hn), or start several portopeners with --reuseport")
}
