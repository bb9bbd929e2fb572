package journal

import (
	"cmp"
	"context"
	"math"
	"slices"
	"time"

	"github.com/portreeve/portreeve/internal/history"
)

// keepLatencies is how many stretches of response times a Memory keeps at
// least; it drops the oldest when there are half as many more.
const keepLatencies = 10_000

// A latencyMap holds what was counted of response times, by check and sorted by
// time and span.
type latencyMap map[string][]history.Latency

// AddLatency implements [Journal].
func (m *Memory) AddLatency(ctx context.Context, counts []history.Latency) error {
	for _, l := range counts {
		if _, err := spanOf(l); err != nil {
			return err
		}
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if err := m.tail.alive(ctx); err != nil {
		return err
	}
	for _, l := range counts {
		l.Check, l.At = valid(l.Check), l.At.UTC()
		m.latencies.add(l)
	}
	if m.latencies.count() > keepLatencies*3/2 {
		m.latencies.prune(Retention{Latency: keepLatencies}, time.Time{})
	}
	return nil
}

// add adds counts to those of the same span, and drops those within it.
func (m latencyMap) add(l history.Latency) {
	end := l.At.Add(l.Span)
	list := slices.DeleteFunc(m[l.Check], func(o history.Latency) bool {
		return o.Span < l.Span && !o.At.Before(l.At) && !o.At.Add(o.Span).After(end)
	})
	i, same := slices.BinarySearchFunc(list, l, bySpan)
	if same {
		list[i].Merge(&l.Sketch)
	} else {
		list = slices.Insert(list, i, l)
	}
	m[l.Check] = list
}

// bySpan sorts by time, and the short before the long.
func bySpan(a, b history.Latency) int {
	return cmp.Or(a.At.Compare(b.At), cmp.Compare(a.Span, b.Span))
}

// Latency implements [Journal].
func (m *Memory) Latency(ctx context.Context, check string, from, until time.Time) ([]history.Latency, error) {
	if err := m.tail.alive(ctx); err != nil {
		return nil, err
	}
	m.mu.RLock()
	defer m.mu.RUnlock()
	first, last := nanoseconds(from, 0), nanoseconds(until, math.MaxInt64)
	var found []history.Latency
	for _, l := range m.latencies[valid(check)] {
		if at := l.At.UnixNano(); at >= first && at < last {
			found = append(found, l)
		}
	}
	return found, nil
}

// count returns how many stretches there are.
func (m latencyMap) count() (n int) {
	for _, list := range m {
		n += len(list)
	}
	return n
}

// prune drops what a retention does not keep.
func (m latencyMap) prune(keep Retention, now time.Time) {
	var all []history.Latency
	for check := range m {
		m.drop(check, func(l history.Latency) bool { return keep.Age > 0 && l.At.Before(now.Add(-keep.Age)) })
		all = append(all, m[check]...)
	}
	if keep.Latency <= 0 || len(all) <= keep.Latency {
		return
	}
	slices.SortFunc(all, bySpan)
	first := all[len(all)-keep.Latency].At
	for check := range m {
		m.drop(check, func(l history.Latency) bool { return l.At.Before(first) })
	}
}

// drop drops some of a check's.
func (m latencyMap) drop(check string, which func(history.Latency) bool) {
	if m[check] = slices.DeleteFunc(m[check], which); len(m[check]) == 0 {
		delete(m, check)
	}
}
