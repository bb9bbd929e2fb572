package mirror

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// maxChecks bounds how many checks one query asks for.
const maxChecks = 100

// judge sets what the view of states says of rows that are about to be added:
// something on the first judgement of a check and whenever it differs from the
// one before ([event.Entry.Verdict]).
func (s *session) judge(ctx context.Context, tx *sql.Tx, rows []row) error {
	if err := s.recall(ctx, tx, rows); err != nil {
		return fmt.Errorf("read states: %w", err)
	}
	for i := range rows {
		r := &rows[i]
		r.healthy = nil
		up, says := r.entry.Verdict()
		if !says {
			continue
		}
		check := name(r.parts.Check)
		if before, known := s.up[check]; !known || before != up {
			r.healthy, s.up[check] = &up, up
		}
	}
	return nil
}

// recall reads what the view says last of the checks that are judged by rows,
// as far as that is not known.
func (s *session) recall(ctx context.Context, tx *sql.Tx, rows []row) error {
	asked := map[string]bool{}
	var checks []any
	for _, r := range rows {
		check := name(r.parts.Check)
		_, known := s.up[check]
		if _, says := r.entry.Verdict(); says && !known && !asked[check] {
			asked[check] = true
			checks = append(checks, check)
		}
	}
	for len(checks) > 0 {
		n := min(len(checks), maxChecks)
		if err := s.recallSome(ctx, tx, checks[:n]); err != nil {
			return err
		}
		checks = checks[n:]
	}
	return nil
}

func (s *session) recallSome(ctx context.Context, tx *sql.Tx, checks []any) error {
	const one = `(SELECT check_name, healthy FROM portreeve_entry WHERE check_name = ? AND healthy IS NOT NULL ORDER BY seq DESC LIMIT 1)`
	query := one + strings.Repeat(" UNION ALL "+one, len(checks)-1)
	rows, err := tx.QueryContext(ctx, s.dialect.bind(query), checks...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var check string
		var up bool
		if err := rows.Scan(&check, &up); err != nil {
			return err
		}
		s.up[check] = up
	}
	return rows.Err()
}
