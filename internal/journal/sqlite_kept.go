package journal

import (
	"context"
	"database/sql"

	"github.com/portreeve/portreeve/internal/event"
)

// Keep implements [Journal].
func (s *SQLite) Keep(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	var next int64
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		have, err := keptIn(tx.StmtContext(ctx, s.q.wish).QueryContext(ctx, key))
		if err != nil {
			return err
		}
		if len(have) == 0 && revision != 0 || len(have) > 0 && revision != have[0].Revision {
			return ErrRevision
		}
		if len(have) > 0 {
			if _, err := tx.StmtContext(ctx, s.q.unwish).ExecContext(ctx, key); err != nil {
				return err
			}
		}
		if value == nil {
			return nil
		}
		if err := tx.StmtContext(ctx, s.q.revision).QueryRowContext(ctx).Scan(&next); err != nil {
			return err
		}
		_, err = tx.StmtContext(ctx, s.q.keep).ExecContext(ctx, summed(next, key, value)...)
		return err
	})
	if err != nil {
		return 0, failed("keep "+key, err)
	}
	return uint64(next), nil
}

// Kept implements [Journal].
func (s *SQLite) Kept(ctx context.Context, prefix string) ([]event.Kept, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	all, err := keptIn(s.q.kept.QueryContext(ctx, prefix, after(prefix)))
	return all, maybe("read what is kept under "+prefix, err)
}

// keptIn returns what a query finds.
func keptIn(rows *sql.Rows, err error) ([]event.Kept, error) {
	found, err := keptTable.intact(rows, err)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	all := make([]event.Kept, len(found))
	for i, values := range found {
		all[i] = event.Kept{Revision: uint64(values[0].(int64)), Key: values[1].(string), Value: blob(values[2])}
	}
	return all, nil
}
