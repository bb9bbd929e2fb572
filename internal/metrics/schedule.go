package metrics

import (
	"maps"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
)

// A Schedule is whether checks are on time.
type Schedule struct {
	Lag       health.Histogram            // from when a question was due to when it was asked
	Durations map[string]health.Histogram // of questions, by kind of check

	InFlight, Waiting              int    // questions that are being asked, and that wait for their turn
	Skipped, Waited, Void, Excused uint64 // since the start
}

// A Reload is how the last try to take in a changed configuration went.
type Reload struct {
	Successful bool
	At         time.Time // of the last that was
}

// schedule adds whether checks are on time.
func (s sheet) schedule(sc *Schedule) {
	for _, kind := range slices.Sorted(maps.Keys(sc.Durations)) {
		h := sc.Durations[kind]
		s.histogram(s.checkDuration, &h, text(foreign.Text(kind)))
	}
	s.histogram(s.lag, &sc.Lag)
	s.gauge(s.inFlight, float64(sc.InFlight))
	s.gauge(s.waiting, float64(sc.Waiting))
	s.counter(s.skipped, float64(sc.Skipped))
	s.counter(s.waited, float64(sc.Waited))
	s.counter(s.void, float64(sc.Void))
	s.counter(s.excused, float64(sc.Excused))
}

// histogram adds a histogram; labels are in the order of the description.
func (s sheet) histogram(d *prometheus.Desc, h *health.Histogram, labels ...string) {
	buckets := make(map[float64]uint64, len(h.Bounds))
	var below uint64
	for i, bound := range h.Bounds {
		below += h.Counts[i]
		buckets[bound] = below
	}
	s.out <- prometheus.MustNewConstHistogram(d, h.Total(), h.Sum, buckets, labels...)
}

// reload adds how the last reload went.
func (s sheet) reload(r Reload) {
	s.gauge(s.reloaded, number(r.Successful))
	s.gauge(s.reloadedAt, seconds(r.At))
}
