package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Bounds of what is looked at before a journal opens. [SQLite.Scrub] looks at
// the rest.
const (
	smallFile = 32 << 20 // bytes: up to here everything is
	bigCheck  = 2 * time.Second
)

// sound asks SQLite whether the file is in order: whether its pages belong
// together, and, in a small file, whether its indexes agree with its rows. In
// a big file it looks for two seconds.
func sound(ctx context.Context, db *sql.DB, size int64) error {
	if size <= smallFile {
		return check(ctx, db, `PRAGMA integrity_check(1)`)
	}
	brief, cancel := context.WithTimeout(ctx, bigCheck)
	defer cancel()
	err := check(brief, db, `PRAGMA quick_check(1)`)
	if brief.Err() != nil && ctx.Err() == nil && !errors.Is(err, ErrCorrupt) {
		return nil // it took too long: that says nothing
	}
	return err
}

// check runs a pragma that answers ok.
func check(ctx context.Context, db *sql.DB, pragma string) error {
	var answer string
	if err := db.QueryRowContext(ctx, pragma).Scan(&answer); err != nil {
		return fmt.Errorf("check database: %w", err)
	}
	if answer != "ok" {
		answer = strings.TrimPrefix(answer, "*** in database main ***\n")
		return fmt.Errorf("%w: %s", ErrCorrupt, strings.ReplaceAll(answer, "\n", ", "))
	}
	return nil
}

// verify reads what everything else depends on: the newest entry of every
// stream, the readers' places and notes, and what is kept. Of a small file it
// reads all the rest as well.
func (s *SQLite) verify(ctx context.Context, size int64) error {
	if _, err := entryTable.verify(s.q.heads.QueryContext(ctx, "", after(""))); err != nil {
		return err
	}
	for _, t := range []table{readerTable, noteTable, keptTable} {
		if _, err := t.verify(s.reader.QueryContext(ctx, t.find())); err != nil {
			return err
		}
	}
	if size > smallFile {
		return nil
	}
	for _, t := range []table{entryTable, latencyTable} {
		if _, err := t.verify(s.reader.QueryContext(ctx, t.find())); err != nil {
			return err
		}
	}
	return nil
}
