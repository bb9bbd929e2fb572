package history

import (
	"math"
	"time"
)

// The sizes that a [Sketch] tells apart: from 100 µs to 120 s, in steps of a
// quarter of a doubling.
const (
	sketchLeast   = 100 * time.Microsecond
	sketchMost    = 120 * time.Second
	sketchPerOct  = 4  // steps to a doubling: growth of 2^(1/4) = 1.189
	sketchBuckets = 81 // ceil(4·log2(120 s / 100 µs))
	sketchBelow   = 0  // index of what is below sketchLeast
	sketchAbove   = sketchBuckets + 1
	sketchCounts  = sketchBuckets + 2
)

// A Sketch counts durations by size, so that quantiles of any number of them
// take up one small fixed space, and sketches of many hours add up to the one of
// the day. The zero Sketch is empty and ready for use. It is not safe for
// concurrent use, and plain data: a copy is a copy.
//
// Sizes grow by 2^(1/4), so a quantile between 100 µs and 120 s is at most 9.1 %
// off (2^(1/8) = 1.0905). Below, it reads as at most 100 µs; above, as [Sketch.Max].
type Sketch struct {
	counts [sketchCounts]uint32 // stop at the largest number
	max    time.Duration
}

// Add counts one duration; a negative one counts as 0. It allocates nothing.
func (s *Sketch) Add(d time.Duration) {
	i := bucketOf(d)
	if s.counts[i] < math.MaxUint32 {
		s.counts[i]++
	}
	s.max = max(s.max, d)
}

// Merge adds all that o has counted.
func (s *Sketch) Merge(o *Sketch) {
	for i, n := range o.counts {
		s.counts[i] = uint32(min(uint64(s.counts[i])+uint64(n), math.MaxUint32))
	}
	s.max = max(s.max, o.max)
}

// Count returns how many durations were added.
func (s *Sketch) Count() uint64 {
	var n uint64
	for _, c := range s.counts {
		n += uint64(c)
	}
	return n
}

// Max returns the longest duration exactly, 0 when there is none.
func (s *Sketch) Max() time.Duration { return s.max }

// Quantile returns the duration that a share q of all do not exceed, 0 <= q <=
// 1, with the error that [Sketch] states; 0 when there is none.
func (s *Sketch) Quantile(q float64) time.Duration {
	n := s.Count()
	if n == 0 {
		return 0
	}
	rank := max(uint64(math.Ceil(min(max(q, 0), 1)*float64(n))), 1)
	var seen uint64
	for i, c := range s.counts {
		if seen += uint64(c); seen >= rank {
			return min(middleOf(i), s.max)
		}
	}
	return s.max
}

// bucketOf returns the index of the bucket that a duration belongs to.
func bucketOf(d time.Duration) int {
	switch {
	case d < sketchLeast:
		return sketchBelow
	case d >= sketchMost:
		return sketchAbove
	}
	return 1 + min(int(sketchPerOct*math.Log2(float64(d)/float64(sketchLeast))), sketchBuckets-1)
}

// middleOf returns the duration that is off by the same factor from both ends
// of a bucket; of the buckets at the ends, the one end that they have.
func middleOf(i int) time.Duration {
	switch i {
	case sketchBelow:
		return sketchLeast
	case sketchAbove:
		return math.MaxInt64
	}
	return time.Duration(float64(sketchLeast) * math.Exp2((float64(i)-0.5)/sketchPerOct))
}
