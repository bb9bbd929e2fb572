package metrics

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"regexp"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// maxScrapes bounds the expositions that are made at once.
const maxScrapes = 8

// NewGatherer returns what c tells and nothing else: what belongs into a
// textfile, where process_ and go_ metrics would be doubles of node_exporter's
// own and spoil its answer.
func NewGatherer(c *Collector) prometheus.Gatherer { return registry(c) }

// Handler answers scrapes with what c tells and with the state of this process
// (process_*, and of go_* the heap, goroutines, threads and garbage collections). An
// error is logged, and what could be gathered is served all the same.
func Handler(c *Collector, log *slog.Logger) http.Handler {
	heap := regexp.MustCompile(`^/memory/classes/heap/objects:bytes$`)
	r := registry(c)
	r.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	r.MustRegister(collectors.NewGoCollector(
		collectors.WithGoCollectorMemStatsMetricsDisabled(),
		collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: heap}),
	))
	return handler(r, log)
}

func handler(r *prometheus.Registry, log *slog.Logger) http.Handler {
	return promhttp.HandlerFor(r, promhttp.HandlerOpts{
		ErrorLog:            errorLog{log},
		ErrorHandling:       promhttp.ContinueOnError,
		MaxRequestsInFlight: maxScrapes,
	})
}

func registry(c *Collector) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	return r
}

// An errorLog passes the handler's complaints on.
type errorLog struct{ log *slog.Logger }

// Println logs v as one error; that a scraper hung up is none.
func (l errorLog) Println(v ...any) {
	for _, x := range v {
		var hungUp *net.OpError
		if err, ok := x.(error); ok && errors.As(err, &hungUp) {
			return
		}
	}
	l.log.Error("scrape metrics", "err", fmt.Sprint(v...))
}
