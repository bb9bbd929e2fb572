package journal

import (
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"

	"golang.org/x/sys/unix"
)

// A fileLock keeps a database file to one opener. It is an flock(2) on a file
// beside the database: it ends with the process however that ends, and, unlike
// the fcntl(2) locks of SQLite, it also keeps two openers in one process apart.
type fileLock struct{ f *os.File }

// lockFile takes the lock of a database file, or says who has it.
func lockFile(database string) (*fileLock, error) {
	for {
		// A link that somebody has put there may lead anywhere.
		f, err := os.OpenFile(database+".lock", os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
		if err != nil {
			return nil, err
		}
		switch err := take(f); {
		case err == nil:
			return &fileLock{f}, nil
		case !errors.Is(err, errRemoved):
			return nil, errors.Join(err, f.Close())
		}
		f.Close()
	}
}

// errRemoved says that the former holder removed the file after we opened it:
// a lock on that is worth nothing, there is a new file now or none.
var errRemoved = errors.New("lock file was removed")

// take locks f and writes into it who holds it.
func take(f *os.File) error {
	if err := flock(f); errors.Is(err, unix.EWOULDBLOCK) {
		return fmt.Errorf("%w: %s", ErrHeld, holder(f))
	} else if err != nil {
		return fmt.Errorf("lock %s: %w", f.Name(), err)
	}
	if !inPlace(f) {
		return errRemoved
	}
	sign(f)
	return nil
}

// inPlace reports whether f's name still leads to it.
func inPlace(f *os.File) bool {
	held, err := f.Stat()
	if err != nil {
		return false
	}
	named, err := os.Lstat(f.Name())
	return err == nil && os.SameFile(held, named)
}

// release removes the file and gives the lock up, if there is one.
func (l *fileLock) release() error {
	if l == nil {
		return nil
	}
	if !inPlace(l.f) { // somebody has meddled: that file is not ours
		return l.f.Close()
	}
	return errors.Join(os.Remove(l.f.Name()), l.f.Close())
}

func flock(f *os.File) error {
	for {
		if err := unix.Flock(int(f.Fd()), unix.LOCK_EX|unix.LOCK_NB); !errors.Is(err, unix.EINTR) {
			return err
		}
	}
}

// sign writes who holds the lock. The host is there for containers that share
// a volume: their pids say nothing to each other. That is a courtesy to the
// second: a full disk does not take it, and the lock is held all the same.
func sign(f *os.File) {
	host, _ := os.Hostname()
	if f.Truncate(0) == nil {
		f.WriteAt(fmt.Appendf(nil, "%d %s\n", os.Getpid(), host), 0)
	}
}

// holder reads what sign wrote.
func holder(f *os.File) string {
	b, _ := io.ReadAll(io.NewSectionReader(f, 0, 512))
	pid, host, _ := strings.Cut(strings.TrimSpace(string(b)), " ")
	if _, err := strconv.Atoi(pid); err != nil {
		return "a process that has not said its pid yet"
	}
	if here, _ := os.Hostname(); host != here {
		return fmt.Sprintf("pid %s on host %q", pid, host)
	}
	return "pid " + pid
}
