package history

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

func bucketAt(m float64, span time.Duration, took ...time.Duration) Latency {
	return Latency{Check: "api", At: minute(m), Span: span, Sketch: *sketchOf(took...)}
}

func TestResponsesAreToldPerBar(t *testing.T) {
	buckets := []Latency{
		bucketAt(-5, 5*time.Minute, time.Hour),
		bucketAt(0, time.Hour, time.Second), bucketAt(10, 5*time.Minute, 20*time.Millisecond),
		bucketAt(60, 5*time.Minute, time.Second, time.Second, time.Second), bucketAt(60, 5*time.Minute, 2*time.Second),
		bucketAt(180, 5*time.Minute, time.Hour),
	}
	var got []string
	for _, r := range Responses(buckets, Steps(minute(180), time.Hour, 3)) {
		got = append(got, fmt.Sprintf("%d ×%d %v %v", int(r.From.Sub(minute(0)).Minutes()), r.Count, time.Duration(r.P50).Round(5*time.Millisecond), r.Max))
	}
	want := "0 ×2 20ms 1s, 60 ×4 1.06s 2s, 120 ×0 0s 0s"
	if strings.Join(got, ", ") != want {
		t.Errorf("got  %s\nwant %s", strings.Join(got, ", "), want)
	}
	if got := Responses(buckets, []time.Time{minute(0)}); got != nil {
		t.Errorf("of one edge: %v", got)
	}
}

func TestQuantilesOfAResponseAscend(t *testing.T) {
	var b Latency
	b.At = minute(0)
	for i := range 1000 {
		b.Add(time.Duration(i) * time.Millisecond)
	}
	r := Responses([]Latency{b}, []time.Time{minute(0), minute(60)})[0]
	if !(r.P50 < r.P90 && r.P90 <= r.P95 && r.P95 <= r.P99 && r.P99 <= r.Max) {
		t.Errorf("%+v", r)
	}
}
