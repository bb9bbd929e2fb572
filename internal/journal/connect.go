package journal

import (
	"bytes"
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
	"path/filepath"
	"syscall"
)

// minVersion is the first release of SQLite without the bug that could corrupt
// a database when its write-ahead log is reset
// (https://www.sqlite.org/wal.html#walresetbug).
var minVersion = [3]int{3, 51, 3}

// A mode is what a pool of connections is for.
type mode struct {
	connections int
	cacheKiB    int
	options     url.Values
}

var (
	writing = mode{connections: 1, cacheKiB: 512, options: url.Values{"_txlock": {"immediate"}}}
	reading = mode{connections: 2, cacheKiB: 128, options: url.Values{"_query_only": {"on"}}}
)

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
func claim(path string) (lock *fileLock, err error) {
	if info, err := os.Stat(path); err == nil && info.IsDir() {
		return nil, &os.PathError{Op: "open", Path: path, Err: syscall.EISDIR}
	}
	if lock, err = lockFile(path); err != nil {
		return nil, err
	}
	if err := inspect(path); err != nil {
		return nil, errors.Join(err, lock.release())
	}
	return lock, nil
}

// inspect must be done before SQLite opens the file: closing it later would
// drop the locks that SQLite has taken in this process (fcntl(2)).
func inspect(path string) error {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	defer f.Close()
	// https://www.sqlite.org/fileformat.html#magic_header_string
	magic := []byte("SQLite format 3\x00")
	head, err := io.ReadAll(io.LimitReader(f, int64(len(magic))))
	if err != nil {
		return err
	}
	if len(head) > 0 && !bytes.Equal(head, magic) {
		return ErrNoDatabase
	}
	return nil
}

// connect returns a pool of connections to the database file.
func connect(path string, m mode) (*sql.DB, error) {
	options := url.Values{
		"_busy_timeout": {"5000"}, // ms
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_pragma": {
			fmt.Sprintf("cache_size(-%d)", m.cacheKiB),
			"mmap_size(0)",
			"journal_size_limit(4194304)", // bytes of the write-ahead log, once it has been folded in
		},
		"_defensive": {"1"},
		"_dqs":       {"0"},
		"_error_rc":  {"1"},
	}
	for k, v := range m.options {
		options[k] = v
	}
	dsn := url.URL{Scheme: "file", Path: path, RawQuery: options.Encode()}
	db, err := sql.Open("sqlite", dsn.String())
	if err != nil {
		return nil, err
	}
	db.SetMaxOpenConns(m.connections)
	db.SetMaxIdleConns(m.connections)
	return db, nil
}

// checkVersion refuses an SQLite that could damage the journal.
func checkVersion(ctx context.Context, db *sql.DB) error {
	var text string
	if err := db.QueryRowContext(ctx, `SELECT sqlite_version()`).Scan(&text); err != nil {
		return err
	}
	if !recent(text) {
		return errors.New("this portreeve was built with SQLite " + text + ", which is too old to be trusted")
	}
	return nil
}

// recent reports whether a version of SQLite is minVersion or later.
func recent(version string) bool {
	var v [3]int
	if _, err := fmt.Sscanf(version, "%d.%d.%d", &v[0], &v[1], &v[2]); err != nil {
		return false
	}
	for i := range v {
		if v[i] != minVersion[i] {
			return v[i] > minVersion[i]
		}
	}
	return true
}
