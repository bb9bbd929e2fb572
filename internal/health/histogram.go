package health

import (
	"math"
	"slices"
	"time"
)

// A Histogram is a count of durations by size, as Prometheus has them.
type Histogram struct {
	Bounds []float64 // upper bounds in seconds, ascending; shared, not to be modified
	Counts []uint64  // per bound, not summed up, and one more for those above all
	Sum    float64   // seconds
}

// NewHistogram returns an empty histogram with these upper bounds in seconds,
// at least one.
func NewHistogram(bounds []float64) Histogram {
	return Histogram{Bounds: bounds, Counts: make([]uint64, len(bounds)+1)}
}

// Observe counts one duration. It is not safe for concurrent use.
func (h *Histogram) Observe(d time.Duration) {
	s := d.Seconds()
	i := 0
	for i < len(h.Bounds) && s > h.Bounds[i] {
		i++
	}
	h.Counts[i]++
	h.Sum += s
}

// Total returns how many durations were observed.
func (h *Histogram) Total() uint64 {
	var n uint64
	for _, c := range h.Counts {
		n += c
	}
	return n
}

// Clone returns a copy that later observations do not change.
func (h *Histogram) Clone() Histogram {
	return Histogram{h.Bounds, slices.Clone(h.Counts), h.Sum}
}

// Quantile returns an upper bound of the q-th quantile in seconds, 0 <= q <= 1:
// the bound of the bucket that it falls into, and the last bound for those
// above all. It is 0 when nothing was observed.
func (h *Histogram) Quantile(q float64) float64 {
	rank, seen := uint64(math.Ceil(q*float64(h.Total()))), uint64(0)
	for i, c := range h.Counts[:len(h.Bounds)] {
		if seen += c; seen >= rank && seen > 0 {
			return h.Bounds[i]
		}
	}
	if h.Total() == 0 {
		return 0
	}
	return h.Bounds[len(h.Bounds)-1]
}
