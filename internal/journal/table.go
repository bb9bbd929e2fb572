package journal

import (
	"database/sql"
	"fmt"
	"strings"
)

// A table is one of a journal's, as far as its checksums cover it: the column
// `sum` holds the checksum of the others.
type table struct {
	name    string
	key     string // what its rows are walked by
	columns string
}

var (
	entryTable   = table{"entry", "seq", columns}
	journalTable = table{"journal", "rowid", "id"}
	readerTable  = table{"reader", "rowid", "name, seq"}
	noteTable    = table{"portreeve_note", "rowid", "reader, key, value"}
	keptTable    = table{"portreeve_kept", "rowid", "revision, key, value"}
	latencyTable = table{"portreeve_latency", "rowid", "check_name, at, span, sketch"}
)

// width returns the number of columns that the checksum covers.
func (t table) width() int { return strings.Count(t.columns, ",") + 1 }

// find returns the beginning of a query whose rows intact can read.
func (t table) find() string { return "SELECT " + t.columns + ", sum FROM " + t.name + " " }

// insert returns the beginning of a statement that takes summed values.
func (t table) insert() string {
	return "INSERT INTO " + t.name + " (" + t.columns + ", sum) VALUES (?" + strings.Repeat(", ?", t.width()) + ") "
}

// summed returns values with their checksum behind them.
func summed(values ...any) []any { return append(values, checksum(values)) }

// intact returns the rows of a query that begins with find, without their
// checksums: all of them hold what was written.
func (t table) intact(rows *sql.Rows, err error) ([][]any, error) {
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var all [][]any
	for rows.Next() {
		values, err := t.row(rows)
		if err != nil {
			return nil, err
		}
		all = append(all, values)
	}
	return all, rows.Err()
}

// verify reads the rows of a query that begins with find and returns how many
// there are: all of them hold what was written.
func (t table) verify(rows *sql.Rows, err error) (n int, _ error) {
	if err != nil {
		return 0, err
	}
	defer rows.Close()
	for ; rows.Next(); n++ {
		if _, err := t.row(rows); err != nil {
			return n, err
		}
	}
	return n, rows.Err()
}

// row returns the values of the row that rows are at.
func (t table) row(rows *sql.Rows) ([]any, error) {
	n := t.width()
	values, targets := make([]any, n+1), make([]any, n+1)
	for i := range values {
		targets[i] = &values[i]
	}
	if err := rows.Scan(targets...); err != nil {
		return nil, err
	}
	if sum, ok := values[n].(int64); !ok || sum != checksum(values[:n]) {
		return nil, fmt.Errorf("%w: row %.80q of %s is not what was written", ErrCorrupt, fmt.Sprint(values[0]), t.name)
	}
	return values[:n], nil
}
