package journal

import (
	"errors"
	"math"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
)

// A selection is a query as engines look at rows.
type selection struct {
	check       string // empty: all
	outages     bool
	from, until string // as row.at; empty: no bound
	after, upTo int64  // sequence numbers: after is out, upTo is in
	newest      bool
	limit       int
	lead        bool
}

// selectionOf understands a query.
func (t *tail) selectionOf(q event.Query) (selection, error) {
	s := selection{
		check: valid(q.Check), outages: q.Outages, from: bound(q.From), until: bound(q.Until), upTo: math.MaxInt64,
		newest: q.Newest, limit: bounded(q.Limit), lead: q.Lead && !q.From.IsZero(),
	}
	if q.Lead && q.Check == "" {
		return selection{}, errors.New("query of changes: what comes before is of one check")
	}
	if q.Limit == 0 {
		s.limit = MaxRead
	}
	var err error
	if s.after, err = t.place(q.After); err != nil {
		return selection{}, err
	}
	if q.Before != "" {
		s.upTo, err = t.place(q.Before)
	}
	return s, err
}

// before returns the selection of the newest change before s begins.
func (s selection) before() selection {
	s.from, s.until, s.newest, s.limit = "", s.from, true, 1
	return s
}

// takes reports whether s selects a row.
func (s selection) takes(r row) bool {
	return r.columns.Check != "" && (s.check == "" || s.check == r.columns.Check) && (!s.outages || r.turns()) &&
		(s.from == "" || r.at >= s.from) && (s.until == "" || r.at < s.until) && r.seq > s.after && r.seq <= s.upTo
}

// turns reports whether r says that an outage began or ended.
func (r row) turns() bool {
	c := r.columns
	return c.Kind == "change" && (c.From == string(health.Unhealthy) || c.To == string(health.Unhealthy))
}

// bound returns a time as row.at sorts: years that no entry has come before or
// after all others.
func bound(t time.Time) string {
	switch t = t.UTC(); {
	case t.IsZero():
		return ""
	case t.Year() < 0:
		return "-"
	case t.Year() > 9999:
		return "A"
	}
	return t.Format(timeFormat)
}
