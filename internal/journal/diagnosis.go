package journal

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/url"
	"os"
)

// diagnose returns what an error in opening a database comes from. Where the
// reason is not around it, the file itself is damaged: an [ErrCorrupt] if it
// ever was a journal, and never one if it is another program's, for nobody may
// move that away. SQLite must have closed the file, as it is opened here.
func diagnose(ctx context.Context, path string, err error) error {
	switch {
	case errors.Is(err, ErrNewer), ctx.Err() != nil, Storage(err):
		return err
	case ours(path) && errors.Is(err, ErrCorrupt):
		return err
	case ours(path):
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	case corrupt(err):
		return fmt.Errorf("%w that is whole: %v", ErrNoDatabase, err)
	}
	return err
}

// ours reports whether a file that cannot be opened was once a journal of
// portreeve's. Whatever is damaged, the text of our schema is somewhere in a
// journal, more than once; reading all of it is the price of finding it. That
// there is a table for the versions of our schema says nothing: one is left
// behind in another program's database that was refused.
func ours(path string) bool { return mentions(path) || mentions(path+"-wal") }

// marks stand in the SQL of our first migration, word for word, and in no
// other database: SQLite keeps it as it was written, comments included
// (https://www.sqlite.org/schematab.html).
var marks = [...][]byte{
	[]byte("-- 16 hexadecimal digits"),
	[]byte("-- check/NAME or ports/HOST"),
	[]byte("-- the host that saw it"),
}

// mentions reports whether one of the marks is in a file.
func mentions(path string) bool {
	f, err := os.Open(path)
	if err != nil {
		return false
	}
	defer f.Close()
	const overlap = 64 // more than the longest mark
	window := make([]byte, 1<<20)
	kept := 0
	for {
		n, err := io.ReadFull(f, window[kept:])
		for _, mark := range marks {
			if bytes.Contains(window[:kept+n], mark) {
				return true
			}
		}
		if err != nil {
			return false
		}
		kept = copy(window, window[len(window)-overlap:])
	}
}

// errShared says why a damaged database stays where it is: whoever else works
// with it would find it gone.
var errShared = errors.New("another program has tables in it")

// stays returns why a damaged journal may not be moved aside, if so, as far as
// that can be read. What a damaged name is has not been created under it.
func stays(ctx context.Context, path string) error {
	db, err := connect(path, mode{connections: 1, cacheKiB: 64, options: url.Values{"mode": {"ro"}, "_journal_mode": nil, "_query_only": {"on"}}})
	if err != nil {
		return nil
	}
	defer db.Close()
	const others = `SELECT count(*) FROM sqlite_schema WHERE type = 'table' AND instr(sql, name) > 0
		AND name NOT IN ('entry', 'journal', 'reader') AND substr(name, 1, 7) <> 'sqlite_' AND substr(name, 1, 10) <> 'portreeve_'`
	var n int
	if err := db.QueryRowContext(ctx, others).Scan(&n); err != nil || n == 0 {
		return nil
	}
	return errShared
}
