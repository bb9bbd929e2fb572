package journal

import (
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"golang.org/x/sys/unix"
)

// resolve returns the one name of a database file, so that two names of it
// have one lock.
func resolve(path string) string {
	if abs, err := filepath.Abs(path); err == nil {
		path = abs
	}
	if real, err := filepath.EvalSymlinks(path); err == nil {
		return real
	}
	if dir, err := filepath.EvalSymlinks(filepath.Dir(path)); err == nil {
		return filepath.Join(dir, filepath.Base(path))
	}
	return path
}

// headerSize is what a database begins with, in bytes.
const headerSize = 100

// inspect makes sure that a database file can be written and is one, creates it
// when missing, and returns its size. That must be done before SQLite opens the
// file: closing it later would drop the locks that SQLite has taken in this
// process (fcntl(2)).
func inspect(path string) (size int64, err error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return 0, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	head, err := io.ReadAll(io.LimitReader(f, headerSize))
	if err != nil {
		return 0, err
	}
	return info.Size(), judge(head)
}

// judge looks at a file's header.
// https://www.sqlite.org/fileformat.html#the_database_header
func judge(head []byte) error {
	magic := []byte("SQLite format 3\x00")
	switch {
	case len(head) == 0:
		return nil
	case !bytes.HasPrefix(head, magic):
		return ErrNoDatabase
	case len(head) >= 20 && (head[18] > 2 || head[19] > 2): // which it would not write, or not read
		return fmt.Errorf("%w: its format is %d/%d", ErrNoDatabase, head[18], head[19])
	}
	return nil
}
