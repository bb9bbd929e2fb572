package journal

import (
	"context"
	"database/sql"
	"fmt"
	"time"
)

// pruneBatch is how many rows a sweep looks at in one transaction.
const pruneBatch = 500

// Prune drops what a retention does not keep, the oldest first, and returns how
// many entries that were. It works in small transactions, between which others
// write. The pages that become free are used again: the file stops growing, but
// does not shrink.
func (s *SQLite) Prune(ctx context.Context, keep Retention) (int, error) {
	return s.prune(ctx, keep, time.Now())
}

func (s *SQLite) prune(ctx context.Context, keep Retention, now time.Time) (int, error) {
	n, err := keep.entries(ctx, (*sqlitePruner)(s), now)
	if err == nil {
		err = (*sqlitePruner)(s).latency(ctx, keep, now)
	}
	return n, maybe("prune journal", err)
}

// A sqlitePruner is a SQLite that is pruned.
type sqlitePruner SQLite

func (p *sqlitePruner) slowest(ctx context.Context) (int64, error) {
	s := (*SQLite)(p)
	if err := s.tail.alive(ctx); err != nil {
		return 0, err
	}
	places, err := readerTable.intact(s.reader.QueryContext(ctx, readerTable.find()))
	slowest := s.lastSeq()
	for _, values := range places {
		slowest = min(slowest, values[1].(int64))
	}
	return slowest, err
}

func (p *sqlitePruner) count(ctx context.Context) (n int, err error) {
	err = p.reader.QueryRowContext(ctx, `SELECT count(*) FROM entry`).Scan(&n)
	return n, err
}

// sweepEntries drops entries by [Retention]: who is followed in his stream by
// one that is too old as well, whose state is not its check's newest, and who
// began no outage that is not over.
const sweepEntries = `DELETE FROM entry WHERE seq IN (SELECT seq FROM entry e WHERE e.seq > ?1 AND e.seq <= ?2 AND e.at < ?3
	AND (SELECT n.at FROM entry n WHERE n.stream = e.stream AND n.number > e.number ORDER BY n.number LIMIT 1) < ?3
	AND (e.healthy IS NULL OR EXISTS (SELECT 1 FROM entry n INDEXED BY portreeve_entry_state
		WHERE n.check_name = e.check_name AND n.healthy IS NOT NULL AND n.seq > e.seq))
	AND (e.to_status IS NOT 'UNHEALTHY' OR e.kind <> 'change' OR e.check_name IS NULL OR
		EXISTS (SELECT 1 FROM entry n INDEXED BY portreeve_entry_check
		WHERE n.check_name = e.check_name AND n.seq > e.seq AND n.kind = 'change' AND
			(n.from_status = 'UNHEALTHY' OR n.to_status = 'UNHEALTHY'))))`

func (p *sqlitePruner) sweep(ctx context.Context, w sweep) (dropped int, err error) {
	for from := int64(0); w.most > 0; {
		b, err := p.batch(ctx, from, w)
		dropped += b.dropped
		if err != nil || b.looked == 0 {
			return dropped, err
		}
		from, w.most = b.upTo, w.most-b.looked
	}
	return dropped, nil
}

// A pruned is what became of the rows that a sweep looked at in one go.
type pruned struct {
	upTo            int64 // sequence number of the last one
	looked, dropped int
}

// batch sweeps the rows after one place.
func (p *sqlitePruner) batch(ctx context.Context, from int64, w sweep) (b pruned, err error) {
	const window = `SELECT coalesce(max(seq), 0), count(*) FROM (SELECT seq FROM entry WHERE seq > ? AND seq <= ? ORDER BY seq LIMIT ?)`
	err = (*SQLite)(p).write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		err := tx.QueryRowContext(ctx, window, from, w.upTo, min(pruneBatch, w.most)).Scan(&b.upTo, &b.looked)
		if err != nil || b.looked == 0 {
			return err
		}
		b.dropped, err = affected(tx.ExecContext(ctx, sweepEntries, from, b.upTo, w.before))
		return err
	})
	return b, err
}

// latency drops response times that are too many or too old.
func (p *sqlitePruner) latency(ctx context.Context, keep Retention, now time.Time) error {
	before := int64(0)
	if keep.Age > 0 {
		before = now.Add(-keep.Age).UnixNano()
	}
	excess := 0
	if keep.Latency > 0 {
		if err := p.reader.QueryRowContext(ctx, `SELECT count(*) FROM portreeve_latency`).Scan(&excess); err != nil {
			return err
		}
		excess -= keep.Latency
	}
	for {
		n, err := p.latencyBatch(ctx, before, min(max(excess, 0), pruneBatch))
		if excess -= n; err != nil || n == 0 {
			return err
		}
	}
}

func (p *sqlitePruner) latencyBatch(ctx context.Context, before int64, excess int) (dropped int, err error) {
	query := fmt.Sprintf(`DELETE FROM portreeve_latency WHERE rowid IN (SELECT rowid FROM portreeve_latency WHERE at < ? ORDER BY at LIMIT %d)
		OR rowid IN (SELECT rowid FROM portreeve_latency ORDER BY at LIMIT ?)`, pruneBatch)
	err = (*SQLite)(p).write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		dropped, err = affected(tx.ExecContext(ctx, query, before, excess))
		return err
	})
	return dropped, err
}

func affected(result sql.Result, err error) (int, error) {
	if err != nil {
		return 0, err
	}
	n, err := result.RowsAffected()
	return int(n), err
}
