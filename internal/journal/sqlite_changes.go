package journal

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/portreeve/portreeve/internal/event"
)

// Changes implements [Journal].
func (s *SQLite) Changes(ctx context.Context, q event.Query) ([]event.Recorded, error) {
	if err := s.tail.alive(ctx); err != nil {
		return nil, err
	}
	sel, err := s.tail.selectionOf(q)
	if err != nil {
		return nil, err
	}
	found, err := s.selected(ctx, sel)
	if err != nil {
		return nil, failed("read changes", err)
	}
	for _, r := range found {
		s.tail.advance(r.seq) // Append may be about to say so
	}
	return s.tail.record(found)
}

// selected returns the rows of a selection as they are at one moment.
func (s *SQLite) selected(ctx context.Context, sel selection) ([]row, error) {
	tx, err := s.reader.BeginTx(ctx, &sql.TxOptions{ReadOnly: true})
	if err != nil {
		return nil, err
	}
	defer tx.Rollback() // nothing was written
	found, err := sel.find(ctx, tx)
	if err != nil || !sel.lead {
		return found, err
	}
	lead, err := sel.before().find(ctx, tx)
	return append(lead, found...), err
}

func (s selection) find(ctx context.Context, tx *sql.Tx) ([]row, error) {
	query, args := s.query()
	return scanAll(tx.QueryContext(ctx, query, args...))
}

// query returns the statement of a selection. What is selected is found in the
// index alone as far as that goes, so that only rows are read that are wanted.
func (s selection) query() (string, []any) {
	conditions, args := s.conditions()
	order := " ORDER BY seq"
	if s.newest {
		order += " DESC"
	}
	return entryTable.find() + "WHERE seq IN (SELECT seq FROM entry " + s.index() +
		" WHERE " + strings.Join(conditions, " AND ") + order + " LIMIT ?) ORDER BY seq", append(args, s.limit)
}

// shapes are selections that differ in how they are found.
var shapes = []selection{{}, {newest: true}, {check: "a"}, {check: "a", outages: true}, {outages: true, newest: true}, {from: "0", until: "1"}}

// answerable returns an error unless the database's indexes are as they have to
// be for every statement that is not prepared.
func answerable(ctx context.Context, db *sql.DB) error {
	texts := []string{lostRow, sweepEntries}
	for _, s := range shapes {
		query, _ := s.query()
		texts = append(texts, query)
	}
	for _, text := range texts {
		stmt, err := db.PrepareContext(ctx, text)
		if err != nil {
			return fmt.Errorf("prepare %q: %w", text, err)
		}
		if err := stmt.Close(); err != nil {
			return err
		}
	}
	return nil
}

// index returns the index that has the fewest entries to look at. Without one,
// entries are looked at in their order.
func (s selection) index() string {
	switch {
	case s.check != "":
		return "INDEXED BY portreeve_entry_check"
	case s.outages:
		return "INDEXED BY portreeve_entry_outage"
	case s.from != "" || s.until != "":
		return "INDEXED BY portreeve_entry_at"
	}
	return "NOT INDEXED"
}

func (s selection) conditions() (conditions []string, args []any) {
	add := func(condition string, arg any) {
		conditions, args = append(conditions, condition), append(args, arg)
	}
	add("seq > ?", s.after)
	add("seq <= ?", s.upTo)
	conditions = append(conditions, "check_name IS NOT NULL")
	if s.check != "" {
		add("check_name = ?", s.check)
	}
	if s.outages {
		conditions = append(conditions, "kind = 'change' AND (from_status = 'UNHEALTHY' OR to_status = 'UNHEALTHY')")
	}
	if s.from != "" {
		add("at >= ?", s.from)
	}
	if s.until != "" {
		add("at < ?", s.until)
	}
	return conditions, args
}
