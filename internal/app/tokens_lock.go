package app

import (
	"errors"
	"io/fs"
	"os"
	"syscall"
)

// lockFile opens a file and locks it until it is closed. The file that path
// names may be replaced while we wait: then the lock is on an old one, and it
// begins again.
func lockFile(path string) (*os.File, error) {
	for {
		f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
		if err != nil {
			return nil, err
		}
		if err := flock(f); err != nil {
			return nil, errors.Join(err, f.Close())
		}
		held, err := f.Stat()
		if err != nil {
			return nil, errors.Join(err, f.Close())
		}
		now, err := os.Stat(path)
		if err == nil && os.SameFile(held, now) {
			return f, nil
		}
		if f.Close(); err != nil {
			return nil, err
		}
	}
}

// A besideLock keeps others from making a file that is not there yet: it is an
// flock(2) on a file beside it, and ends with the process however that ends.
type besideLock struct{ f *os.File }

// lockSuffix ends the name of the file that is locked while another is made.
const lockSuffix = ".lock"

// lockBeside waits for its turn to make the file that path names.
func lockBeside(path string) (besideLock, error) {
	for {
		// A link that somebody has put there may lead anywhere.
		f, err := os.OpenFile(path+lockSuffix, os.O_RDONLY|os.O_CREATE|syscall.O_NOFOLLOW|syscall.O_NONBLOCK, 0o600)
		if err != nil {
			return besideLock{}, unwritable(path, err)
		}
		if err := flock(f); err != nil {
			return besideLock{}, errors.Join(err, f.Close())
		}
		held, err := f.Stat()
		if err != nil {
			return besideLock{}, errors.Join(err, f.Close())
		}
		// Who held the lock before us has removed the file: ours is then on none.
		if now, err := os.Lstat(f.Name()); err == nil && os.SameFile(held, now) {
			return besideLock{f}, nil
		} else if f.Close(); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return besideLock{}, err
		}
	}
}

// release removes the file and gives the lock up. A file that cannot be
// removed bars nobody.
func (l besideLock) release() {
	_ = os.Remove(l.f.Name())
	l.f.Close()
}

// flock waits for the lock of a file.
func flock(f *os.File) error {
	for {
		if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); !errors.Is(err, syscall.EINTR) {
			return err
		}
	}
}
