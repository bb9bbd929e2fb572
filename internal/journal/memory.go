package journal

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"sync"

	"github.com/portreeve/portreeve/internal/event"
)

// keepInMemory is how many of the newest entries a Memory keeps.
const keepInMemory = 10_000

// A Memory is a journal that lives as long as the process. It keeps at least
// the newest 10,000 entries, at most half as many more, and besides them what
// [SQLite.Prune] keeps of every check and stream. A reader that falls further
// behind goes on with the oldest entry that is left; an entry that was dropped
// can no longer be told from a conflict when it is appended again.
type Memory struct {
	tail *tail

	mu        sync.RWMutex
	rows      []row            // ascending by seq
	heads     map[string]row   // newest of each stream
	states    map[string]row   // newest of each check that the view `state` would have
	turns     map[string]int64 // of each check: its newest beginning or end of an outage
	readers   map[string]*memoryReader
	kept      map[string]event.Kept
	revision  uint64 // the highest that a kept value has had
	latencies latencyMap
	full      int // number of rows at which the oldest are dropped
}

var _ Journal = (*Memory)(nil)

// NewMemory returns an empty journal.
func NewMemory() *Memory {
	var id identity
	rand.Read(id[:]) // never fails
	return &Memory{
		tail: newTail(id, 0), heads: map[string]row{}, states: map[string]row{}, turns: map[string]int64{},
		readers: map[string]*memoryReader{}, kept: map[string]event.Kept{}, latencies: latencyMap{}, full: keepInMemory * 3 / 2,
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
	outcomes, last, err := appendTo((*memoryLedger)(m), m.tail.end(), rows)
	m.tail.advance(last)
	m.shed()
	return outcomes, err
}

// Adopt implements [Journal].
func (m *Memory) Adopt(ctx context.Context, entries []event.Entry) error {
	rows, err := encodeHeads(entries)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.tail.alive(ctx); err != nil {
		return err
	}
	if m.tail.end() > 0 {
		return ErrNotEmpty
	}
	last, err := adopt((*memoryLedger)(m), rows)
	m.tail.advance(last)
	return err
}

// Identity implements [Journal].
func (m *Memory) Identity() string { return hex.EncodeToString(m.tail.id[:]) }

// Wait implements [Journal].
func (m *Memory) Wait(ctx context.Context, after event.Cursor) error { return m.tail.wait(ctx, after) }

// Close implements [Journal]. What was kept is gone.
func (m *Memory) Close() error {
	m.tail.close()
	return nil
}

// bounded returns limit within 0 and MaxRead.
func bounded(limit int) int { return min(max(limit, 0), MaxRead) }
