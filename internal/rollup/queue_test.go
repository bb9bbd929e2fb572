package rollup

import (
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/history"
)

// TestTheOldestAreDropped when too many wait, and counted; what was dropped
// while it was being written is not dropped twice.
func TestTheOldestAreDropped(t *testing.T) {
	var q queue
	for i := range maxWaiting {
		q.add(history.Latency{At: time.Unix(int64(i), 0)})
	}
	some, mark := q.next()
	if len(some) != batch || q.dropped != 0 {
		t.Fatalf("%d at once, %d dropped", len(some), q.dropped)
	}
	for i := range 3 {
		q.add(history.Latency{At: time.Unix(int64(maxWaiting+i), 0)})
	}
	if q.dropped != 3 || len(q.waiting) != maxWaiting {
		t.Errorf("%d dropped, %d wait", q.dropped, len(q.waiting))
	}
	q.written(mark)
	if got := q.waiting[0].At.Unix(); got != batch {
		t.Errorf("after %d were written, the first is %d", batch, got)
	}
	q.written(mark)
	if len(q.waiting) != maxWaiting+3-batch {
		t.Errorf("%d wait", len(q.waiting))
	}
	for len(q.waiting) > 0 {
		_, mark := q.next()
		q.written(mark)
	}
	if some, _ := q.next(); len(some) > 0 {
		t.Errorf("%d are left", len(some))
	}
}
