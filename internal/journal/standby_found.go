package journal

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/hex"
	"maps"
	"slices"

	"github.com/portreeve/portreeve/internal/event"
)

// refound fills a new file with all that is known and puts it in place.
func (s *Standby) refound(ctx context.Context, engine *SQLite) error {
	s.turn <- struct{}{}
	defer s.end()
	s.mu.RLock()
	b := s.everything()
	s.mu.RUnlock()
	if err := engine.found(ctx, s.tail.id, b); err != nil {
		return err
	}
	s.swap(engine, true)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.newest.save(len(s.newest.unsaved()))
	s.debt = newDebt()
	return nil
}

// everything returns all that is known, for a new file: the newest entries of
// all streams and of all, and what holds.
func (s *Standby) everything() *batch {
	rows := map[int64]row{}
	for _, r := range s.standing.heads {
		rows[r.seq] = r
	}
	for _, r := range s.newest.rows {
		rows[r.seq] = r
	}
	b := &batch{rows: sortedRows(rows)}
	whole := newDebt()
	for reader := range s.standing.places {
		whole.add(&batch{places: []place{{reader: reader, notes: s.standing.notesOf(reader)}}})
	}
	for key := range s.standing.kept {
		whole.add(&batch{kept: []event.Kept{{Key: key}}})
	}
	whole.latencies = s.debt.latencies
	whole.fill(b, s.standing)
	b.revision = s.standing.revision
	return b
}

// found makes an empty file the journal of that identity, with all that is
// left of it.
func (s *SQLite) found(ctx context.Context, id identity, b *batch) error {
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, `UPDATE `+journalTable.name+` SET id = ?, sum = ?`, summed(hex.EncodeToString(id[:]))...); err != nil {
			return err
		}
		l := s.within(ctx, tx)
		a := appending{ledger: l, said: map[string]verdict{}}
		for _, r := range b.rows {
			r, err := r.complete()
			if err != nil {
				return err
			}
			a.last = r.seq - 1 // what was between is lost
			if err := a.put(r); err != nil {
				return err
			}
		}
		return s.saveRest(ctx, tx, b)
	})
	if err != nil {
		return failed("begin journal anew", err)
	}
	last := int64(0)
	if n := len(b.rows); n > 0 {
		last = b.rows[n-1].seq
	}
	s.tail = newTail(id, last)
	return nil
}

// complete returns a row that was read with what is not read back.
func (r row) complete() (row, error) {
	e, err := r.entry()
	if err != nil {
		return row{}, err
	}
	whole, err := encodeOne(e)
	whole.seq = r.seq
	return whole, err
}

// sortedRows returns rows in the order of the journal.
func sortedRows[K comparable](rows map[K]row) []row {
	return slices.SortedFunc(maps.Values(rows), func(a, b row) int { return cmp.Compare(a.seq, b.seq) })
}
