package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	sqlite3 "modernc.org/sqlite/lib"

	"github.com/portreeve/portreeve/internal/event"
)

// Append implements [Journal]: one transaction for all entries, on the disk
// when it returns. It waits up to 5 s for another program's lock.
func (s *SQLite) Append(ctx context.Context, entries []event.Entry) ([]event.Outcome, error) {
	rows, err := encode(entries)
	if err != nil {
		return nil, err
	}
	return s.appendRows(ctx, rows)
}

// appendRows is Append for rows, some of which may have been given out under
// a seq before they were stored. Such a row must come next, or be stored under
// that seq already: else none is stored, and that is an error.
func (s *SQLite) appendRows(ctx context.Context, rows []row) ([]event.Outcome, error) {
	var outcomes []event.Outcome
	last := s.lastSeq()
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		outcomes, last, err = s.within(ctx, tx).append(rows)
		return err
	})
	if err != nil {
		return nil, failed("append to journal", err)
	}
	s.tail.advance(last)
	return outcomes, nil
}

// lastSeq returns the highest sequence number that an entry is known to have
// had: the next entry gets the one after it.
func (s *SQLite) lastSeq() int64 { return s.tail.end() }

// A transaction is the ledger of one append.
type transaction struct {
	ctx  context.Context
	last int64 // as lastSeq says

	newest, newestOf, number, insert, said *sql.Stmt
}

func (s *SQLite) within(ctx context.Context, tx *sql.Tx) *transaction {
	return &transaction{
		ctx: ctx, last: s.lastSeq(),
		newest: tx.StmtContext(ctx, s.q.newest), newestOf: tx.StmtContext(ctx, s.q.newestOf),
		number: tx.StmtContext(ctx, s.q.stored), insert: tx.StmtContext(ctx, s.q.insert), said: tx.StmtContext(ctx, s.q.said),
	}
}

// append appends rows within the transaction and returns the highest sequence
// number that is used then.
func (t *transaction) append(rows []row) ([]event.Outcome, int64, error) {
	last, err := t.end()
	if err != nil {
		return nil, 0, err
	}
	return appendTo(t, last, rows)
}

// end returns the highest sequence number that was ever used.
func (t *transaction) end() (int64, error) {
	// The answer of an earlier commit may have been lost, so the file is asked.
	var last int64
	err := t.newest.QueryRowContext(t.ctx).Scan(&last)
	return max(last, t.last), err
}

func (t *transaction) head(stream string) (uint64, error) {
	r, _, err := one(t.newestOf.QueryContext(t.ctx, stream))
	return r.number, err
}

func (t *transaction) stored(stream string, number uint64) (row, bool, error) {
	return one(t.number.QueryContext(t.ctx, stream, int64(number)))
}

func (t *transaction) judged(check string) (verdict, error) {
	r, _, err := one(t.said.QueryContext(t.ctx, check))
	return r.healthy, err
}

func (t *transaction) add(r row) error {
	_, err := t.insert.ExecContext(t.ctx, summed(r.values()...)...)
	if resultCode(err) == sqlite3.SQLITE_CONSTRAINT {
		return fmt.Errorf("%w: %s/%d is there and cannot be found: %w", ErrCorrupt, r.stream, r.number, err)
	}
	return err
}

// maybe is failed for an error that may be none.
func maybe(what string, err error) error {
	if err == nil {
		return nil
	}
	return failed(what, err)
}

// failed says what could not be done, and whether it is for damage.
func failed(what string, err error) error {
	if corrupt(err) && !errors.Is(err, ErrCorrupt) {
		err = fmt.Errorf("%w: %w", ErrCorrupt, err)
	}
	return fmt.Errorf("%s: %w", what, err)
}
