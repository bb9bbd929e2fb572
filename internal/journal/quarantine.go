package journal

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"time"
)

// sidecars are the files that belong to a database, by what they add to its
// name: the database itself, its write-ahead log with the index of that, and
// the journal that SQLite writes in other modes.
var sidecars = [...]string{"", "-wal", "-shm", "-journal"}

// quarantine moves a damaged database and what belongs to it aside, to
// NAME.corrupt-TIME, and returns that name. Nothing is ever overwritten or
// deleted, however many there are: they are evidence and may be salvaged, and a
// new one takes up no more room than the journal did.
//
// The database goes first: without it, SQLite has no use for the others, and
// the next start finds them by [orphaned].
func quarantine(path string, at time.Time) (string, error) {
	name, err := unused(path + ".corrupt-" + at.UTC().Format("20060102T150405Z"))
	if err != nil {
		return "", err
	}
	for _, suffix := range sidecars {
		if err := os.Rename(path+suffix, name+suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("move damaged journal aside: %w", err)
		}
	}
	return name, nil
}

// unused returns name, or name-2, name-3 … if there is something already.
func unused(name string) (string, error) {
	for n := 1; n <= 1000; n++ {
		try := name
		if n > 1 {
			try = fmt.Sprintf("%s-%d", name, n)
		}
		if free(try) {
			return try, nil
		}
	}
	return "", fmt.Errorf("move damaged journal aside: %s and 999 others are taken", name)
}

func free(name string) bool {
	for _, suffix := range sidecars {
		if _, err := os.Lstat(name + suffix); !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

// orphaned reports whether there is a write-ahead log and no database: a
// quarantine was cut short. SQLite would delete it.
func orphaned(path string) bool {
	if _, err := os.Lstat(path); !errors.Is(err, fs.ErrNotExist) {
		return false
	}
	info, err := os.Lstat(path + "-wal")
	return err == nil && info.Size() > 0
}

// damaged reports whether an error of opening a file says that it is a journal
// of portreeve's and damaged.
func (f *file) damaged(err error) bool {
	return (corrupt(err) || errors.Is(err, ErrNoDatabase)) && f.exists() && ours(f.path)
}

// ours reports whether a file that is no sound database was once a journal of
// portreeve's, so that it may be moved: a path given by mistake leads to
// another's file, which is not touched. Whatever is damaged, the text of our
// schema is somewhere in a journal, more than once; reading all of it is the
// price of finding it.
func ours(path string) bool { return mentions(path) || mentions(path+"-wal") }

// marks stand in the SQL of our first migration, word for word, which SQLite
// keeps in the file (https://www.sqlite.org/schematab.html).
var marks = [...][]byte{
	[]byte("-- 16 hexadecimal digits"),
	[]byte("-- check/NAME or ports/HOST"),
	[]byte("-- the host that saw it"),
}

// mentions reports whether one of the marks is in a file.
func mentions(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const overlap = 64 // more than the longest mark
	window := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := io.ReadFull(f, window[kept:])
		for _, mark := range marks {
			if bytes.Contains(window[:kept+n], mark) {
				return true
			}
		}
		if err != nil {
			return false
		}
		kept = copy(window, window[len(window)-overlap:])
	}
}
