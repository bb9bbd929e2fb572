package journal

import (
	"context"
	"fmt"
	"time"
)

// Bounds of a scrub.
const (
	scrubBatch = 200 // rows that are read in one go
	scrubShare = 20  // it rests until it has taken up one part in so many of the time
)

// Scrub reads the whole journal once, so that damage is found while there is
// still a copy to go back to, and returns the first that it finds, an
// [ErrCorrupt]: a row that is not what was written, or that an index does not
// lead to. It reads in small batches and rests between them, so that it takes
// up a twentieth of one processor: a million entries take about five minutes.
// It returns ctx's error when that ends first.
func (s *SQLite) Scrub(ctx context.Context) error {
	for _, t := range []table{journalTable, readerTable, noteTable, keptTable, latencyTable, entryTable} {
		if err := s.scrub(ctx, t); err != nil {
			return failed("scrub journal", err)
		}
	}
	return nil
}

// scrub reads one table, batch by batch.
func (s *SQLite) scrub(ctx context.Context, t table) error {
	for from := int64(-1 << 63); ; {
		began := time.Now()
		upTo, n, err := s.scrubBatch(ctx, t, from)
		if err != nil || n < scrubBatch {
			return err
		}
		if err := rest(ctx, s.tail.done, (scrubShare-1)*time.Since(began)); err != nil {
			return err
		}
		from = upTo
	}
}

// scrubBatch reads the rows after one key and returns the last one's key and
// how many they were.
func (s *SQLite) scrubBatch(ctx context.Context, t table, from int64) (upTo int64, n int, err error) {
	if err := s.tail.alive(ctx); err != nil {
		return 0, 0, err
	}
	window := fmt.Sprintf(`SELECT coalesce(max(rowid), 0), count(*) FROM (SELECT rowid FROM %s WHERE rowid > ? ORDER BY rowid LIMIT %d)`, t.name, scrubBatch)
	if err := s.reader.QueryRowContext(ctx, window, from).Scan(&upTo, &n); err != nil || n == 0 {
		return 0, 0, err
	}
	if _, err := t.verify(s.reader.QueryContext(ctx, t.find()+`NOT INDEXED WHERE rowid > ? AND rowid <= ?`, from, upTo)); err != nil {
		return 0, 0, err
	}
	if t.name == entryTable.name {
		err = s.scrubIndexes(ctx, from, upTo)
	}
	return upTo, n, err
}

// lostRow finds a row that an index does not lead to.
const lostRow = `SELECT count(*), coalesce(min(e.seq), 0) FROM entry e NOT INDEXED WHERE e.seq > ? AND e.seq <= ? AND (
	NOT EXISTS (SELECT 1 FROM entry i INDEXED BY sqlite_autoindex_entry_1
		WHERE i.stream = e.stream AND i.number = e.number AND i.seq = e.seq) OR
	NOT EXISTS (SELECT 1 FROM entry i INDEXED BY portreeve_entry_at
		WHERE i.at = e.at AND i.check_name IS e.check_name AND i.seq = e.seq) OR
	e.check_name IS NOT NULL AND NOT EXISTS (SELECT 1 FROM entry i INDEXED BY portreeve_entry_check
		WHERE i.check_name = e.check_name AND i.at = e.at AND i.seq = e.seq) OR
	e.healthy IS NOT NULL AND NOT EXISTS (SELECT 1 FROM entry i INDEXED BY portreeve_entry_state
		WHERE i.check_name = e.check_name AND i.healthy IS NOT NULL AND i.seq = e.seq) OR
	e.kind = 'change' AND (e.from_status = 'UNHEALTHY' OR e.to_status = 'UNHEALTHY') AND
		NOT EXISTS (SELECT 1 FROM entry i INDEXED BY portreeve_entry_outage
		WHERE i.kind = 'change' AND (i.from_status = 'UNHEALTHY' OR i.to_status = 'UNHEALTHY') AND i.seq = e.seq AND i.at = e.at))`

func (s *SQLite) scrubIndexes(ctx context.Context, from, upTo int64) error {
	var lost int
	var seq int64
	if err := s.reader.QueryRowContext(ctx, lostRow, from, upTo).Scan(&lost, &seq); err != nil {
		return err
	}
	if lost > 0 {
		return fmt.Errorf("%w: no index leads to entry %d", ErrCorrupt, seq)
	}
	return nil
}

// rest waits for d.
func rest(ctx context.Context, done <-chan struct{}, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-done:
		return ErrClosed
	case <-ctx.Done():
		return ctx.Err()
	}
}
