package procfs

import (
	"golang.org/x/sys/unix"
)

// PIDs visits the processes that the reader may see, in the order of the
// kernel, which is ascending. A process may be gone when it is visited.
func (f *FS) PIDs(visit func(pid int)) error {
	return f.sightings(func(p sighting) { visit(p.pid) })
}

// A sighting is a process as the list of processes shows it. Another process
// that gets the number of one that is gone has a directory of its own, with
// another inode; the same process may come by a new one when the kernel is
// short of memory (proc_fill_cache and proc_flush_pid in fs/proc/base.c).
type sighting struct {
	pid   int
	inode uint64
}

// sightings visits the processes that the reader may see.
func (f *FS) sightings(visit func(sighting)) error {
	s := f.borrow()
	defer f.giveBack(s)
	fd, err := s.at(f.root).open(unix.O_DIRECTORY)
	if err != nil {
		return s.failed(err)
	}
	defer unix.Close(fd)
	return s.failed(entries(fd, s.buf[:], func(inode uint64, name []byte) bool {
		if pid, ok := numbered(name); ok {
			visit(sighting{pid, inode})
		}
		return true
	}))
}

// NetNS returns the inode of a process's network namespace, which is the
// namespace's identity; that of the reader for pid 0. It needs the permission
// to trace the process.
func (f *FS) NetNS(pid int) (uint64, error) {
	s := f.borrow()
	defer f.giveBack(s)
	if pid == 0 {
		f.in(s, "self/ns/net")
	} else {
		f.of(s, pid, "ns/net")
	}
	link, err := s.link()
	if err != nil {
		return 0, s.failed(err)
	}
	inode, ok := bracketed(link, "net")
	if !ok {
		return 0, s.failed(ErrFormat)
	}
	return inode, nil
}
