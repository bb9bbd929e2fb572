package journal

import "slices"

// A memoryLedger is a Memory whose lock is held.
type memoryLedger Memory

func (m *memoryLedger) head(stream string) (uint64, error) { return m.heads[stream].number, nil }

func (m *memoryLedger) stored(stream string, number uint64) (row, bool, error) {
	i := slices.IndexFunc(m.rows, func(s row) bool { return s.number == number && s.stream == stream })
	if i < 0 {
		return row{}, false, nil
	}
	return m.rows[i], true, nil
}

func (m *memoryLedger) judged(check string) (verdict, error) { return m.states[check].healthy, nil }

func (m *memoryLedger) add(r row) error {
	m.rows = append(m.rows, r)
	m.heads[r.stream] = r
	if r.healthy != silent {
		m.states[r.columns.Check] = r
	}
	if r.turns() {
		m.turns[r.columns.Check] = r.seq
	}
	return nil
}
