package mirror

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/portreeve/portreeve/internal/event"
)

// errMoved says that the mirror's place is not where this session left it.
var errMoved = fmt.Errorf("%w: the place has moved", ErrFenced)

// write adds the first of entries, as many as one transaction may have, and
// moves the place behind them, as one.
func (s *session) write(ctx context.Context, entries []event.Recorded) error {
	rows, err := rowsOf(entries)
	if err != nil {
		return err
	}
	to := entries[len(rows)-1].Cursor
	err = s.add(ctx, to, rows)
	if s.dialect.duplicate(err) {
		clear(s.up)
		rows, err = s.addMissing(ctx, to, rows)
	}
	if err != nil {
		return err
	}
	s.place, s.at = to, to
	s.mirror.wrote(len(rows), to)
	return nil
}

// add adds rows, none of which may be there.
func (s *session) add(ctx context.Context, to event.Cursor, rows []row) error {
	return s.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.fence(ctx, tx); err != nil {
			return err
		}
		return s.insert(ctx, tx, to, rows)
	})
}

// addMissing adds those rows that are not there, and refuses to when another
// one is in the place of any. It returns the rows that it has added.
func (s *session) addMissing(ctx context.Context, to event.Cursor, rows []row) (missing []row, err error) {
	err = s.transact(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if err := s.fence(ctx, tx); err != nil {
			return err
		}
		stored, err := s.stored(ctx, tx, rows)
		if err != nil {
			return err
		}
		missing = missing[:0]
		for _, r := range rows {
			there, ok := stored[r.key()]
			if ok && !there.same(r) {
				return fmt.Errorf("%w: another %s/%d", ErrConflict, r.stream, r.number)
			}
			if !ok {
				missing = append(missing, r)
			}
		}
		return s.insert(ctx, tx, to, missing)
	})
	return missing, err
}

// fence makes sure that nobody else has written since this session did.
func (s *session) fence(ctx context.Context, tx *sql.Tx) error {
	p, ok, err := s.read(ctx, tx, forUpdate)
	switch {
	case err != nil:
		return err
	case !ok || p.journal != s.journal || p.writer != s.mirror.token:
		return ErrFenced
	case p.place != s.place:
		return errMoved
	}
	return nil
}

// insert adds rows and moves the place.
func (s *session) insert(ctx context.Context, tx *sql.Tx, to event.Cursor, rows []row) error {
	if err := s.judge(ctx, tx, rows); err != nil {
		return err
	}
	if len(rows) > 0 {
		values := make([][]any, len(rows))
		for i, r := range rows {
			values[i] = r.values()
		}
		query, args := s.dialect.insert(values)
		if _, err := tx.ExecContext(ctx, query, args...); err != nil {
			return err
		}
	}
	_, err := tx.ExecContext(ctx, s.dialect.bind(`UPDATE portreeve_mirror SET place = ? WHERE id = 1`), string(to))
	return err
}

// stored returns those rows that are there under the keys of others.
func (s *session) stored(ctx context.Context, tx *sql.Tx, rows []row) (map[string]row, error) {
	var args []any
	for _, r := range rows {
		args = append(args, r.stream, r.number)
	}
	query := `SELECT ` + recordColumns + ` FROM portreeve_entry WHERE (stream, number) IN ((?, ?)` + strings.Repeat(", (?, ?)", len(rows)-1) + `)`
	found, err := scanAll(tx.QueryContext(ctx, s.dialect.bind(query), args...))
	if err != nil {
		return nil, err
	}
	stored := map[string]row{}
	for _, r := range found {
		stored[r.key()] = r
	}
	return stored, nil
}

// key names a row.
func (r row) key() string { return fmt.Sprintf("%s/%d", r.stream, r.number) }

// rowsOf returns the rows of the first entries, as many as one transaction may
// have.
func rowsOf(entries []event.Recorded) (rows []row, err error) {
	size := 0
	for _, e := range entries {
		r, err := rowOf(e.Entry)
		if err != nil {
			return nil, err
		}
		if size += len(r.body); size > batchBytes && len(rows) > 0 {
			break
		}
		rows = append(rows, r)
	}
	return rows, nil
}

func scanAll(found *sql.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	defer found.Close()
	var all []row
	for found.Next() {
		r, err := scan(found)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, found.Err()
}
