package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// sidecars are the files that belong to a database, by what they add to its
// name: the database itself, its write-ahead log with the index of that, and
// the journal that SQLite writes in other modes.
var sidecars = [...]string{"", "-wal", "-shm", "-journal"}

// quarantine moves a damaged database and what belongs to it aside, to
// NAME.corrupt-TIME, and returns that name. Nothing is ever overwritten or
// deleted, however many there are: they are evidence and may be salvaged. A new
// one takes up no more room than the journal did; that they pile up is said.
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

// asides returns how many databases have been moved aside so far, and how much
// they take up with what belongs to them, in bytes.
func asides(path string) (n int, size int64) {
	list, _ := os.ReadDir(filepath.Dir(path)) // what can be read of it will do
	for _, e := range list {
		info, err := e.Info()
		if err != nil || !strings.HasPrefix(e.Name(), filepath.Base(path)+".corrupt-") {
			continue
		}
		size += info.Size()
		if !slices.ContainsFunc(sidecars[1:], func(suffix string) bool { return strings.HasSuffix(e.Name(), suffix) }) {
			n++
		}
	}
	return n, size
}
