package journal

import (
	"bytes"
	"context"
	"maps"
	"slices"

	"github.com/portreeve/portreeve/internal/event"
)

// A memoryReader is what a Memory knows of a reader.
type memoryReader struct {
	seq   int64 // it has done with the entries up to here
	notes map[string][]byte
}

// Position implements [Journal].
func (m *Memory) Position(ctx context.Context, reader string) (event.Cursor, error) {
	if err := m.tail.alive(ctx); err != nil {
		return "", err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	if r, ok := m.readers[reader]; ok {
		return m.tail.id.cursor(r.seq), nil
	}
	return "", nil
}

// Advance implements [Journal].
func (m *Memory) Advance(ctx context.Context, reader string, to event.Cursor, notes ...event.Note) error {
	if err := m.tail.alive(ctx); err != nil {
		return err
	}
	seq, err := m.tail.place(to)
	if err != nil {
		return err
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	r, ok := m.readers[reader]
	if !ok {
		r = &memoryReader{notes: map[string][]byte{}}
		m.readers[reader] = r
	}
	r.seq = seq
	for _, n := range notes {
		if n.Value == nil {
			delete(r.notes, n.Key)
		} else {
			r.notes[n.Key] = bytes.Clone(n.Value)
		}
	}
	return nil
}

// Notes implements [Journal].
func (m *Memory) Notes(ctx context.Context, reader string) ([]event.Note, error) {
	if err := m.tail.alive(ctx); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	r, ok := m.readers[reader]
	if !ok {
		return nil, nil
	}
	var notes []event.Note
	for _, key := range slices.Sorted(maps.Keys(r.notes)) {
		notes = append(notes, event.Note{Key: key, Value: bytes.Clone(r.notes[key])})
	}
	return notes, nil
}
