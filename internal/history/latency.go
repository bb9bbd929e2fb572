package history

import (
	"sort"
	"time"

	"github.com/portreeve/portreeve/internal/health"
)

// A Latency is how long a check's answers took in one stretch of time, from At
// for Span: five minutes, or an hour when it is longer ago. Answers count whether
// they were good or bad; a question that got none does not.
//
// Its binary form is that of the Sketch alone.
type Latency struct {
	Check string
	At    time.Time // a multiple of Span since the zero Time
	Span  time.Duration
	Sketch
}

// A Response says how long answers took within a stretch of time.
type Response struct {
	From  time.Time       `json:"from"`
	Until time.Time       `json:"until"` // the first moment after it
	Count uint64          `json:"count"`
	P50   health.Duration `json:"p50"`
	P90   health.Duration `json:"p90"`
	P95   health.Duration `json:"p95"`
	P99   health.Duration `json:"p99"`
	Max   health.Duration `json:"max"`
}

// Responses returns how long answers took, from each edge to the next; the edges
// ascend, as [Days] and [Steps] return them. A Latency counts where it begins.
// Stretches without an answer have a Count of 0.
func Responses(buckets []Latency, edges []time.Time) []Response {
	if len(edges) < 2 {
		return nil
	}
	sums := make([]Sketch, len(edges)-1)
	for i := range buckets {
		if n := before(edges, buckets[i].At); n >= 0 && n < len(sums) {
			sums[n].Merge(&buckets[i].Sketch)
		}
	}
	responses := make([]Response, len(sums))
	for i := range sums {
		responses[i] = responseOf(&sums[i], edges[i], edges[i+1])
	}
	return responses
}

func responseOf(s *Sketch, from, until time.Time) Response {
	at := func(q float64) health.Duration { return health.Duration(s.Quantile(q)) }
	return Response{
		From: from, Until: until, Count: s.Count(),
		P50: at(0.5), P90: at(0.9), P95: at(0.95), P99: at(0.99), Max: health.Duration(s.Max()),
	}
}

// before returns the index of the last edge that is not after t, -1 when there
// is none.
func before(edges []time.Time, t time.Time) int {
	return sort.Search(len(edges), func(i int) bool { return edges[i].After(t) }) - 1
}
