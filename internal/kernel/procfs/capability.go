package procfs

// The capabilities that reading other users' descriptors takes
// (include/uapi/linux/capability.h): the directory PID/fd is its owner's
// alone, and following its links needs the right to trace the process
// (proc_fd_permission, proc_fd_access_allowed in fs/proc).
const (
	capDACOverride   = 1
	capDACReadSearch = 2
	capSysPtrace     = 19
)

// A capabilities is a set of capabilities(7), one bit each.
type capabilities uint64

func (c capabilities) has(bit int) bool { return c>>bit&1 != 0 }

// missing names the capabilities that are lacking to see every process.
func (c capabilities) missing() []string {
	var names []string
	if !c.has(capSysPtrace) {
		names = append(names, "CAP_SYS_PTRACE")
	}
	if !c.has(capDACReadSearch) && !c.has(capDACOverride) {
		names = append(names, "CAP_DAC_READ_SEARCH")
	}
	return names
}

// capabilities returns what the reader itself may do.
func (f *FS) capabilities() (capabilities, error) {
	s := f.borrow()
	defer f.giveBack(s)
	status, err := f.in(s, "self/status").read()
	if err != nil {
		return 0, s.failed(err)
	}
	words, _ := statusLine(status, "CapEff:")
	set, ok := hexadecimal(words.next())
	if !ok {
		return 0, s.failed(ErrFormat)
	}
	return capabilities(set), nil
}
