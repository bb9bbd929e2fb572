package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/portreeve/portreeve/internal/event"
)

// queries are a journal's prepared statements: all that it ever runs, so none
// is parsed twice and none is kept besides.
type queries struct {
	number, stored, insert, advance *sql.Stmt // on the writer
	read, recent, head, position    *sql.Stmt // on the readers
}

const columns = `seq, stream, number, at, observer, body`

func (q *queries) prepare(ctx context.Context, writer, reader *sql.DB) error {
	for _, s := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		text string
	}{
		{&q.number, writer, `SELECT coalesce(max(number), 0) FROM entry WHERE stream = ?`},
		{&q.stored, writer, `SELECT ` + columns + ` FROM entry WHERE stream = ? AND number = ?`},
		{&q.insert, writer, `INSERT INTO entry (stream, number, at, observer, body, kind, check_name, from_status, to_status,
			reason, proto, port, service, pid) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`},
		{&q.advance, writer, `INSERT INTO reader (name, seq) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET seq = excluded.seq`},
		{&q.read, reader, `SELECT ` + columns + ` FROM entry WHERE seq > ? ORDER BY seq LIMIT ?`},
		{&q.recent, reader, `SELECT * FROM (SELECT ` + columns + ` FROM entry ORDER BY seq DESC LIMIT ?) ORDER BY seq`},
		{&q.head, reader, `SELECT ` + columns + ` FROM entry WHERE stream = ? ORDER BY number DESC LIMIT 1`},
		{&q.position, reader, `SELECT seq FROM reader WHERE name = ?`},
	} {
		var err error
		if *s.stmt, err = s.db.PrepareContext(ctx, s.text); err != nil {
			return fmt.Errorf("prepare %q: %w", s.text, err)
		}
	}
	return nil
}

// Read implements [Journal].
func (s *SQLite) Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	seq, err := s.tail.place(after)
	if err != nil {
		return nil, err
	}
	return s.recorded(ctx, s.q.read, seq, bounded(limit))
}

// Recent implements [Journal].
func (s *SQLite) Recent(ctx context.Context, limit int) ([]event.Recorded, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	return s.recorded(ctx, s.q.recent, bounded(limit))
}

// recorded returns the entries that a query finds.
func (s *SQLite) recorded(ctx context.Context, stmt *sql.Stmt, args ...any) ([]event.Recorded, error) {
	found, err := scanAll(stmt.QueryContext(ctx, args...))
	if err != nil {
		return nil, fmt.Errorf("read journal: %w", err)
	}
	if n := len(found); n > 0 {
		s.tail.advance(found[n-1].seq) // Append may be about to say so
	}
	return s.tail.record(found)
}

func scanAll(rows *sql.Rows, err error) ([]row, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all []row
	for rows.Next() {
		r, err := scan(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, r)
	}
	return all, rows.Err()
}

// scan reads one row of columns.
func scan(from interface{ Scan(...any) error }) (row, error) {
	var r row
	err := from.Scan(&r.seq, &r.stream, &r.number, &r.at, &r.observer, &r.body)
	return r, err
}

// Head implements [Journal].
func (s *SQLite) Head(ctx context.Context, stream string) (event.Entry, bool, error) {
	if err := s.tail.alive(ctx); err != nil {
		return event.Entry{}, false, err
	}
	r, err := scan(s.q.head.QueryRowContext(ctx, stream))
	if errors.Is(err, sql.ErrNoRows) {
		return event.Entry{}, false, nil
	}
	if err != nil {
		return event.Entry{}, false, fmt.Errorf("read head of %s: %w", stream, err)
	}
	e, err := r.entry()
	return e, err == nil, err
}

// Position implements [Journal].
func (s *SQLite) Position(ctx context.Context, reader string) (event.Cursor, error) {
	if err := s.tail.alive(ctx); err != nil {
		return "", err
	}
	var seq int64
	err := s.q.position.QueryRowContext(ctx, reader).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", fmt.Errorf("read position of %s: %w", reader, err)
	}
	return s.tail.id.cursor(seq), nil
}
