package journal

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/portreeve/portreeve/internal/event"
)

// queries are a journal's prepared statements, so that none is parsed twice.
type queries struct {
	// on the writer
	newest, newestOf, stored, said, insert *sql.Stmt // entries
	advance, note, forget                  *sql.Stmt // readers
	wish, unwish, keep, revision           *sql.Stmt // what is kept
	counted, within, count                 *sql.Stmt // response times
	// on the readers
	read, recent, head, heads, position, notes, kept, latency *sql.Stmt
}

// ofStream finds the newest entry of a stream.
const ofStream = `WHERE stream = ? ORDER BY number DESC LIMIT 1`

func (q *queries) prepare(ctx context.Context, writer, reader *sql.DB) error {
	for _, s := range []struct {
		stmt **sql.Stmt
		db   *sql.DB
		text string
	}{
		{&q.newest, writer, `SELECT coalesce(max(seq), 0) FROM entry`},
		{&q.newestOf, writer, entryTable.find() + ofStream},
		{&q.stored, writer, entryTable.find() + `WHERE stream = ? AND number = ?`},
		{&q.said, writer, entryTable.find() + `WHERE check_name = ? AND healthy IS NOT NULL ORDER BY seq DESC LIMIT 1`},
		{&q.insert, writer, entryTable.insert()},
		{&q.advance, writer, readerTable.insert() + `ON CONFLICT (name) DO UPDATE SET seq = excluded.seq, sum = excluded.sum`},
		{&q.note, writer, noteTable.insert() + `ON CONFLICT (reader, key) DO UPDATE SET value = excluded.value, sum = excluded.sum`},
		{&q.forget, writer, `DELETE FROM portreeve_note WHERE reader = ? AND key = ?`},
		{&q.wish, writer, keptTable.find() + `WHERE key = ?`},
		{&q.unwish, writer, `DELETE FROM portreeve_kept WHERE key = ?`},
		{&q.keep, writer, keptTable.insert()},
		{&q.revision, writer, `SELECT 1 + max(coalesce((SELECT max(revision) FROM portreeve_kept), 0),
			coalesce((SELECT seq FROM sqlite_sequence WHERE name = 'portreeve_kept'), 0))`},
		{&q.counted, writer, latencyTable.find() + `WHERE check_name = ? AND at = ? AND span = ?`},
		{&q.within, writer, `DELETE FROM portreeve_latency WHERE check_name = ? AND at >= ? AND at + span <= ? AND span < ?`},
		{&q.count, writer, latencyTable.insert() + `ON CONFLICT (check_name, at, span) DO UPDATE SET sketch = excluded.sketch, sum = excluded.sum`},
		{&q.read, reader, entryTable.find() + `WHERE seq > ? ORDER BY seq LIMIT ?`},
		{&q.recent, reader, entryTable.find() + `WHERE seq IN (SELECT seq FROM entry ORDER BY seq DESC LIMIT ?) ORDER BY seq`},
		{&q.head, reader, entryTable.find() + ofStream},
		{&q.position, reader, readerTable.find() + `WHERE name = ?`},
		{&q.notes, reader, noteTable.find() + `WHERE reader = ? ORDER BY key`},
		{&q.heads, reader, headsOf},
		{&q.kept, reader, keptTable.find() + `WHERE key >= ? AND key < ? ORDER BY key`},
		{&q.latency, reader, latencyTable.find() + `WHERE check_name = ? AND at >= ? AND at < ? ORDER BY at, span`},
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
		return nil, failed("read journal", err)
	}
	if n := len(found); n > 0 {
		s.tail.advance(found[n-1].seq) // Append may be about to say so
	}
	return s.tail.record(found)
}

// Head implements [Journal].
func (s *SQLite) Head(ctx context.Context, stream string) (event.Entry, bool, error) {
	if err := s.tail.alive(ctx); err != nil {
		return event.Entry{}, false, err
	}
	r, ok, err := one(s.q.head.QueryContext(ctx, stream))
	if err != nil || !ok {
		return event.Entry{}, false, maybe("read head of "+stream, err)
	}
	e, err := r.entry()
	return e, err == nil, err
}
