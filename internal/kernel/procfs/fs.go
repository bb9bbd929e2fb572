package procfs

import (
	"bytes"
	"fmt"
	"path"
	"strconv"
	"sync"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// An FS reads one proc file system. It is safe for concurrent use, and a visit
// function may call any method of the FS that calls it.
type FS struct {
	root      string
	malformed atomic.Uint64

	mu   sync.Mutex
	idle []*scratch
}

// New returns a reader of the proc file system mounted at root, /proc on a
// running machine. Nothing is opened before it is read.
func New(root string) *FS { return &FS{root: path.Clean(root)} }

// A scratch is the memory that one call works in. It is borrowed, so that
// calls may nest and none of them allocates.
type scratch struct {
	path []byte // ends in NUL
	buf  [64 << 10]byte
	row  Row
	stat unix.Stat_t
}

func (f *FS) borrow() *scratch {
	f.mu.Lock()
	defer f.mu.Unlock()
	if n := len(f.idle); n > 0 {
		s := f.idle[n-1]
		f.idle = f.idle[:n-1]
		return s
	}
	return &scratch{path: make([]byte, 0, len(f.root)+64)}
}

func (f *FS) giveBack(s *scratch) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.idle = append(f.idle, s)
}

// at points s at a path of any file system.
func (s *scratch) at(path string) *scratch {
	s.path = append(append(s.path[:0], path...), 0)
	return s
}

// in points s at a name below the root.
func (f *FS) in(s *scratch, name string) *scratch {
	s.path = append(append(s.path[:0], f.root...), '/')
	s.path = append(append(s.path, name...), 0)
	return s
}

// of points s at a name in the directory of a process.
func (f *FS) of(s *scratch, pid int, name string) *scratch {
	s.path = append(append(s.path[:0], f.root...), '/')
	s.path = append(strconv.AppendInt(s.path, int64(pid), 10), '/')
	s.path = append(append(s.path, name...), 0)
	return s
}

// descriptor points s at a descriptor of a process.
func (f *FS) descriptor(s *scratch, pid, fd int) *scratch {
	f.of(s, pid, "fd/")
	s.path = append(strconv.AppendInt(s.path[:len(s.path)-1], int64(fd), 10), 0)
	return s
}

// open opens what s points at for reading.
func (s *scratch) open(flags int) (int, error) {
	return openat(unix.AT_FDCWD, s.path, unix.O_RDONLY|flags)
}

// read returns the content of the file that s points at, as far as it fits,
// and is valid until s is used again.
func (s *scratch) read() ([]byte, error) {
	fd, err := s.open(0)
	if err != nil {
		return nil, err
	}
	defer unix.Close(fd)
	n := 0
	for n < len(s.buf) {
		m, err := read(fd, s.buf[n:])
		if err != nil {
			return nil, err
		}
		if m == 0 {
			break
		}
		n += m
	}
	return s.buf[:n], nil
}

// records is read for a file of records that end in a byte, without the one
// that did not fit whole. It is empty when there is nothing for us to read.
func (s *scratch) records(end byte) ([]byte, error) {
	b, err := s.read()
	switch {
	case withheld(err):
		return nil, nil
	case len(b) == len(s.buf):
		return b[:bytes.LastIndexByte(b, end)+1], nil
	}
	return b, err
}

// link returns the target of the symbolic link that s points at. It is valid
// until s is used again.
func (s *scratch) link() ([]byte, error) {
	n, err := readlinkat(unix.AT_FDCWD, s.path, s.buf[:])
	if err != nil {
		return nil, err
	}
	return s.buf[:n], nil
}

// lines visits the lines of the file that s points at.
func (s *scratch) lines(visit func(line []byte) bool) error {
	fd, err := s.open(0)
	if err != nil {
		return err
	}
	defer unix.Close(fd)
	return lines(fd, s.buf[:], visit)
}

// failed says which file err is about.
func (s *scratch) failed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("read %s: %w", s.path[:len(s.path)-1], err)
}
