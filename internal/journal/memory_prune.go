package journal

import (
	"context"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// Prune is as [SQLite.Prune].
func (m *Memory) Prune(ctx context.Context, keep Retention) (int, error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.tail.alive(ctx); err != nil {
		return 0, err
	}
	now := time.Now()
	m.latencies.prune(keep, now)
	return keep.entries(ctx, (*memoryPruner)(m), now)
}

// A memoryPruner is a Memory whose lock is held.
type memoryPruner Memory

func (m *memoryPruner) slowest(context.Context) (int64, error) {
	slowest := m.tail.end()
	for _, r := range m.readers {
		slowest = min(slowest, r.seq)
	}
	return slowest, nil
}

func (m *memoryPruner) count(context.Context) (int, error) { return len(m.rows), nil }

func (m *memoryPruner) sweep(_ context.Context, w sweep) (int, error) {
	all, following := m.rows, (*Memory)(m).following()
	m.rows = nil
	for i, r := range all {
		next, ok := following[r.seq]
		if i < w.most && r.seq <= w.upTo && r.at < w.before && ok && next < w.before && !(*Memory)(m).needed(r) {
			continue
		}
		m.rows = append(m.rows, r)
	}
	return len(all) - len(m.rows), nil
}

// following returns the time of the next entry in its stream, for each that has
// one.
func (m *Memory) following() map[int64]string {
	at, next := map[int64]string{}, map[string]string{}
	for _, r := range slices.Backward(m.rows) {
		if later, ok := next[r.stream]; ok {
			at[r.seq] = later
		}
		next[r.stream] = r.at
	}
	return at
}

// needed reports whether r is to stay however old it is.
func (m *Memory) needed(r row) bool {
	check := r.columns.Check
	return m.heads[r.stream].seq == r.seq || check != "" &&
		(m.states[check].seq == r.seq || m.turns[check] == r.seq && r.columns.To == string(health.Unhealthy))
}

// shed drops the oldest rows, but not on every append, so that it costs each
// little.
func (m *Memory) shed() {
	if len(m.rows) < m.full {
		return
	}
	old := len(m.rows) - keepInMemory
	kept := slices.DeleteFunc(slices.Clone(m.rows[:old]), func(r row) bool { return !m.needed(r) })
	m.rows = slices.Concat(kept, m.rows[old:])
	m.full = len(m.rows) + keepInMemory/2
}
