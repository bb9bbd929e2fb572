package journal

import (
	"context"
	"slices"
)

// A standbyLedger judges by what memory knows, and collects what is new.
type standbyLedger struct {
	ctx   context.Context
	s     *Standby
	fresh []row
}

func (l *standbyLedger) head(stream string) (uint64, error) {
	l.s.mu.RLock()
	defer l.s.mu.RUnlock()
	return l.s.standing.heads[stream].number, nil
}

func (l *standbyLedger) stored(stream string, number uint64) (row, bool, error) {
	if i := slices.IndexFunc(l.fresh, func(r row) bool { return r.number == number && r.stream == stream }); i >= 0 {
		return l.fresh[i], true, nil
	}
	l.s.mu.RLock()
	r, ok := l.s.newest.find(stream, number)
	engine := l.s.engine
	l.s.mu.RUnlock()
	if ok {
		return r, true, nil
	}
	if engine == nil {
		return row{}, false, l.s.Trouble()
	}
	r, ok, err := one(engine.reader.QueryContext(l.ctx, entryTable.find()+`WHERE stream = ? AND number = ?`, stream, int64(number)))
	return r, ok, l.s.read(engine, err)
}

// judged has no meaning here: the file's view judges when the row is saved.
func (l *standbyLedger) judged(string) (verdict, error) { return silent, nil }

func (l *standbyLedger) add(r row) error {
	r.healthy = silent
	l.fresh = append(l.fresh, r)
	return nil
}
