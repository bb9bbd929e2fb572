package journal

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/history"
)

// A batch is what is written to the file in one transaction.
type batch struct {
	rows      []row // with their sequence numbers
	places    []place
	kept      []event.Kept // with the revisions that they have; those without a value are deleted
	revision  uint64       // the highest that was given out, be it to what is deleted by now; 0: as kept says
	latencies []history.Latency
}

// A place is how far a reader has come, and which notes it took with that.
type place struct {
	reader string
	seq    int64
	notes  []event.Note
}

// errForeign says that the file has entries that we do not know, although it
// is ours: an older copy was put back, or somebody wrote while we could not.
// The entries in memory have no place in it.
var errForeign = errors.New("the file was exchanged or written by another program: restart portreeve to go on with it")

// size returns about how many bytes the entries take up in memory.
func (b *batch) size() (n int) {
	const around = 512 // a body, in a row
	for _, r := range b.rows {
		n += len(r.body) + around
	}
	return n
}

// save writes a batch to a file: all of it or nothing, on the disk when it
// returns nil. Saving again what a commit has stored whose answer was lost is
// right; only latencies would count twice.
func (s *SQLite) save(ctx context.Context, b *batch) error {
	last := s.lastSeq()
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) (err error) {
		if last, err = s.saveRows(ctx, tx, b.rows); err != nil {
			return err
		}
		return s.saveRest(ctx, tx, b)
	})
	if err != nil {
		return failed("write journal", err)
	}
	s.tail.advance(last)
	return nil
}

func (s *SQLite) saveRows(ctx context.Context, tx *sql.Tx, rows []row) (int64, error) {
	outcomes, last, err := s.within(ctx, tx).append(rows)
	if err != nil {
		return 0, err
	}
	for i, o := range outcomes {
		if o != event.Stored {
			return 0, fmt.Errorf("%w (%s/%d is another entry there)", errForeign, rows[i].stream, rows[i].number)
		}
	}
	return last, nil
}

// saveRest saves what is no entry.
func (s *SQLite) saveRest(ctx context.Context, tx *sql.Tx, b *batch) error {
	for _, p := range b.places {
		if err := s.savePlace(ctx, tx, p); err != nil {
			return err
		}
	}
	for _, k := range b.kept {
		if err := s.saveKept(ctx, tx, k); err != nil {
			return err
		}
	}
	if err := s.saveRevision(ctx, tx, b.revision); err != nil {
		return err
	}
	return s.saveLatencies(ctx, tx, b.latencies)
}

func (s *SQLite) savePlace(ctx context.Context, tx *sql.Tx, p place) error {
	if _, err := tx.StmtContext(ctx, s.q.advance).ExecContext(ctx, summed(p.reader, p.seq)...); err != nil {
		return err
	}
	return s.remember(ctx, tx, p.reader, p.notes)
}

func (s *SQLite) saveKept(ctx context.Context, tx *sql.Tx, k event.Kept) error {
	if _, err := tx.StmtContext(ctx, s.q.unwish).ExecContext(ctx, k.Key); err != nil || k.Value == nil {
		return err
	}
	_, err := tx.StmtContext(ctx, s.q.keep).ExecContext(ctx, summed(int64(k.Revision), k.Key, k.Value)...)
	return err
}

// saveRevision has no revision up to this one given out again
// (https://www.sqlite.org/autoinc.html).
func (s *SQLite) saveRevision(ctx context.Context, tx *sql.Tx, revision uint64) error {
	if revision == 0 {
		return nil
	}
	if _, err := tx.ExecContext(ctx, `INSERT INTO sqlite_sequence (name, seq)
		SELECT ?1, 0 WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?1)`, keptTable.name); err != nil {
		return err
	}
	_, err := tx.ExecContext(ctx, `UPDATE sqlite_sequence SET seq = max(seq, ?) WHERE name = ?`, int64(revision), keptTable.name)
	return err
}

func (s *SQLite) saveLatencies(ctx context.Context, tx *sql.Tx, counts []history.Latency) error {
	if len(counts) == 0 {
		return nil
	}
	a := latencyAdding{ctx, tx.StmtContext(ctx, s.q.counted), tx.StmtContext(ctx, s.q.within), tx.StmtContext(ctx, s.q.count)}
	for _, l := range counts {
		at, err := spanOf(l)
		if err != nil {
			return err
		}
		if err := a.one(at, l.Sketch); err != nil {
			return err
		}
	}
	return nil
}
