package journal

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"syscall"
)

// besides are what is added to a database's name for the files beside it: the
// write-ahead log, its index, the journal of SQLite's other modes, and our lock.
var besides = []string{"-wal", "-shm", "-journal", ".lock"}

// guardLink refuses a database's name that is a symbolic link of somebody
// else's: in a directory like /tmp anybody could have put it there.
func guardLink(path string) error {
	link, err := os.Lstat(path)
	if err != nil || link.Mode()&fs.ModeSymlink == 0 {
		return nil // what is wrong with it shows later
	}
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	if !trusted(link, dir) {
		return unsafe(path, "it is a symbolic link that belongs to "+ownerOf(link), "remove it, or "+chooseAnother)
	}
	return nil
}

// guard refuses a place for a database that somebody else controls: he could
// have us write his file, read a history that he made up, or wait for ever.
// path has no symbolic links in it.
func guard(path string) error {
	dir, err := os.Stat(filepath.Dir(path))
	if err != nil {
		return err
	}
	if !dir.IsDir() {
		return &os.PathError{Op: "open", Path: filepath.Dir(path), Err: syscall.ENOTDIR}
	}
	if who := writers(dir); who != "" {
		name := filepath.Dir(path)
		return unsafe(path, fmt.Sprintf("%s can replace it: %s has mode %v", who, name, dir.Mode()),
			"take that right away (chmod go-w "+name+"), or "+chooseAnother)
	}
	for _, suffix := range append([]string{""}, besides...) {
		if err := guardFile(path, path+suffix, dir); err != nil {
			return err
		}
	}
	return nil
}

// guardFile refuses a file of a database that is none, or somebody else's.
func guardFile(database, path string, dir fs.FileInfo) error {
	info, err := os.Lstat(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	switch mode := info.Mode(); {
	case mode.IsDir() && path == database:
		return &os.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	case mode&fs.ModeSymlink != 0:
		return &os.PathError{Op: "open", Path: path, Err: syscall.ELOOP}
	case !mode.IsRegular():
		return unsafe(database, path+" is no regular file ("+mode.String()+")", "remove it, or "+chooseAnother)
	case !trusted(info, dir):
		return unsafe(database, path+" belongs to "+ownerOf(info), "remove it, or "+chooseAnother)
	}
	return nil
}

// writers says who besides the owner can replace files in a directory, and
// nothing when nobody can. Whoever has our own group is taken for ourselves:
// Debian gives every user one.
func writers(dir fs.FileInfo) string {
	mode := dir.Mode()
	switch {
	case mode&fs.ModeSticky != 0:
		return ""
	case mode&0o002 != 0:
		return "anybody"
	case mode&0o020 != 0 && !ourGroup(dir):
		return "its group"
	}
	return ""
}

func ourGroup(info fs.FileInfo) bool {
	st, ok := info.Sys().(*syscall.Stat_t)
	return ok && int(st.Gid) == os.Getegid()
}

// trusted reports whether a file belongs to us, to root, or to whom its
// directory belongs, who could replace it anyhow.
func trusted(file, dir fs.FileInfo) bool {
	f, ok := file.Sys().(*syscall.Stat_t)
	d, also := dir.Sys().(*syscall.Stat_t)
	return ok && also && slices.Contains([]uint32{uint32(os.Geteuid()), 0, d.Uid}, f.Uid)
}

func ownerOf(file fs.FileInfo) string {
	if st, ok := file.Sys().(*syscall.Stat_t); ok {
		return fmt.Sprint("another user, uid ", st.Uid)
	}
	return "another user"
}

func unsafe(path, reason, hint string) error {
	return &OpenError{Path: path, Err: fmt.Errorf("%w: %s", ErrUnsafe, reason), hint: hint}
}
