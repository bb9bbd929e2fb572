package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/pressly/goose/v3"
)

// fillPage is how many entries are filled in at a time.
const fillPage = 500

// fill is the migration after 00002_history.sql: it sets the new columns of
// the rows that version 1 has written, and leaves alone whatever has a checksum.
func fill() *goose.Migration {
	return goose.NewGoMigration(3, &goose.GoFunc{RunTx: func(ctx context.Context, tx *sql.Tx) error {
		f := filling{ctx: ctx, tx: tx, said: map[string]verdict{}}
		for _, step := range []func() error{f.entries, f.identity, f.readers, f.view} {
			if err := step(); err != nil {
				return err
			}
		}
		return nil
	}}, nil)
}

// A filling is the state of one fill.
type filling struct {
	ctx  context.Context
	tx   *sql.Tx
	said map[string]verdict // of checks, for the view
}

// entries fills in all entries, page by page in their order.
func (f *filling) entries() error {
	for after := int64(0); ; {
		page, err := f.page(after)
		if err != nil || len(page) == 0 {
			return err
		}
		for _, r := range page {
			if err := f.entry(r); err != nil {
				return err
			}
		}
		after = page[len(page)-1].seq
	}
}

func (f *filling) page(after int64) (page []row, err error) {
	rows, err := f.tx.QueryContext(f.ctx, `SELECT seq, stream, number, at, observer, body FROM entry WHERE seq > ? AND sum IS NULL ORDER BY seq LIMIT ?`, after, fillPage)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var r row
		if err := rows.Scan(&r.seq, &r.stream, &r.number, &r.at, &r.observer, &r.body); err != nil {
			return nil, err
		}
		page = append(page, r)
	}
	return page, rows.Err()
}

func (f *filling) entry(r row) error {
	e, err := r.entry()
	if err != nil {
		return fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	if (e.Change == nil) == (e.Port == nil) {
		return fmt.Errorf("%w: entry %s says nothing", ErrCorrupt, e.Key())
	}
	r.columns, r.verdict = validColumns(e.Columns()), verdictOf(e)
	if r.verdict != silent && r.verdict != f.said[r.columns.Check] {
		r.healthy, f.said[r.columns.Check] = r.verdict, r.verdict
	}
	values := r.values()
	_, err = f.tx.ExecContext(f.ctx, `UPDATE entry SET kind = ?, overlay = ?, began = ?, outage = ?, healthy = ?, sum = ? WHERE seq = ?`,
		values[6], values[11], values[12], values[13], values[healthyColumn], checksum(values), r.seq)
	return err
}

// identity adds the checksum of what tells this journal from others.
func (f *filling) identity() error {
	var id string
	if err := f.tx.QueryRowContext(f.ctx, `SELECT id FROM journal`).Scan(&id); err != nil {
		return err
	}
	_, err := f.tx.ExecContext(f.ctx, `UPDATE journal SET sum = ? WHERE sum IS NULL`, checksum([]any{id}))
	return err
}

func (f *filling) readers() error {
	places, err := f.places()
	if err != nil {
		return err
	}
	for name, seq := range places {
		if _, err := f.tx.ExecContext(f.ctx, `UPDATE reader SET sum = ? WHERE name = ?`, checksum([]any{name, seq}), name); err != nil {
			return err
		}
	}
	return nil
}

func (f *filling) places() (map[string]int64, error) {
	rows, err := f.tx.QueryContext(f.ctx, `SELECT name, seq FROM reader WHERE sum IS NULL`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	places := map[string]int64{}
	for rows.Next() {
		var name string
		var seq int64
		if err := rows.Scan(&name, &seq); err != nil {
			return nil, err
		}
		places[name] = seq
	}
	return places, rows.Err()
}

// view makes the view of states for people, under its own name where that is
// free.
func (f *filling) view() error {
	for _, name := range []string{"state", "portreeve_state"} {
		text := "CREATE VIEW " + name + stateView
		var there string
		err := f.tx.QueryRowContext(f.ctx, `SELECT coalesce(sql, '') FROM sqlite_schema WHERE name = ? COLLATE NOCASE`, name).Scan(&there)
		if errors.Is(err, sql.ErrNoRows) {
			_, err = f.tx.ExecContext(f.ctx, text)
			return err
		}
		if err != nil || there == text {
			return err
		}
	}
	return errors.New("both view names, state and portreeve_state, are taken")
}

const stateView = ` (id, timestamp, healthy, check_name) AS
	SELECT seq, at, healthy, check_name FROM entry WHERE healthy IS NOT NULL`
