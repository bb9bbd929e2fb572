package metrics

import (
	"bufio"
	"compress/gzip"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"regexp"
	"strings"
	"sync"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
)

// maxScrapes bounds the expositions that are made at once.
const maxScrapes = 8

// NewGatherer returns what c tells and nothing else: what belongs into a
// textfile, where process_ and go_ metrics would be doubles of node_exporter's
// own and spoil its answer.
func NewGatherer(c *Collector) prometheus.Gatherer { return registry(c) }

// Handler answers scrapes with what c tells, with the series of every check,
// and with the state of this process (process_*, and of go_* the heap,
// goroutines, threads and garbage collections). An error is logged, and what
// could be gathered is served all the same. Whatever a scraper would rather
// have, it gets the text format, which all understand.
func Handler(c *Collector, log *slog.Logger) http.Handler {
	heap := regexp.MustCompile(`^/memory/classes/heap/objects:bytes$`)
	r := registry(c)
	r.MustRegister(collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	r.MustRegister(collectors.NewGoCollector(
		collectors.WithGoCollectorMemStatsMetricsDisabled(),
		collectors.WithGoCollectorRuntimeMetrics(collectors.GoRuntimeMetricsRule{Matcher: heap}),
	))
	return newExposition(r, c.board, log)
}

func registry(c *Collector) *prometheus.Registry {
	r := prometheus.NewRegistry()
	r.MustRegister(c)
	return r
}

// An exposition answers scrapes. It keeps nothing but buffers.
type exposition struct {
	gatherer prometheus.Gatherer
	board    Board
	log      *slog.Logger
	running  chan struct{} // holds one per scrape
	zippers  sync.Pool     // of *gzip.Writer
}

func newExposition(g prometheus.Gatherer, b Board, log *slog.Logger) *exposition {
	e := &exposition{gatherer: g, board: b, log: log, running: make(chan struct{}, maxScrapes)}
	e.zippers.New = func() any {
		z, _ := gzip.NewWriterLevel(nil, gzip.BestSpeed) // the level is one
		return z
	}
	return e
}

// ServeHTTP answers one scrape.
func (e *exposition) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	select {
	case e.running <- struct{}{}:
		defer func() { <-e.running }()
	default:
		w.Header().Set("Retry-After", "1")
		http.Error(w, "too many scrapes at once", http.StatusServiceUnavailable)
		return
	}
	h := w.Header()
	h.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
	h.Add("Vary", "Accept-Encoding")
	if r.Method == http.MethodHead {
		return
	}
	var out io.Writer = w
	if takesGzip(r) {
		h.Set("Content-Encoding", "gzip")
		z := e.zippers.Get().(*gzip.Writer)
		z.Reset(w)
		defer e.zippers.Put(z)
		defer z.Close()
		out = z
	}
	if err := e.write(out); err != nil && !hungUp(err) {
		e.log.Error("scrape metrics", "err", err)
	}
}

// write writes everything. What cannot be gathered is logged.
func (e *exposition) write(out io.Writer) error {
	families, err := e.gatherer.Gather()
	if err != nil {
		e.log.Error("scrape metrics", "err", err)
	}
	w := bufio.NewWriterSize(out, 8<<10)
	if err := writeFamilies(w, families); err != nil {
		return err
	}
	return writeChecks(func(p []byte) error { _, err := out.Write(p); return err }, e.board.View().Checks)
}

func writeFamilies(w *bufio.Writer, families []*dto.MetricFamily) error {
	for _, f := range families {
		if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
			return err
		}
	}
	return w.Flush()
}

// takesGzip reports whether a scraper takes gzip: it is named, and not with a
// weight of nought (RFC 9110, 12.5.3).
func takesGzip(r *http.Request) bool {
	for _, part := range strings.Split(r.Header.Get("Accept-Encoding"), ",") {
		coding, weight, _ := strings.Cut(strings.TrimSpace(part), ";")
		if coding == "gzip" || coding == "*" {
			q := strings.TrimSpace(weight)
			return q == "" || strings.Trim(strings.TrimPrefix(q, "q="), "0.") != ""
		}
	}
	return false
}

// hungUp reports whether the scraper went away.
func hungUp(err error) bool {
	var op *net.OpError
	return errors.As(err, &op)
}
