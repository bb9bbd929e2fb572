package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"net/url"
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

// connect returns a pool of connections to the database file.
func connect(path string, m mode) (*sql.DB, error) {
	options := url.Values{
		"_busy_timeout": {"5000"}, // ms
		"_journal_mode": {"WAL"},
		"_synchronous":  {"FULL"},
		"_pragma": {
			fmt.Sprintf("cache_size(-%d)", m.cacheKiB),
			"mmap_size(0)",
			"cell_size_check(on)",         // a damaged page is noticed as soon as it is read
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
