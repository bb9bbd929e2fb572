package main

import (
	"fmt"
	"os"
	"syscall"
)

// takeName gives the process another name: argv[0] by executing itself once
// more under the same pid, then comm through /proc. A name is foreign text to
// whoever shows it, so any byte but NUL is welcome. The empty name keeps the
// process as it is.
func takeName(name string) error {
	if name == "" {
		return nil
	}
	if os.Args[0] != name {
		args := append([]string{name}, os.Args[1:]...)
		if err := syscall.Exec("/proc/self/exe", args, os.Environ()); err != nil {
			return fmt.Errorf("take the name %q: %w", name, err)
		}
	}
	// prctl(PR_SET_NAME) names the calling thread alone; a write here names
	// the process's first thread, the one that /proc/PID/comm speaks of.
	if err := os.WriteFile("/proc/self/comm", []byte(name), 0); err != nil {
		return fmt.Errorf("take the name %q: %w", name, err)
	}
	return nil
}
