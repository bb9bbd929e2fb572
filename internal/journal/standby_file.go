package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"syscall"

	"golang.org/x/sys/unix"
	sqlite3 "modernc.org/sqlite/lib"
)

// A file is a database file with what stands beside it, as a [Standby] opens
// and closes it over again. Its methods are for one goroutine at a time.
type file struct {
	path    string
	log     *slog.Logger
	lock    *fileLock // nil until it could be taken
	ballast *ballast
}

func newFile(path string, log *slog.Logger) *file {
	return &file{path: path, log: log, ballast: ballastOf(path, log)}
}

// attach opens the file for writing, and creates it when missing. A full disk
// is given the ballast.
func (f *file) attach(ctx context.Context) (*SQLite, error) {
	s, err := f.tryAttach(ctx)
	if err != nil && f.full(err) && f.ballast.drop() {
		s, err = f.tryAttach(ctx)
	}
	return s, err
}

func (f *file) tryAttach(ctx context.Context) (*SQLite, error) {
	if err := f.take(); err != nil {
		return nil, err
	}
	found, err := inspect(f.path)
	if err != nil {
		return nil, err
	}
	s := &SQLite{path: f.path, turn: make(chan struct{}, 1)}
	if err := s.open(ctx, found, f.log); err != nil {
		return nil, errors.Join(err, s.disconnect())
	}
	return s, nil
}

// take takes the lock of the file, unless it has been already. On a full disk
// nobody can sign it; it is held all the same.
func (f *file) take() error {
	if f.lock != nil {
		return nil
	}
	err := guard(f.path)
	if err != nil {
		return err
	}
	f.lock, err = lockFile(f.path)
	if errors.Is(err, syscall.ENOSPC) {
		f.lock, err = lockUnsigned(f.path)
	}
	return err
}

// lockUnsigned is lockFile without saying who has it.
func lockUnsigned(database string) (*fileLock, error) {
	f, err := os.OpenFile(database+".lock", os.O_RDWR|os.O_CREATE|unix.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	err = flock(f)
	switch {
	case errors.Is(err, unix.EWOULDBLOCK):
		err = fmt.Errorf("%w: %s", ErrHeld, holder(f))
	case err == nil && !inPlace(f):
		err = errRemoved
	case err == nil:
		return &fileLock{f}, nil
	}
	return nil, errors.Join(err, f.Close())
}

// ways are how a file that cannot be written is opened for reading, each
// where it is safe.
var ways = []struct {
	options url.Values
	safe    func(path string) bool
}{
	// With the write-ahead log and its index in place, nothing has to be made.
	{url.Values{"mode": {"ro"}}, func(string) bool { return true }},
	// After a clean stop neither is there, and SQLite would have to make them:
	// it is told that nobody can write the file. With a log, that would leave
	// out what is in it.
	{url.Values{"mode": {"ro"}, "immutable": {"1"}}, lone},
	// With a log alone, its index can be kept in memory by one who has the file
	// to himself (https://www.sqlite.org/wal.html#noshm).
	{url.Values{"_pragma": {"locking_mode(EXCLUSIVE)"}}, func(path string) bool { return !lone(path) }},
}

// lone reports whether nothing but the file itself holds what was written.
func lone(path string) bool {
	for _, suffix := range []string{"-wal", "-journal"} {
		info, err := os.Stat(path + suffix)
		if err == nil && info.Size() > 0 || err != nil && !errors.Is(err, fs.ErrNotExist) {
			return false
		}
	}
	return true
}

// attachReadOnly opens a file that cannot be written as it is.
func (f *file) attachReadOnly(ctx context.Context) (*SQLite, error) {
	var errs []error
	for _, way := range ways {
		if !way.safe(f.path) {
			continue
		}
		s := &SQLite{path: f.path, turn: make(chan struct{}, 1)}
		err := s.openReadOnly(ctx, way.options)
		if err == nil {
			return s, nil
		}
		errs = append(errs, err, s.disconnect())
	}
	return nil, errors.Join(errs...)
}

// openReadOnly connects to the database without changing anything: every write
// is refused with an error that [Storage] knows.
func (s *SQLite) openReadOnly(ctx context.Context, options url.Values) (err error) {
	m := mode{connections: 1, cacheKiB: 128, options: url.Values{"_journal_mode": nil, "_query_only": {"on"}}}
	for k, v := range options {
		m.options[k] = v
	}
	if s.reader, err = connect(s.path, m); err != nil {
		return err
	}
	s.writer = s.reader
	if err := s.q.prepare(ctx, s.writer, s.reader); err != nil {
		return err
	}
	s.tail, err = readTail(ctx, s.reader)
	return err
}

// detach closes what attach has opened; the lock stays.
func (f *file) detach(s *SQLite) error {
	if s == nil {
		return nil
	}
	s.tail.close()
	s.turn <- struct{}{} // for good
	return s.disconnect()
}

// disconnect closes the connections to the database.
func (s *SQLite) disconnect() error {
	var errs []error
	for _, db := range []*sql.DB{s.reader, s.writer} {
		if db != nil {
			errs = append(errs, db.Close()) // twice for one that does both is fine
		}
	}
	return errors.Join(errs...)
}

// release gives up the lock.
func (f *file) release() error {
	if f.lock == nil {
		return nil
	}
	lock := f.lock
	f.lock = nil
	return lock.release()
}

// exists reports whether there is something in the file.
func (f *file) exists() bool {
	info, err := os.Stat(f.path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// full reports whether an error comes of a disk without space. SQLite says so
// of the database and its log; of the log's index, it says that I/O failed.
func (f *file) full(err error) bool {
	switch resultCode(err) {
	case sqlite3.SQLITE_FULL:
		return true
	case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_CANTOPEN:
		return f.ballast.short()
	}
	return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT)
}
