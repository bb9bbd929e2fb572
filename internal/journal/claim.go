package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"golang.org/x/sys/unix"
)

// A finding is what was found in a database file before it was opened.
type finding struct {
	size int64 // 0: it is new
	ours bool  // a journal has been in it
}

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

// claim takes the lock of a database file and makes sure that the file can be
// written and is one, or creates it.
func claim(path string) (*fileLock, finding, error) {
	if err := guard(path); err != nil {
		return nil, finding{}, err
	}
	lock, err := lockFile(path)
	if err != nil {
		return nil, finding{}, err
	}
	found, err := inspect(path)
	if err != nil {
		return nil, finding{}, errors.Join(err, lock.release())
	}
	return lock, found, nil
}

// inspected is how much of a file is looked at for what tells that it is ours.
const inspected = 1 << 20

// schemaMarks stand in the schema of every journal, and of no other database: SQLite
// keeps it as it was written, comments included. There are several, for damage.
var schemaMarks = []string{"-- 16 hexadecimal digits", "-- check/NAME or ports/HOST", "portreeve_entry_", "portreeve_latency_"}

// inspect looks into a database file, and creates it when missing. That must be
// done before SQLite opens the file: closing it later would drop the locks that
// SQLite has taken in this process (fcntl(2)).
func inspect(path string) (finding, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW|unix.O_NONBLOCK, 0o600)
	if err != nil {
		return finding{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return finding{}, err
	}
	head, err := io.ReadAll(io.LimitReader(f, inspected))
	if err != nil {
		return finding{}, err
	}
	ours := slices.ContainsFunc(schemaMarks, func(mark string) bool { return bytes.Contains(head, []byte(mark)) })
	if err := judge(head); err != nil && ours {
		return finding{}, fmt.Errorf("%w: %w", ErrCorrupt, err)
	} else if err != nil {
		return finding{}, err
	}
	return finding{info.Size(), ours}, nil
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
