package history

import (
	"math"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// quantileError is what the Sketch states.
const quantileError = 1.0906

func sketchOf(ds ...time.Duration) *Sketch {
	var s Sketch
	for _, d := range ds {
		s.Add(d)
	}
	return &s
}

func TestSketchOfOne(t *testing.T) {
	for _, d := range []time.Duration{100 * time.Microsecond, time.Millisecond, 37 * time.Millisecond, time.Second, 119 * time.Second, 120 * time.Second, time.Hour} {
		s := sketchOf(d)
		if got := s.Quantile(0.5); off(got, d) > quantileError || got > d {
			t.Errorf("median of %v reads %v", d, got)
		}
		if s.Count() != 1 || s.Max() != d {
			t.Errorf("of %v: %d in all, %v at most", d, s.Count(), s.Max())
		}
	}
}

// off is the factor between two durations.
func off(a, b time.Duration) float64 { return math.Exp(math.Abs(math.Log(float64(a) / float64(b)))) }

func TestSketchAtItsEnds(t *testing.T) {
	tests := []struct {
		name string
		s    *Sketch
		q    float64
		want time.Duration
	}{
		{"nothing", &Sketch{}, 0.5, 0},
		{"nothing took no time", sketchOf(0), 0.5, 0},
		{"negative is none", sketchOf(-time.Second), 1, 0},
		{"too short to tell", sketchOf(time.Microsecond, 99*time.Microsecond), 0, 99 * time.Microsecond},
		{"too short to tell, with others", sketchOf(time.Microsecond, time.Second), 0.5, 100 * time.Microsecond},
		{"too long to tell", sketchOf(3*time.Minute, time.Hour), 0, time.Hour},
		{"a share below none", sketchOf(time.Hour), -1, time.Hour},
		{"a share above all", sketchOf(time.Hour), 2, time.Hour},
		{"a share that is no number", sketchOf(time.Hour), math.NaN(), time.Hour},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got := tt.s.Quantile(tt.q); got != tt.want {
				t.Errorf("quantile %v = %v, want %v", tt.q, got, tt.want)
			}
		})
	}
}

// TestSizesGrowByLessThanAFifth, without a hole between 100 µs and 120 s.
func TestSizesGrowByLessThanAFifth(t *testing.T) {
	last, began := 0, time.Duration(0)
	for d := 99 * time.Microsecond; d < 121*time.Second; d += max(d/10000, 1) {
		i := bucketOf(d)
		if i == last {
			continue
		}
		if i != last+1 {
			t.Fatalf("%v goes from bucket %d to %d", d, last, i)
		}
		if growth := float64(d) / float64(began); last > 0 && growth > 1.2 {
			t.Errorf("bucket %d ends at %.4f times its beginning", last, growth)
		}
		last, began = i, d
	}
	if last != sketchAbove {
		t.Errorf("ends in bucket %d, want %d", last, sketchAbove)
	}
}

func someTimes(t *rapid.T, label string) []time.Duration {
	// Exponents, so that all sizes come up.
	exponents := rapid.SliceOfN(rapid.Float64Range(math.Log(100e3), math.Log(119e9)), 0, 200).Draw(t, label)
	var ds []time.Duration
	for _, e := range exponents {
		ds = append(ds, max(time.Duration(math.Exp(e)), 100*time.Microsecond))
	}
	return ds
}

// TestQuantilesAreAsNearAsStated to the exact ones.
func TestQuantilesAreAsNearAsStated(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ds := someTimes(t, "durations")
		if len(ds) == 0 {
			return
		}
		s := sketchOf(ds...)
		slices.Sort(ds)
		for _, q := range []float64{0, 0.01, 0.5, 0.9, 0.95, 0.99, 1} {
			exact := ds[max(int(math.Ceil(q*float64(len(ds)))), 1)-1]
			if got := s.Quantile(q); off(got, exact) > quantileError {
				t.Fatalf("quantile %v reads %v, exactly %v", q, got, exact)
			}
		}
	})
}

