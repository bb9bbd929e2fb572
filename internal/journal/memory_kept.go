package journal

import (
	"bytes"
	"context"
	"maps"
	"slices"
	"strings"

	"github.com/portreeve/portreeve/internal/event"
)

// Keep implements [Journal].
func (m *Memory) Keep(ctx context.Context, key string, value []byte, revision uint64) (uint64, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.tail.alive(ctx); err != nil {
		return 0, err
	}
	if m.kept[key].Revision != revision {
		return 0, ErrRevision
	}
	if value == nil {
		delete(m.kept, key)
		return 0, nil
	}
	m.revision++
	m.kept[key] = event.Kept{Key: key, Value: bytes.Clone(value), Revision: m.revision}
	return m.revision, nil
}

// Kept implements [Journal].
func (m *Memory) Kept(ctx context.Context, prefix string) ([]event.Kept, error) {
	if err := m.tail.alive(ctx); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	var all []event.Kept
	for _, key := range slices.Sorted(maps.Keys(m.kept)) {
		if strings.HasPrefix(key, prefix) {
			k := m.kept[key]
			k.Value = bytes.Clone(k.Value)
			all = append(all, k)
		}
	}
	return all, nil
}
