package journal

import (
	"context"
	"errors"
	"io/fs"
	"log/slog"
	"net/url"
	"os"
	"syscall"

	sqlite3 "modernc.org/sqlite/lib"
)

// A file is a database file with what stands beside it, as a [Standby] opens
// and closes it over again. Its methods are for one goroutine at a time.
type file struct {
	path    string
	log     *slog.Logger
	lock    *fileLock // nil until it could be taken
	ballast *ballast
	long    bool // so is the write-ahead log
}

// locate returns the file that a name leads to.
func locate(path string, log *slog.Logger) (*file, error) {
	if err := guardLink(path); err != nil {
		return nil, problem(path, err)
	}
	path = resolve(path)
	return &file{path: path, log: log, ballast: ballastOf(path, log)}, nil
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
	size, err := inspect(f.path)
	if errors.Is(err, ErrNoDatabase) {
		err = diagnose(ctx, f.path, err)
	}
	if err != nil {
		return nil, err
	}
	s := &SQLite{path: f.path, turn: make(chan struct{}, 1)}
	if err := s.connect(ctx, size, f.log); err != nil {
		return nil, diagnose(ctx, f.path, errors.Join(err, s.disconnect()))
	}
	return s, nil
}

// take takes the lock of the file, unless it has been already.
func (f *file) take() error {
	if f.lock != nil {
		return nil
	}
	err := guard(f.path)
	if err != nil {
		return err
	}
	f.lock, err = lockFile(f.path)
	return err
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

// detach closes what attach has opened, if anything; the lock stays.
func (f *file) detach(s *SQLite) error {
	if s == nil {
		return nil
	}
	return s.Close()
}

// release gives up the lock.
func (f *file) release() error {
	lock := f.lock
	f.lock = nil
	return lock.release()
}

// exists reports whether there is something in the file.
func (f *file) exists() bool {
	info, err := os.Stat(f.path)
	return err == nil && info.Mode().IsRegular() && info.Size() > 0
}

// removed reports whether the file has gone. What is open can still be written
// and read, and goes with the end of the process.
func (f *file) removed() bool {
	_, err := os.Lstat(f.path)
	return errors.Is(err, fs.ErrNotExist)
}

// longLog is more than a write-ahead log grows to, in bytes, unless somebody
// reads one state of the database all the while: nothing can be folded then.
const longLog = 64 << 20

// watchLog says that the write-ahead log has grown, once.
func (f *file) watchLog() {
	info, err := os.Stat(f.path + "-wal")
	long := err == nil && info.Size() > longLog
	if long && !f.long {
		f.log.Warn("the journal's write-ahead log grows: another program has been reading the database for long; end that", "file", f.path+"-wal", "MiB", info.Size()>>20)
	}
	f.long = long
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
