package journal

import (
	"context"
	"database/sql"

	"github.com/portreeve/portreeve/internal/event"
)

// Advance implements [Journal].
func (s *SQLite) Advance(ctx context.Context, reader string, to event.Cursor, notes ...event.Note) error {
	if err := s.tail.alive(ctx); err != nil {
		return err
	}
	seq, err := s.tail.place(to)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		stmt := tx.StmtContext(ctx, s.q.advance)
		if _, err := stmt.ExecContext(ctx, summed(reader, seq)...); err != nil {
			return err
		}
		return s.remember(ctx, tx, reader, notes)
	})
	return maybe("commit position of "+reader, err)
}

// remember writes a reader's notes, in order.
func (s *SQLite) remember(ctx context.Context, tx *sql.Tx, reader string, notes []event.Note) error {
	if len(notes) == 0 {
		return nil
	}
	note, forget := tx.StmtContext(ctx, s.q.note), tx.StmtContext(ctx, s.q.forget)
	for _, n := range notes {
		var err error
		if n.Value == nil {
			_, err = forget.ExecContext(ctx, reader, n.Key)
		} else {
			_, err = note.ExecContext(ctx, summed(reader, n.Key, n.Value)...)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// Position implements [Journal].
func (s *SQLite) Position(ctx context.Context, reader string) (event.Cursor, error) {
	if err := s.tail.alive(ctx); err != nil {
		return "", err
	}
	found, err := readerTable.intact(s.q.position.QueryContext(ctx, reader))
	if err != nil || len(found) == 0 {
		return "", maybe("read position of "+reader, err)
	}
	return s.tail.id.cursor(found[0][1].(int64)), nil
}

// Notes implements [Journal].
func (s *SQLite) Notes(ctx context.Context, reader string) ([]event.Note, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	found, err := noteTable.intact(s.q.notes.QueryContext(ctx, reader))
	if err != nil {
		return nil, failed("read notes of "+reader, err)
	}
	list := make([]event.Note, len(found))
	for i, values := range found {
		list[i] = event.Note{Key: values[1].(string), Value: blob(values[2])}
	}
	return list, nil
}

// blob returns a value that is not nil, for nil would be none.
func blob(v any) []byte {
	b, _ := v.([]byte)
	if b == nil {
		b = []byte{}
	}
	return b
}
