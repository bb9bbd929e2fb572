package journal

import (
	"sync"

	"github.com/portreeve/portreeve/internal/event"
)

// A queue holds entries in order until they are stored. It is bounded by
// their number and by their size as JSON; when it is full, the oldest stay.
// It is safe for concurrent use.
type queue struct {
	maxEntries int
	maxBytes   int

	mu     sync.Mutex
	items  []item // oldest first
	bytes  int
	closed bool
	news   chan struct{} // holds a token after a put
}

type item struct {
	entry event.Entry
	bytes int
}

func newQueue(maxEntries, maxBytes int) *queue {
	return &queue{maxEntries: maxEntries, maxBytes: maxBytes, news: make(chan struct{}, 1)}
}

// put adds an entry and reports whether there was room.
func (q *queue) put(e event.Entry, bytes int) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.closed || len(q.items) >= q.maxEntries || q.bytes+bytes > q.maxBytes {
		return false
	}
	q.items = append(q.items, item{e, bytes})
	q.bytes += bytes
	select {
	case q.news <- struct{}{}:
	default:
	}
	return true
}

// oldest returns copies of the first n entries, or of all when there are
// fewer. They stay in the queue until they are removed.
func (q *queue) oldest(n int) []event.Entry {
	q.mu.Lock()
	defer q.mu.Unlock()
	entries := make([]event.Entry, min(n, len(q.items)))
	for i := range entries {
		entries[i] = q.items[i].entry
	}
	return entries
}

// remove takes the first n entries off.
func (q *queue) remove(n int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, it := range q.items[:n] {
		q.bytes -= it.bytes
	}
	clear(q.items[:n])
	q.items = q.items[n:]
	if len(q.items) == 0 {
		q.items = nil // a flood's array is not kept
	}
}

// closeEmpty closes the queue if nothing is in it and reports whether it is
// closed: no put comes between the look and the closing.
func (q *queue) closeEmpty() bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.closed = q.closed || len(q.items) == 0
	return q.closed
}

// close closes the queue and returns how many entries were still in it.
func (q *queue) close() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := len(q.items)
	q.items, q.bytes, q.closed = nil, 0, true
	return n
}

func (q *queue) len() int {
	q.mu.Lock()
	defer q.mu.Unlock()
	return len(q.items)
}
