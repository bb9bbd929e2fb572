package history

import (
	"encoding/binary"
	"errors"
	"math"
	"time"
)

// sketchVersion is the first byte of a sketch's binary form.
const sketchVersion = 1

// maxSketch is more than any sketch takes in binary form: the version, the
// longest duration, and for each bucket a distance and a count.
const maxSketch = 1 + binary.MaxVarintLen64 + sketchCounts*(1+binary.MaxVarintLen32)

var errSketch = errors.New("no sketch of response times")

// MarshalBinary writes s: a version, the longest duration, and for each bucket
// that is not empty how far it is from the last one and its count, all as
// varints. A check that answers in about the same time takes some ten bytes. It
// returns no error.
func (s *Sketch) MarshalBinary() ([]byte, error) { return s.AppendBinary(nil) }

// AppendBinary appends what [Sketch.MarshalBinary] writes. It returns no error.
func (s *Sketch) AppendBinary(b []byte) ([]byte, error) {
	b = append(b, sketchVersion)
	b = binary.AppendUvarint(b, uint64(s.max))
	last := -1
	for i, n := range s.counts {
		if n > 0 {
			b = binary.AppendUvarint(b, uint64(i-last))
			b = binary.AppendUvarint(b, uint64(n))
			last = i
		}
	}
	return b, nil
}

// UnmarshalBinary reads what [Sketch.MarshalBinary] wrote. Anything else is an
// error, and leaves s as it was: there is one form for each sketch, so what is
// read is written again byte by byte.
func (s *Sketch) UnmarshalBinary(b []byte) error {
	if len(b) < 2 || len(b) > maxSketch || b[0] != sketchVersion {
		return errSketch
	}
	r := varints{rest: b[1:]}
	var read Sketch
	read.max = time.Duration(r.next(math.MaxInt64))
	last := -1
	for len(r.rest) > 0 && !r.bad {
		last += int(r.next(sketchCounts))
		n := r.next(math.MaxUint32)
		if n == 0 || last < 0 || last >= sketchCounts || read.counts[last] > 0 {
			return errSketch
		}
		read.counts[last] = uint32(n)
	}
	if r.bad || !read.plausible(last) {
		return errSketch
	}
	*s = read
	return nil
}

// plausible reports whether the longest duration fits the last bucket that is
// not empty; -1: there is none.
func (s *Sketch) plausible(last int) bool {
	if last < 0 {
		return s.max == 0
	}
	return bucketOf(s.max) == last
}

// varints reads numbers in their shortest form.
type varints struct {
	rest []byte
	bad  bool
}

// next returns the next number, which may not be above most.
func (v *varints) next(most uint64) uint64 {
	n, size := binary.Uvarint(v.rest)
	if size <= 0 || n > most || size > 1 && v.rest[size-1] == 0 {
		v.bad, v.rest = true, nil
		return 0
	}
	v.rest = v.rest[size:]
	return n
}