// TestSketchesAddUp: two merged are the one of all, and come back from their
// binary form.
func TestSketchesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a, b := someTimes(t, "a"), someTimes(t, "b")
		sum := sketchOf(a...)
		sum.Merge(sketchOf(b...))
		if all := sketchOf(append(a, b...)...); *sum != *all {
			t.Fatalf("merged %v, want %v", sum, all)
		}
		code, err := sum.MarshalBinary()
		if err != nil || len(code) > maxSketch {
			t.Fatalf("%d bytes, %v", len(code), err)
		}
		var back Sketch
		if err := back.UnmarshalBinary(code); err != nil || back != *sum {
			t.Fatalf("came back as %v, %v, want %v", back, err, sum)
		}
	})
}

func TestCountsStopAtTheLargest(t *testing.T) {
	s := sketchOf(time.Second)
	s.counts[bucketOf(time.Second)] = math.MaxUint32
	s.Add(time.Second)
	s.Merge(sketchOf(time.Second))
	if got := s.Count(); got != math.MaxUint32 {
		t.Errorf("counted %d", got)
	}
}

func TestUsualSketchIsSmall(t *testing.T) {
	var s Sketch
	for i := range 60 {
		s.Add(20*time.Millisecond + time.Duration(i)*200*time.Microsecond)
	}
	if code, _ := s.MarshalBinary(); len(code) > 16 {
		t.Errorf("an ordinary five minutes take %d bytes: % x", len(code), code)
	}
}

func TestWhatIsNoSketchIsRefused(t *testing.T) {
	good, _ := sketchOf(time.Second, 2*time.Second).MarshalBinary()
	tests := map[string][]byte{
		"nothing":               {},
		"no version":            good[1:],
		"another version":       append([]byte{2}, good[1:]...),
		"cut off":               good[:len(good)-1],
		"more after it":         append(slices.Clone(good), 0),
		"no buckets, yet a max": {1, 5},
		"an empty bucket":       {1, 0, 1, 0},
		"no distance":           {1, 0, 0, 1},
		"a bucket beyond all":   {1, 0, 84, 1},
		"buckets beyond all":    {1, 0, 60, 1, 60, 1},
		"a long zero":           {1, 0x80, 0, 1, 1},
		"a count too large":     {1, 0, 1, 0x80, 0x80, 0x80, 0x80, 0x10},
		"a max of another size": {1, 0, 5, 1},
		"a max below zero":      {1, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 1, 1, 1},
		"far too long":          make([]byte, 5000),
	}
	for name, code := range tests {
		t.Run(name, func(t *testing.T) {
			s := sketchOf(time.Minute)
			if err := s.UnmarshalBinary(code); err == nil {
				t.Errorf("% x was taken as %v", code, s)
			}
			if *s != *sketchOf(time.Minute) {
				t.Error("what was there is lost")
			}
		})
	}
}

// FuzzSketch: whatever is taken is written again byte by byte, and can be asked.
func FuzzSketch(f *testing.F) {
	for _, s := range []*Sketch{{}, sketchOf(0), sketchOf(time.Second, 2*time.Second, time.Hour)} {
		code, _ := s.MarshalBinary()
		f.Add(code)
	}
	f.Fuzz(func(t *testing.T, code []byte) {
		var s Sketch
		if s.UnmarshalBinary(code) != nil {
			return
		}
		if again, _ := s.MarshalBinary(); !slices.Equal(again, code) {
			t.Errorf("% x is written again as % x", code, again)
		}
		if low, high := s.Quantile(0.01), s.Quantile(1); low > high || high > s.Max() || low < 0 {
			t.Errorf("quantiles %v and %v of %v at most", low, high, s.Max())
		}
	})
}

func BenchmarkSketchAdd(b *testing.B) {
	var s Sketch
	b.ReportAllocs()
	d := 100 * time.Microsecond
	for b.Loop() {
		s.Add(d)
		d = (d*5/4 + 1) % time.Minute
	}
}
