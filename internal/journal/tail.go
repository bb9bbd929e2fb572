package journal

import (
	"context"
	"fmt"
	"sync"

	"github.com/portreeve/portreeve/internal/event"
)

// A tail is the growing end of a journal: it gives cursors out, takes them
// back, and wakes those who wait for more. It is safe for concurrent use.
type tail struct {
	id identity

	mu    sync.Mutex
	last  int64         // sequence number of the newest entry; 0 without one
	moved chan struct{} // closed when last grows, then replaced
	done  chan struct{} // closed when the journal is
}

func newTail(id identity, last int64) *tail {
	return &tail{id: id, last: last, moved: make(chan struct{}), done: make(chan struct{})}
}

// advance says that entries up to seq can be read. No cursor beyond may be
// given out before.
func (t *tail) advance(seq int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if seq > t.last {
		t.last = seq
		close(t.moved)
		t.moved = make(chan struct{})
	}
}

// end returns the sequence number of the newest entry, 0 without one.
func (t *tail) end() int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	return t.last
}

// place returns the sequence number that a cursor stands after. A cursor past
// the end is unknown too: an older copy of the journal has been put back.
func (t *tail) place(c event.Cursor) (int64, error) {
	seq, err := t.id.seq(c)
	if err != nil {
		return 0, err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	if seq < 0 || seq > t.last {
		return 0, fmt.Errorf("%w: the journal ends before it", event.ErrCursor)
	}
	return seq, nil
}

// record returns rows as readers get them.
func (t *tail) record(rows []row) ([]event.Recorded, error) {
	entries := make([]event.Recorded, len(rows))
	for i, r := range rows {
		e, err := r.entry()
		if err != nil {
			return nil, err
		}
		entries[i] = event.Recorded{Entry: e, Cursor: t.id.cursor(r.seq)}
	}
	return entries, nil
}

// wait returns when the journal goes on after a cursor, ends, or ctx does.
func (t *tail) wait(ctx context.Context, after event.Cursor) error {
	seq, err := t.place(after)
	if err != nil {
		return err
	}
	for {
		t.mu.Lock()
		last, moved := t.last, t.moved
		t.mu.Unlock()
		if err := t.alive(ctx); err != nil || last > seq {
			return err
		}
		select {
		case <-moved:
		case <-t.done:
		case <-ctx.Done():
		}
	}
}

// alive returns ErrClosed for a closed journal, else ctx's error.
func (t *tail) alive(ctx context.Context) error {
	select {
	case <-t.done:
		return ErrClosed
	default:
		return ctx.Err()
	}
}

// close ends the journal and reports whether it was open.
func (t *tail) close() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	select {
	case <-t.done:
		return false
	default:
		close(t.done)
		return true
	}
}
