package procfs

import (
	"cmp"
	"slices"

	"golang.org/x/sys/unix"
)

// A hold is a descriptor of a process that refers to a socket.
type hold struct {
	inode   uint64
	pid, fd int
}

// A scan is one look at the descriptors of all processes. It is kept to be
// run again in the same memory.
type scan struct {
	holds  []hold     // of the wanted sockets, by inode and pid; one per process and socket
	seen   []sighting // the processes there were
	denied int        // processes whose descriptors may not be seen
	err    error      // what cut the scan short: it proves nothing about sockets it did not find
}

// run looks for the holders of the sockets that wanted knows.
func (sc *scan) run(f *FS, wanted map[uint64]*holding) {
	sc.reset()
	err := f.sightings(func(p sighting) {
		if sc.err == nil {
			sc.seen = append(sc.seen, p)
			sc.process(f, p.pid, wanted)
		}
	})
	if sc.err == nil {
		sc.err = err
	}
	sc.tidy()
}

// reset forgets what an earlier scan found.
func (sc *scan) reset() { *sc = scan{holds: sc.holds[:0], seen: sc.seen[:0]} }

// process looks at the descriptors of one process.
func (sc *scan) process(f *FS, pid int, wanted map[uint64]*holding) {
	err := f.sockets(pid, func(fd int, inode uint64) {
		if _, ok := wanted[inode]; ok {
			sc.holds = append(sc.holds, hold{inode, pid, fd})
		}
	})
	switch {
	case err == nil, gone(err):
	case withheld(err):
		sc.denied++
	default:
		sc.err = err
	}
}

// covers reports whether a holder of every wanted socket was found.
func (sc *scan) covers(wanted map[uint64]*holding) bool {
	if len(sc.holds) < len(wanted) {
		return false
	}
	for inode := range wanted {
		if !slices.ContainsFunc(sc.holds, func(h hold) bool { return h.inode == inode }) {
			return false
		}
	}
	return true
}

// tidy puts what was found in order.
func (sc *scan) tidy() {
	slices.SortFunc(sc.holds, func(a, b hold) int {
		return cmp.Or(cmp.Compare(a.inode, b.inode), cmp.Compare(a.pid, b.pid), cmp.Compare(a.fd, b.fd))
	})
	sc.holds = slices.CompactFunc(sc.holds, func(a, b hold) bool { return a.inode == b.inode && a.pid == b.pid })
}

// sockets visits the descriptors of a process that refer to sockets, with the
// sockets' inodes.
func (f *FS) sockets(pid int, visit func(fd int, inode uint64)) error {
	s := f.borrow()
	defer f.giveBack(s)
	dir, err := f.of(s, pid, "fd").open(unix.O_DIRECTORY)
	if err != nil {
		return err
	}
	defer unix.Close(dir)
	var failure error
	const longest = 32 // socket:[18446744073709551615] and some
	names, link := s.buf[:len(s.buf)-longest], s.buf[len(s.buf)-longest:]
	err = entries(dir, names, func(_ uint64, name []byte) bool {
		if name[0] == '.' {
			return true
		}
		n, err := readlinkat(dir, name, link)
		switch {
		case err == unix.ENOENT: // closed meanwhile
			return true
		case err != nil:
			failure = err
			return false
		}
		fd, isNumber := numbered(name)
		if inode, ok := bracketed(link[:n], "socket"); ok && isNumber {
			visit(fd, inode)
		}
		return true
	})
	if failure != nil {
		return failure
	}
	return err
}

// holds reports whether a descriptor of a process refers to a socket.
func (f *FS) holds(pid, fd int, inode uint64) bool {
	s := f.borrow()
	defer f.giveBack(s)
	link, err := f.descriptor(s, pid, fd).link()
	if err != nil {
		return false
	}
	found, ok := bracketed(link, "socket")
	return ok && found == inode
}
