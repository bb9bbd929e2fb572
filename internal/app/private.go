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

// A trust says whose files with secrets are trusted. A file must not be changed
// by anybody but its owner, nor read by anybody but its owner and, if it is
// root's, a group that root gives it to. The owner is what counts: who may write
// in the directory can put another file there, but none that is root's or of
// another user.
type trust struct {
	uid     int  // whose files are, besides root's
	anyUser bool // all are: root acts on behalf of another
}

// trustForServe trusts the files of the user that we run as.
func trustForServe() trust { return trust{uid: os.Geteuid()} }

// trustForAdmin is trustForServe, but root may change the files of everybody:
// those of the user that serve runs as.
func trustForAdmin() trust { return trust{uid: os.Geteuid(), anyUser: os.Geteuid() == 0} }

func openPrivate(path string) (*os.File, error) {
	return os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0) // a pipe must not keep us waiting
}

// readPrivate reads a file that is to be trusted.
func readPrivate(f *os.File, who trust) (string, fileState, error) {
	info, err := f.Stat()
	if err != nil {
		return "", fileState{}, err
	}
	if err := who.check(f.Name(), info); err != nil {
		return "", stateIn(info), err
	}
	text, err := io.ReadAll(io.LimitReader(f, maxPrivate+1))
	if err == nil && len(text) > maxPrivate {
		err = fmt.Errorf("%s is larger than %d bytes", f.Name(), maxPrivate)
	}
	return string(text), stateIn(info), err
}

// check tells why what is in a file cannot be trusted.
func (t trust) check(path string, info fs.FileInfo) error {
	if !info.Mode().IsRegular() {
		return fmt.Errorf("%s is no regular file", path)
	}
	owner := -1
	if s, ok := info.Sys().(*syscall.Stat_t); ok {
		owner = int(s.Uid)
	}
	mode := info.Mode().Perm()
	group := owner == 0 && (t.uid != 0 || t.anyUser) // it may read
	switch {
	case owner != t.uid && owner != 0 && !t.anyUser:
		return withHint(fmt.Errorf("%s belongs to another user (uid %d), who could change it", path, owner), t.hintOfOwner(path))
	case mode&0o022 != 0:
		return withHint(fmt.Errorf("%s can be changed by others (mode %04o)", path, mode), t.hintOfMode(path, group))
	case mode&0o004 != 0 || mode&0o040 != 0 && !group:
		return withHint(fmt.Errorf("%s can be read by others (mode %04o)", path, mode), t.hintOfMode(path, group))
	}
	return nil
}

// hintOfOwner says how another user's file becomes one to be trusted.
func (t trust) hintOfOwner(path string) string {
	return fmt.Sprintf("run portreeve as that user; or, if serve is to run as this one: chown %d %s", t.uid, path)
}

// hintOfMode says how a file is closed to others, but not to serve: one of
// root's is read by the group of the user that serve runs as.
func (t trust) hintOfMode(path string, group bool) string {
	switch {
	case !group:
		return "chmod 600 " + path
	case t.uid == 0:
		return fmt.Sprintf("chmod 640 %s, and chgrp it to a group that only the user that serve runs as is in", path)
	}
	return fmt.Sprintf("chgrp %d %s && chmod 640 %[2]s", os.Getegid(), path)
}

// writePrivate puts a file that only its owner can read in place of path, at
// once and for good. Like is a file to take owner and mode from; nil: ours.
func writePrivate(path, text string, like fs.FileInfo) error {
	temp, err := tempPrivate(path, text, func(f *os.File) error { return takeAfter(f, like) })
	if err != nil {
		return err
	}
	if err := os.Rename(temp, path); err != nil {
		return errors.Join(err, os.Remove(temp))
	}
	return syncDirectory(filepath.Dir(path))
}

// createPrivate writes a file that only its owner can read, where there must be
// none: the error is fs.ErrExist otherwise. Owner is what to take the owner
// from; nil: it is ours.
func createPrivate(path, text string, owner fs.FileInfo) error {
	temp, err := tempPrivate(path, text, func(f *os.File) error { return giveTo(f, owner) })
	if err != nil {
		return err
	}
	if err := errors.Join(os.Link(temp, path), os.Remove(temp)); err != nil {
		return err
	}
	return syncDirectory(filepath.Dir(path))
}

// tempPrivate writes a file beside path and returns its name. Dress gives it
// its owner and mode.
func tempPrivate(path, text string, dress func(*os.File) error) (name string, err error) {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if err != nil {
		return "", unwritable(path, err)
	}
	defer func() {
		if err = errors.Join(err, f.Close()); err != nil {
			os.Remove(f.Name())
		}
	}()
	if _, err := f.WriteString(text); err != nil {
		return "", err
	}
	if err := dress(f); err != nil {
		return "", err
	}
	return f.Name(), f.Sync()
}

// unwritable says that nothing can be made beside path: the name of what was to
// be made there would tell nobody anything.
func unwritable(path string, err error) error {
	if inner, ok := errors.AsType[*fs.PathError](err); ok {
		err = inner.Err
	}
	return withHint(fmt.Errorf("%s cannot be written, for its directory %s: %w", path, filepath.Dir(path), err),
		"run it as a user who may write there, or name another file: --file of token, auth.tokens_file of serve")
}

// takeAfter gives a file the owner and mode of another, if any: who runs a
// command as root must not lock the server out.
func takeAfter(f *os.File, like fs.FileInfo) error {
	if like == nil {
		return nil
	}
	if err := giveTo(f, like); err != nil {
		return err
	}
	return f.Chmod(like.Mode().Perm())
}

// giveTo gives a file the owner and group of another, if any.
func giveTo(f *os.File, like fs.FileInfo) error {
	if like == nil {
		return nil
	}
	s, ok := like.Sys().(*syscall.Stat_t)
	if !ok || int(s.Uid) == os.Geteuid() && int(s.Gid) == os.Getegid() {
		return nil
	}
	return f.Chown(int(s.Uid), int(s.Gid))
}

// ownerOfDirectory returns, to root alone, what has the owner of what is made
// beside path: the directory. It is nil where that is ours or not to be told.
func ownerOfDirectory(path string) fs.FileInfo {
	info, err := os.Stat(filepath.Dir(path))
	if err != nil || os.Geteuid() != 0 {
		return nil
	}
	if s, ok := info.Sys().(*syscall.Stat_t); !ok || s.Uid == 0 {
		return nil
	}
	return info
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
