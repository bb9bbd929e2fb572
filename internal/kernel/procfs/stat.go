package procfs

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// A stat is what we use of /proc/PID/stat, proc_pid_stat(5).
type stat struct {
	comm  []byte // as the process chose it: any bytes but NUL
	state byte
	ppid  int
	flags uint64 // PF_ of include/linux/sched.h
	start uint64 // clock ticks since boot; with the pid it names a process for good
}

const (
	ticksPerSecond = 100     // USER_HZ: what sysconf(_SC_CLK_TCK) answers on amd64 and arm64
	kernelThread   = 1 << 21 // PF_KTHREAD
)

// parseStat reads the content of /proc/PID/stat. The name may hold blanks,
// line breaks and parentheses: it ends at the last parenthesis of all.
func parseStat(b []byte) (st stat, ok bool) {
	open, end := bytes.IndexByte(b, '('), bytes.LastIndexByte(b, ')')
	if open < 0 || end < open {
		return stat{}, false
	}
	rest := fields{bytes.TrimSuffix(b[end+1:], []byte{'\n'})}
	st.comm = b[open+1 : end]
	state := rest.next()
	ppid, okPPID := decimal(rest.next(), 31)
	rest.skip(4) // pgrp session tty_nr tpgid
	flags, okFlags := decimal(rest.next(), 64)
	rest.skip(12) // minflt … itrealvalue
	start, okStart := decimal(rest.next(), 64)
	if len(state) != 1 || !okPPID || !okFlags || !okStart {
		return stat{}, false
	}
	st.state, st.ppid, st.flags, st.start = state[0], int(ppid), flags, start
	return st, true
}

// dead reports whether nothing is left of the process but its entry.
func (st stat) dead() bool { return st.state == 'Z' || st.state == 'X' || st.state == 'x' }

// stat reads the stat of a process into s. A process that is dead is gone.
func (f *FS) stat(s *scratch, pid int) (stat, error) {
	b, err := f.of(s, pid, "stat").read()
	if err != nil {
		return stat{}, err
	}
	st, ok := parseStat(b)
	switch {
	case !ok:
		return stat{}, ErrFormat
	case st.dead():
		return stat{}, unix.ESRCH
	}
	return st, nil
}

// gone reports whether err tells that a process is no more, rather than that
// we could not look: short of descriptors, every live process seems dead.
func gone(err error) bool { return err == unix.ENOENT || err == unix.ESRCH }

// withheld reports whether err tells that there is nothing for us to read, now
// and later: the file is not there, or not for our eyes.
func withheld(err error) bool { return gone(err) || err == unix.EACCES || err == unix.EPERM }
