package health

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

func TestHistogramCountsByUpperBounds(t *testing.T) {
	h := NewHistogram([]float64{0.001, 0.01, 0.1})
	for _, d := range []time.Duration{0, time.Microsecond, time.Millisecond, time.Millisecond + 1, 10 * time.Millisecond, 50 * time.Millisecond, time.Second} {
		h.Observe(d)
	}
	if want := []uint64{3, 2, 1, 1}; !slices.Equal(h.Counts, want) {
		t.Errorf("counts %v, want %v: a bound is part of its bucket", h.Counts, want)
	}
	if h.Total() != 7 || math.Abs(h.Sum-1.062001001) > 1e-9 {
		t.Errorf("%d in all, %v seconds", h.Total(), h.Sum)
	}
}

func TestCloneIsApart(t *testing.T) {
	h := NewHistogram([]float64{1})
	h.Observe(time.Second)
	c := h.Clone()
	h.Observe(time.Second)
	if c.Total() != 1 || c.Sum != 1 || h.Total() != 2 {
		t.Errorf("clone %+v of %+v", c, h)
	}
}

func TestQuantile(t *testing.T) {
	h := NewHistogram([]float64{1, 2, 3})
	if got := h.Quantile(0.99); got != 0 {
		t.Errorf("of nothing: %v", got)
	}
	for range 97 {
		h.Observe(time.Second)
	}
	h.Observe(2 * time.Second)
	h.Observe(3 * time.Second)
	h.Observe(time.Hour)
	for q, want := range map[float64]float64{0: 1, 0.5: 1, 0.97: 1, 0.975: 2, 0.98: 2, 0.99: 3, 0.995: 3, 1: 3} {
		if got := h.Quantile(q); got != want {
			t.Errorf("%v quantile = %v, want %v", q, got, want)
		}
	}
}

// TestQuantileIsAnUpperBound of the exact one, and the least that the buckets
// can tell.
func TestQuantileIsAnUpperBound(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		h := NewHistogram([]float64{1, 2, 4, 8, 1000})
		seconds := rapid.SliceOfN(rapid.IntRange(0, 1000), 1, 300).Draw(t, "seconds")
		for _, s := range seconds {
			h.Observe(time.Duration(s) * time.Second)
		}
		slices.Sort(seconds)
		q := rapid.SampledFrom([]float64{0.01, 0.25, 0.5, 0.9, 0.99, 1}).Draw(t, "q")
		exact := float64(seconds[int(math.Ceil(q*float64(len(seconds))))-1])
		got := h.Quantile(q)
		i := slices.Index(h.Bounds, got)
		if got < exact || i > 0 && h.Bounds[i-1] >= exact {
			t.Fatalf("%v quantile of %v = %v, exactly %v", q, seconds, got, exact)
		}
	})
}
