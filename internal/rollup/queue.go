package rollup

import (
	"sync"

	"github.com/portreeve/portreeve/internal/history"
)

const (
	// maxWaiting is how many buckets wait for the store at most: eight megabytes.
	// Those of 10,000 checks wait for ten minutes, those of 100 for most of a day.
	maxWaiting = 20_000
	// batch is how many buckets are written at once.
	batch = 500
)

// A queue holds finished buckets that are not written yet, the oldest first. It
// is safe for concurrent use; one goroutine takes from it.
type queue struct {
	mu      sync.Mutex
	waiting []history.Latency
	first   uint64 // how many came before the first that waits
	dropped uint64
}

// add appends a bucket, and drops the oldest when there are too many.
func (q *queue) add(l history.Latency) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if len(q.waiting) >= maxWaiting {
		q.drop(len(q.waiting) - maxWaiting + 1)
		q.dropped++
	}
	q.waiting = append(q.waiting, l)
}

// drop forgets the n oldest.
func (q *queue) drop(n int) {
	clear(q.waiting[:n])
	q.waiting = q.waiting[n:]
	q.first += uint64(n)
	if len(q.waiting) == 0 {
		q.waiting = nil
	}
}

// next returns a copy of the oldest, and a mark for written.
func (q *queue) next() (some []history.Latency, mark uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.waiting), batch)
	return append(some, q.waiting[:n]...), q.first + uint64(n)
}

// written forgets those that came before a mark, if they have not been dropped
// meanwhile.
func (q *queue) written(mark uint64) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if mark > q.first {
		q.drop(int(mark - q.first))
	}
}

// of returns those of a check.
func (q *queue) of(check string) (found []history.Latency) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for i := range q.waiting {
		if q.waiting[i].Check == check {
			found = append(found, q.waiting[i])
		}
	}
	return found
}
