package journal

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"

	"github.com/portreeve/portreeve/internal/event"
)

// keepInMemory is how many of the newest entries a Memory keeps.
const keepInMemory = 10_000

// A Memory is a journal that lives as long as the process. It keeps at least
// the newest 10,000 entries, at most half as many more, and besides them the
// newest entry of every stream. A reader that falls further behind goes on
// with the oldest entry that is left; an entry that was dropped can no longer
// be told from a conflict when it is appended again.
type Memory struct {
	tail *tail

	mu      sync.RWMutex
	rows    []row          // ascending by seq
	heads   map[string]row // newest of each stream
	readers map[string]int64
	next    int64
	full    int // number of rows at which the oldest are dropped
}

var _ Journal = (*Memory)(nil)

// NewMemory returns an empty journal.
func NewMemory() *Memory {
	var id identity
	rand.Read(id[:]) // never fails
	return &Memory{
		tail: newTail(id, 0), heads: map[string]row{}, readers: map[string]int64{},
		next: 1, full: keepInMemory * 3 / 2,
	}
}

// Append implements [Journal].
func (m *Memory) Append(ctx context.Context, entries []event.Entry) ([]event.Outcome, error) {
	rows, err := encode(entries)
	if err != nil {
		return nil, err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.tail.alive(ctx); err != nil {
		return nil, err
	}
	outcomes, err := appendTo((*memoryLedger)(m), rows)
	m.tail.advance(m.next - 1)
	m.prune()
	return outcomes, err
}

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

// Position implements [Journal].
func (m *Memory) Position(ctx context.Context, reader string) (event.Cursor, error) {
	if err := m.tail.alive(ctx); err != nil {
		return "", err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if seq, ok := m.readers[reader]; ok {
		return m.tail.id.cursor(seq), nil
	}
	return "", nil
}

// Advance implements [Journal].
func (m *Memory) Advance(ctx context.Context, reader string, to event.Cursor) error {
	if err := m.tail.alive(ctx); err != nil {
		return err
	}
	seq, err := m.tail.place(to)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.readers[reader] = seq
	return nil
}

// Wait implements [Journal].
func (m *Memory) Wait(ctx context.Context, after event.Cursor) error { return m.tail.wait(ctx, after) }

// Close implements [Journal]. What was kept is gone.
func (m *Memory) Close() error {
	m.tail.close()
	return nil
}

// prune drops the oldest rows that are no stream's newest, but not on every
// append, so that it costs each little.
func (m *Memory) prune() {
	if len(m.rows) < m.full {
		return
	}
	old := len(m.rows) - keepInMemory
	kept := slices.DeleteFunc(slices.Clone(m.rows[:old]), func(r row) bool { return m.heads[r.stream].seq != r.seq })
	m.rows = slices.Concat(kept, m.rows[old:])
	m.full = len(m.rows) + keepInMemory/2
}

// bounded returns limit within 0 and MaxRead.
func bounded(limit int) int { return min(max(limit, 0), MaxRead) }

// A memoryLedger is a Memory whose lock is held.
type memoryLedger Memory

func (m *memoryLedger) head(stream string) (uint64, error) { return m.heads[stream].number, nil }

func (m *memoryLedger) holds(r row) (bool, error) {
	i := slices.IndexFunc(m.rows, func(s row) bool { return s.number == r.number && s.stream == r.stream })
	return i >= 0 && m.rows[i].same(r), nil
}

func (m *memoryLedger) add(r row) error {
	r.seq, r.said = m.next, content{} // the caller's pointers are not kept
	m.next++
	m.rows = append(m.rows, r)
	m.heads[r.stream] = r
	return nil
}
