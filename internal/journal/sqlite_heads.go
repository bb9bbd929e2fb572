package journal

import (
	"context"
	"database/sql"

	"github.com/portreeve/portreeve/internal/event"
)

// headsOf finds the newest entries of the streams from one name to another. It
// leaps from stream to stream in the index and passes by all older entries.
var headsOf = `
	WITH RECURSIVE s (name) AS (
		SELECT (SELECT min(stream) FROM entry WHERE stream >= ?1 AND stream < ?2)
		UNION ALL
		SELECT (SELECT min(stream) FROM entry WHERE stream > name AND stream < ?2) FROM s WHERE name IS NOT NULL
	) ` + entryTable.find() + `
	WHERE seq IN (SELECT (SELECT seq FROM entry WHERE stream = name ORDER BY number DESC LIMIT 1) FROM s)
	ORDER BY stream`

// Heads implements [Journal].
func (s *SQLite) Heads(ctx context.Context, prefix string) ([]event.Entry, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	rows, err := scanAll(s.q.heads.QueryContext(ctx, prefix, after(prefix)))
	if err != nil {
		return nil, failed("read heads of "+prefix, err)
	}
	return entriesOf(rows)
}

// after returns the least text that is greater than all that begin with a
// prefix, as databases compare: byte by byte.
func after(prefix string) string {
	b := []byte(prefix)
	for len(b) > 0 && b[len(b)-1] == 0xff {
		b = b[:len(b)-1]
	}
	if len(b) == 0 {
		return "\xff\xff" // no UTF-8 goes so far
	}
	b[len(b)-1]++
	return string(b)
}

// Adopt implements [Journal].
func (s *SQLite) Adopt(ctx context.Context, entries []event.Entry) error {
	rows, err := encodeHeads(entries)
	if err != nil {
		return err
	}
	var last int64
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		t := s.within(ctx, tx)
		if last, err = t.end(); err != nil {
			return err
		}
		if last > 0 {
			return ErrNotEmpty
		}
		last, err = adopt(t, rows)
		return err
	})
	if err != nil {
		return failed("adopt entries", err)
	}
	s.tail.advance(last)
	return nil
}
