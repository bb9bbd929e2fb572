package mirror

import (
	"context"
	"fmt"
	"slices"

	"github.com/portreeve/portreeve/internal/event"
)

// latestQuery finds the newest row of every stream.
const latestQuery = `SELECT e.stream, e.number, e.at, e.at_nanos, e.observer, e.body FROM portreeve_entry e
	JOIN (SELECT stream AS s, max(number) AS n FROM portreeve_entry GROUP BY stream) newest ON e.stream = newest.s AND e.number = newest.n
	ORDER BY e.seq`

// Latest returns the newest entry of every stream in the mirror, in its order,
// and none if nobody has written it yet. A new, empty journal that adopts
// them, before anything else is appended, becomes the successor of the journal
// that the mirror had: Run then goes on after them.
//
// While the server cannot be reached, Latest tries again until ctx ends. Its
// errors are of type [*Error].
func (m *Mirror) Latest(ctx context.Context) ([]event.Entry, error) {
	for try := 1; ; try++ {
		entries, err := m.latest(ctx)
		if err == nil {
			return entries, nil
		}
		problem := m.dsn.problem(err)
		if class(problem) != nil || ctx.Err() != nil {
			return nil, problem
		}
		sleep(ctx, delay(try))
		if ctx.Err() != nil {
			return nil, problem // what is wrong, not that time is over
		}
	}
}

func (m *Mirror) latest(ctx context.Context) ([]event.Entry, error) {
	conn, err := m.db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	s := &session{mirror: m, dialect: m.dsn.dialect, conn: conn}
	defer s.close()
	taken, err := s.taken(ctx)
	if err != nil || !slices.Contains(taken, "portreeve_entry") {
		return nil, err
	}
	rows, err := scanAll(conn.QueryContext(ctx, latestQuery))
	if err != nil {
		return nil, fmt.Errorf("read newest entries: %w", err)
	}
	entries := make([]event.Entry, len(rows))
	for i, r := range rows {
		if entries[i], err = r.decoded(); err != nil {
			return nil, err
		}
	}
	return entries, nil
}

// succession decides whether a journal goes on after the one whose mirror it
// is: its first entries are the newest of every stream in the mirror, which it
// has adopted. It returns the place after them.
func succession(ctx context.Context, q querier, source Source) (event.Cursor, error) {
	found, err := scanAll(q.QueryContext(ctx, latestQuery))
	if err != nil {
		return "", fmt.Errorf("read newest entries: %w", err)
	}
	newest := map[string]row{}
	for _, r := range found {
		newest[r.stream] = r
	}
	var place event.Cursor
	for len(newest) > 0 {
		entries, err := source.Read(ctx, place, min(len(newest), batchRows))
		if err != nil {
			return "", fmt.Errorf("read journal: %w", err)
		}
		if len(entries) == 0 {
			return "", ErrOther
		}
		for _, e := range entries {
			r, err := rowOf(e.Entry)
			there, ok := newest[r.stream]
			if err != nil || !ok || there.number != r.number || !there.same(r) {
				return "", ErrOther
			}
			delete(newest, r.stream)
			place = e.Cursor
		}
	}
	return place, nil
}
