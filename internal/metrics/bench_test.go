package metrics

import (
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// BenchmarkScrape is one answer of /metrics, process and runtime metrics
// included, as Prometheus asks for it.
func BenchmarkScrape(b *testing.B) {
	for _, n := range []int{50, 500} {
		b.Run(fmt.Sprintf("listeners=%d", n), func(b *testing.B) {
			h := Handler(NewCollector(&still{crowd(n)}, Options{}), slog.New(slog.DiscardHandler))
			r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
			r.Header.Set("Accept-Encoding", "gzip")
			b.ReportAllocs()
			var size int
			for b.Loop() {
				w := meter{header: http.Header{}}
				h.ServeHTTP(&w, r)
				size = w.size
			}
			b.ReportMetric(float64(size), "wire-B/op")
		})
	}
}

// BenchmarkCollect is the collector's own part of a scrape.
func BenchmarkCollect(b *testing.B) {
	for _, n := range []int{50, 500} {
		b.Run(fmt.Sprintf("listeners=%d", n), func(b *testing.B) {
			g := NewGatherer(NewCollector(&still{crowd(n)}, Options{}))
			b.ReportAllocs()
			for b.Loop() {
				if _, err := g.Gather(); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

// crowd is a machine with n TCP listeners, each on both families and with
// connections.
func crowd(n int) board.View {
	v := viewOf()
	for i := range n {
		p := uint16(1000 + i)
		v.Listeners = append(v.Listeners, listener(port.TCP, p, fmt.Sprintf("server-%d", i), "0.0.0.0", "::"))
		v.Connections = append(v.Connections, count(p, port.Counts{Established: 7, FinWait2: 1}, port.Counts{Established: 2})...)
		v.Clients = append(v.Clients, port.Clients{Port: p, Distinct: 3})
	}
	return v
}

// A meter is a response writer that only counts.
type meter struct {
	header http.Header
	size   int
}

func (m *meter) Header() http.Header { return m.header }
func (m *meter) WriteHeader(int)     {}
func (m *meter) Write(p []byte) (int, error) {
	m.size += len(p)
	return len(p), nil
}

var _ io.Writer = (*meter)(nil)
