package app

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// maxPrivate bounds how much of a file with secrets is read.
const maxPrivate = 1 << 20

// A fileState tells whether a file is the one that was read: the kernel moves
// the time of change with every change of content, mode or owner, and another
// file has another inode.
type fileState struct {
	device, inode uint64
	changed       syscall.Timespec
}

func stateOf(path string) (fileState, error) {
	info, err := os.Stat(path)
	if err != nil {
		return fileState{}, err
	}
	return stateIn(info), nil
}

func stateIn(info fs.FileInfo) fileState {
	s, ok := info.Sys().(*syscall.Stat_t)
	if !ok {
		return fileState{}
	}
	return fileState{s.Dev, s.Ino, s.Ctim}
}

// readPrivate reads a file that only its owner may change, and only its owner
// or a group that root gives it to may read. The owner is what counts: who may
// write in the directory can put another file there, but none that is ours or
// root's.
func readPrivate(path string) (string, fileState, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not keep us waiting
	if err != nil {
		return "", fileState{}, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return "", fileState{}, err
	}
	if err := checkPrivate(path, info); err != nil {
		return "", stateIn(info), err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPrivate+1))
	if err == nil && len(text) > maxPrivate {
		err = fmt.Errorf("%s is larger than %d bytes", path, maxPrivate)
	}
	return string(text), stateIn(info), err
}

// checkPrivate tells why what is in a file cannot be trusted.
func checkPrivate(path string, info fs.FileInfo) error {
	owner := -1
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = int(s.Uid)
	}
	mode, own := info.Mode().Perm(), owner == os.Geteuid()
	switch {
	case !info.Mode().IsRegular():
		return fmt.Errorf("%s is no regular file", path)
	case !own && owner != 0:
		return withHint(fmt.Errorf("%s belongs to another user (uid %d), who could change it", path, owner), fmt.Sprintf("chown %d %s", os.Geteuid(), path))
	case mode&0o022 != 0:
		return withHint(fmt.Errorf("%s can be changed by others (mode %04o)", path, mode), "chmod 600 "+path)
	case mode&0o004 != 0 || own && mode&0o040 != 0:
		return withHint(fmt.Errorf("%s can be read by others (mode %04o)", path, mode), "chmod 600 "+path)
	}
	return nil
}

// writePrivate puts a file that only its owner can read in place of path, at
// once and for good. Like is a file to take owner and mode from; nil: ours.
func writePrivate(path, text string, like fs.FileInfo) error {
	temp, err := tempPrivate(path, text, like)
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDirectory(filepath.Dir(path))
}

// createPrivate writes a file that only its owner can read, where there must be
// none: the error is fs.ErrExist otherwise.
func createPrivate(path, text string) error {
	temp, err := tempPrivate(path, text, nil)
	if err != nil {
		return err
	}
	if err := errors.Join(os.Link(temp, path), os.Remove(temp)); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// tempPrivate writes a file beside path and returns its name.
func tempPrivate(path, text string, like fs.FileInfo) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return "", err
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err := f.WriteString(text); err != nil {
		return "", err
	}
	if like != nil {
		if err := takeAfter(f, like); err != nil {
			return "", err
		}
	}
	return f.Name(), f.Sync()
}

// takeAfter gives a file the owner and mode of another: who runs a command as
// root must not lock the server out.
func takeAfter(f *os.File, like fs.FileInfo) error {
	if s, ok := like.Sys().(*syscall.Stat_t); ok && (int(s.Uid) != os.Geteuid() || int(s.Gid) != os.Getegid()) {
		if err := f.Chown(int(s.Uid), int(s.Gid)); err != nil {
			return err
		}
	}
	return f.Chmod(like.Mode().Perm())
}

// syncDirectory makes a new name last. Some file systems cannot sync a
// directory and say EINVAL; there is nothing more to do on them.
func syncDirectory(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return err
	}
	defer d.Close()
	if err := d.Sync(); err != nil && !errors.Is(err, syscall.EINVAL) {
		return err
	}
	return nil
}
