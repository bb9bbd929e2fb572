package procfs

import (
	"bytes"

	"golang.org/x/sys/unix"
)

// unlinked is what the kernel writes behind the path of a file that has none
// any more (d_path in fs/d_path.c). A file may also be named so.
const unlinked = " (deleted)"

// target returns the path behind one of a process's links to a file, and
// whether the file is no longer there. The path is empty where it may not be
// seen; it is valid until s is used again.
func (f *FS) target(s *scratch, pid int, link string) (path []byte, deleted bool) {
	path, err := f.of(s, pid, link).link()
	if err != nil {
		return nil, false
	}
	bare, suffixed := bytes.CutSuffix(path, []byte(unlinked))
	if !suffixed || f.namedDeleted(pid, link, path) {
		return path, false
	}
	return bare, true
}

// namedDeleted reports whether the file behind a link is really named path,
// which ends in " (deleted)": whether it is the one found there from the root
// of the process.
func (f *FS) namedDeleted(pid int, link string, path []byte) bool {
	s := f.borrow()
	defer f.giveBack(s)
	if f.of(s, pid, link).inspect() != nil || s.stat.Nlink == 0 {
		return false
	}
	dev, ino := s.stat.Dev, s.stat.Ino
	f.of(s, pid, "root")
	s.path = append(append(s.path[:len(s.path)-1], path...), 0)
	return s.inspect() == nil && s.stat.Dev == dev && s.stat.Ino == ino
}

// inspect fills s.stat from what s points at, which is not opened for reading:
// that would need more permission, and could wait for a writer.
func (s *scratch) inspect() error {
	fd, err := s.open(unix.O_PATH)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return unix.Fstat(fd, &s.stat)
}
