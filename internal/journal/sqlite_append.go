package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/portreeve/portreeve/internal/event"
)

// Append implements [Journal]: one transaction for all entries, on the disk
// when it returns. It waits up to 5 s for another program's lock.
func (s *SQLite) Append(ctx context.Context, entries []event.Entry) ([]event.Outcome, error) {
	rows, err := encode(entries)
	if err != nil {
		return nil, err
	}
	var outcomes []event.Outcome
	var last int64
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		l := s.q.within(ctx, tx)
		outcomes, err = appendTo(l, rows)
		last = l.last
		return err
	})
	if err != nil {
		return nil, fmt.Errorf("append to journal: %w", err)
	}
	s.tail.advance(last)
	return outcomes, nil
}

// Advance implements [Journal].
func (s *SQLite) Advance(ctx context.Context, reader string, to event.Cursor) error {
	if err := s.tail.alive(ctx); err != nil {
		return err
	}
	seq, err := s.tail.place(to)
	if err != nil {
		return err
	}
	err = s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		_, err := tx.StmtContext(ctx, s.q.advance).ExecContext(ctx, reader, seq)
		return err
	})
	if err != nil {
		return fmt.Errorf("commit position of %s: %w", reader, err)
	}
	return nil
}

// A transaction is the ledger of one append.
type transaction struct {
	ctx  context.Context
	last int64 // sequence number of the last entry known to be stored

	number, stored, insert *sql.Stmt
}

func (q *queries) within(ctx context.Context, tx *sql.Tx) *transaction {
	return &transaction{
		ctx: ctx, number: tx.StmtContext(ctx, q.number), stored: tx.StmtContext(ctx, q.stored), insert: tx.StmtContext(ctx, q.insert),
	}
}

func (t *transaction) head(stream string) (n uint64, err error) {
	err = t.number.QueryRowContext(t.ctx, stream).Scan(&n)
	return n, err
}

func (t *transaction) holds(r row) (bool, error) {
	stored, err := scan(t.stored.QueryRowContext(t.ctx, r.stream, r.number))
	if errors.Is(err, sql.ErrNoRows) {
		return false, nil
	}
	// An earlier commit may have succeeded without saying so.
	t.last = max(t.last, stored.seq)
	return stored.same(r), err
}

func (t *transaction) add(r row) error {
	args := append([]any{r.stream, r.number, r.at, r.observer, string(r.body)}, r.said.columns()...)
	result, err := t.insert.ExecContext(t.ctx, args...)
	if err != nil {
		return err
	}
	t.last, err = result.LastInsertId()
	return err
}

// columns returns what the columns for people hold: kind, check_name,
// from_status, to_status, reason, proto, port, service, pid.
func (c content) columns() []any {
	if ch := c.Change; ch != nil {
		return []any{"change", text(ch.Check), text(string(ch.From)), text(string(ch.To)), text(string(ch.Reason)), nil, nil, nil, nil}
	}
	p := c.Port
	var pid any
	if p.Process != nil {
		pid = int64(p.Process.PID)
	}
	return []any{valid(string(p.Kind)), nil, nil, nil, nil, text(string(p.Proto)), int64(p.Port), text(string(p.Service.Name)), pid}
}

// text returns s as its column holds it: NULL for none, and UTF-8.
func text(s string) any {
	if s == "" {
		return nil
	}
	return valid(s)
}
