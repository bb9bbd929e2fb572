package journal

import (
	"context"
	"database/sql"
	"math"
	"time"

	"github.com/portreeve/portreeve/internal/history"
)

// AddLatency implements [Journal]: one transaction for all.
func (s *SQLite) AddLatency(ctx context.Context, counts []history.Latency) error {
	spans := make([]span, len(counts))
	for i, l := range counts {
		var err error
		if spans[i], err = spanOf(l); err != nil {
			return err
		}
	}
	if err := s.tail.alive(ctx); err != nil || len(counts) == 0 {
		return err
	}
	err := s.write(ctx, func(ctx context.Context, tx *sql.Tx) error {
		a := latencyAdding{ctx, tx.StmtContext(ctx, s.q.counted), tx.StmtContext(ctx, s.q.within), tx.StmtContext(ctx, s.q.count)}
		for i, l := range counts {
			if err := a.one(spans[i], l.Sketch); err != nil {
				return err
			}
		}
		return nil
	})
	return maybe("add response times", err)
}

// A latencyAdding adds counts within one transaction.
type latencyAdding struct {
	ctx                    context.Context
	counted, within, count *sql.Stmt
}

func (a latencyAdding) one(s span, sketch history.Sketch) error {
	have, err := latencyIn(a.counted.QueryContext(a.ctx, s.check, s.at, s.long))
	if err != nil {
		return err
	}
	for i := range have {
		sketch.Merge(&have[i].Sketch)
	}
	if _, err := a.within.ExecContext(a.ctx, s.check, s.at, s.at+s.long, s.long); err != nil {
		return err
	}
	text, err := sketch.MarshalBinary()
	if err != nil {
		return err
	}
	_, err = a.count.ExecContext(a.ctx, summed(s.check, s.at, s.long, text)...)
	return err
}

// Latency implements [Journal].
func (s *SQLite) Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	found, err := latencyIn(s.q.latency.QueryContext(ctx, valid(check), nanoseconds(from, 0), nanoseconds(until, math.MaxInt64)))
	return found, maybe("read response times", err)
}

// latencyIn returns what a query finds.
func latencyIn(rows *sql.Rows, err error) ([]history.Latency, error) {
	found, err := latencyTable.intact(rows, err)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	all := make([]history.Latency, len(found))
	for i, values := range found {
		s := span{values[0].(string), values[1].(int64), values[2].(int64)}
		if all[i], err = s.counts(blob(values[3])); err != nil {
			return nil, err
		}
	}
	return all, nil
}
