package journal

import (
	"database/sql"

	"github.com/portreeve/portreeve/internal/event"
)

// columns are what an entry's checksum covers, in its order. Those after body
// are for people and for queries.
const columns = `seq, stream, number, at, observer, body, kind, check_name, from_status, to_status, reason, ` +
	`overlay, began, outage, healthy, proto, port, service, pid`

// healthyColumn is the place of `healthy` among the columns.
const healthyColumn = 14

// values returns what the columns hold.
func (r row) values() []any {
	c := r.columns
	return []any{
		r.seq, r.stream, int64(r.number), r.at, r.observer, string(r.body),
		c.Kind, text(c.Check), text(c.From), text(c.To), text(c.Reason),
		text(c.Overlay), text(c.Began), number(c.Outage), r.healthy.column(),
		text(c.Proto), number(int64(c.Port)), text(c.Service), number(int64(c.PID)),
	}
}

// rowOf returns the row whose columns hold these undamaged values.
func rowOf(values []any) row {
	return row{
		seq: values[0].(int64), stream: values[1].(string), number: uint64(values[2].(int64)),
		at: values[3].(string), observer: values[4].(string), body: []byte(values[5].(string)),
		healthy: verdictIn(values[healthyColumn]),
	}
}

// scanAll returns the entries of a query, all of them undamaged.
func scanAll(rows *sql.Rows, err error) ([]row, error) {
	found, err := entryTable.intact(rows, err)
	all := make([]row, len(found))
	for i, values := range found {
		all[i] = rowOf(values)
	}
	return all, err
}

// one returns the entry that a query finds, if it finds one.
func one(rows *sql.Rows, err error) (row, bool, error) {
	found, err := scanAll(rows, err)
	if err != nil || len(found) == 0 {
		return row{}, false, err
	}
	return found[0], true, nil
}

// text returns s as its column holds it: NULL for none.
func text(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// number returns n as its column holds it: NULL for none.
func number(n int64) any {
	if n == 0 {
		return nil
	}
	return n
}

// validColumns returns c as text of a database.
func validColumns(c event.Columns) event.Columns {
	for _, s := range []*string{
		&c.Kind, &c.Check, &c.From, &c.To, &c.Reason, &c.Overlay, &c.Began, &c.Proto, &c.Service,
	} {
		*s = valid(*s)
	}
	return c
}
