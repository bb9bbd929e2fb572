package journal

import (
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/event"
)

// Read implements [Journal].
func (m *Memory) Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error) {
	if err := m.tail.alive(ctx); err != nil {
		return nil, err
	}
	seq, err := m.tail.place(after)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	i, _ := slices.BinarySearchFunc(m.rows, seq+1, func(r row, seq int64) int { return int(r.seq - seq) })
	rows := slices.Clone(m.rows[i:min(i+bounded(limit), len(m.rows))])
	m.mu.RUnlock()
	return m.tail.record(rows)
}

// Recent implements [Journal].
func (m *Memory) Recent(ctx context.Context, limit int) ([]event.Recorded, error) {
	if err := m.tail.alive(ctx); err != nil {
		return nil, err
	}
	m.mu.RLock()
	rows := slices.Clone(m.rows[max(0, len(m.rows)-bounded(limit)):])
	m.mu.RUnlock()
	return m.tail.record(rows)
}

// Changes implements [Journal].
func (m *Memory) Changes(ctx context.Context, q event.Query) ([]event.Recorded, error) {
	if err := m.tail.alive(ctx); err != nil {
		return nil, err
	}
	s, err := m.tail.selectionOf(q)
	if err != nil {
		return nil, err
	}
	m.mu.RLock()
	rows := m.selected(s)
	if s.lead {
		rows = append(m.selected(s.before()), rows...)
	}
	m.mu.RUnlock()
	return m.tail.record(rows)
}

// selected returns the rows of a selection, ascending.
func (m *Memory) selected(s selection) (rows []row) {
	for i := 0; i < len(m.rows) && len(rows) < s.limit; i++ {
		r := m.rows[i]
		if s.newest {
			r = m.rows[len(m.rows)-1-i]
		}
		if s.takes(r) {
			rows = append(rows, r)
		}
	}
	if s.newest {
		slices.Reverse(rows)
	}
	return rows
}

// Head implements [Journal].
func (m *Memory) Head(ctx context.Context, stream string) (event.Entry, bool, error) {
	if err := m.tail.alive(ctx); err != nil {
		return event.Entry{}, false, err
	}
	m.mu.RLock()
	r, ok := m.heads[stream]
	m.mu.RUnlock()
	if !ok {
		return event.Entry{}, false, nil
	}
	e, err := r.entry()
	return e, err == nil, err
}

// Heads implements [Journal].
func (m *Memory) Heads(ctx context.Context, prefix string) ([]event.Entry, error) {
	if err := m.tail.alive(ctx); err != nil {
		return nil, err
	}
	m.mu.RLock()
	var rows []row
	for _, stream := range slices.Sorted(maps.Keys(m.heads)) {
		if strings.HasPrefix(stream, prefix) {
			rows = append(rows, m.heads[stream])
		}
	}
	m.mu.RUnlock()
	return entriesOf(rows)
}
