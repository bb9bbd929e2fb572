package rollup

import (
	"sync"
	"time"

	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/history"
)

const (
	fine   = 5 * time.Minute
	coarse = time.Hour
	// latest is the end of the years that every store takes, in seconds since 1970.
	latest = 7_258_118_400 // 2200-01-01
)

// A slot is a stretch of five minutes of the wall clock, counted from 1970. 0 is
// none.
type slot int64

// slotOf returns the slot of a time, 0 when it is none that stores take: from a
// clock that was never set.
func slotOf(t time.Time) slot {
	if s := t.Unix(); s > 0 && s < latest {
		return slot(s / int64(fine/time.Second))
	}
	return 0
}

func (s slot) begin() time.Time { return time.Unix(int64(s)*int64(fine/time.Second), 0).UTC() }

// A bucket is what one check is counted in now.
type bucket struct {
	mu     sync.Mutex
	last   *health.Result // the one that was seen last
	at     slot           // 0: nothing is in it
	sketch history.Sketch
}

// add counts a result that is another than the last, and returns whether the
// bucket must be finished first, for it is of another time.
func (b *bucket) add(r *health.Result) (stale bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if r == b.last {
		return false
	}
	at := slotOf(r.At)
	if at == 0 || !counts(r) {
		b.last = r
		return false
	}
	if b.at != 0 && b.at != at {
		return true
	}
	b.last, b.at = r, at
	b.sketch.Add(time.Duration(r.Took))
	return false
}

// take empties the bucket, if there is anything in it.
func (b *bucket) take(check string) (history.Latency, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	l, ok := b.latency(check)
	b.at, b.sketch = 0, history.Sketch{}
	return l, ok
}

// peek returns what is in the bucket, if there is anything.
func (b *bucket) peek(check string) (history.Latency, bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.latency(check)
}

func (b *bucket) latency(check string) (history.Latency, bool) {
	return history.Latency{Check: check, At: b.at.begin(), Span: fine, Sketch: b.sketch}, b.at != 0
}

// over reports whether no answer is to be expected any more for what is in the
// bucket: its time is over for a while, or has not come, for the clock was set
// back.
func (b *bucket) over(now time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.at != 0 && (b.at < slotOf(now.Add(-slack)) || b.at > slotOf(now))
}

// counts reports whether a result tells how long an answer took: it passed, or
// the target answered, though not well. A refusal, silence, and what was void for
// a fault of our own tell nothing of that.
func counts(r *health.Result) bool {
	if r.Verdict.Up() {
		return true
	}
	return r.Verdict == health.Fail && !r.Reason.Silent() && r.Answer != nil && (r.Answer.HTTP != nil || r.Answer.TLS != nil)
}
