package metrics

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"

	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/portreeve/portreeve/e2e/debian"
	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// scrape asks h as Prometheus does and returns the answer, unzipped.
func scrape(t *testing.T, h http.Handler) string {
	t.Helper()
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	r.Header.Set("Accept-Encoding", "gzip")
	w := httptest.NewRecorder()
	h.ServeHTTP(w, r)
	if w.Code != http.StatusOK || w.Header().Get("Content-Encoding") != "gzip" || !strings.HasPrefix(w.Header().Get("Content-Type"), "text/plain") {
		t.Fatalf("answer %d, %v", w.Code, w.Header())
	}
	z, err := gzip.NewReader(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	body, err := io.ReadAll(z)
	if err != nil {
		t.Fatal(err)
	}
	return string(body)
}

func TestHandlerTellsOfTheProcessToo(t *testing.T) {
	body := scrape(t, Handler(NewCollector(&still{machine()}, Options{Self: self()}), quiet()))
	for _, name := range []string{"portreeve_connections{", "process_resident_memory_bytes ", "process_open_fds ", "go_goroutines ", "go_memory_classes_heap_objects_bytes "} {
		if !strings.Contains(body, "\n"+name) {
			t.Errorf("no %s", name)
		}
	}
	if n := strings.Count(body, "# TYPE go_"); n > 10 {
		t.Errorf("%d go_ metrics: too many for a program that is not about Go", n)
	}
}

// TestPromtoolHasNothingToSay lints everything that is ever told: promtool
// prints what offends it and exits with 3.
func TestPromtoolHasNothingToSay(t *testing.T) {
	promtool := debian.Path(t, "promtool")
	crowded := busy(300)
	crowded.Checks = machine().Checks
	for name, v := range map[string]board.View{"one of everything": machine(), "folded": crowded, "nothing": {}} {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		cmd := exec.CommandContext(ctx, promtool, "check", "metrics")
		cmd.Stdin = strings.NewReader(scrape(t, Handler(NewCollector(&still{v}, Options{Clients: 2, Self: self()}), quiet())))
		if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
			t.Errorf("%s: promtool check metrics: %v\n%s", name, err, out)
		}
	}
}

// A liar describes one metric and fails to collect it.
type liar struct{ desc *prometheus.Desc }

func (l liar) Describe(out chan<- *prometheus.Desc) { out <- l.desc }
func (l liar) Collect(out chan<- prometheus.Metric) {
	out <- prometheus.NewInvalidMetric(l.desc, errors.New("no\nway"))
}

func TestErrorsAreLoggedAndTheRestIsServed(t *testing.T) {
	var log bytes.Buffer
	r := registry(NewCollector(&still{machine()}, Options{}))
	r.MustRegister(liar{prometheus.NewDesc("lie", "Never told.", nil, nil)})
	body := scrape(t, newExposition(r, &still{machine()}, slog.New(slog.NewTextHandler(&log, nil))))
	if !strings.Contains(body, "portreeve_connections{") {
		t.Error("one wrong metric spoils the scrape")
	}
	if got := log.String(); strings.Count(got, "\n") != 1 || !strings.Contains(got, "level=ERROR") || !strings.Contains(got, "way") {
		t.Errorf("log = %q, want one error", got)
	}
}

// TestScrapesWhileTheBoardMoves: every answer is whole, and what is gone from
// the board is gone from the next one.
func TestScrapesWhileTheBoardMoves(t *testing.T) {
	b := board.New(port.Machine{Host: "web-07"}, time.Now())
	h := Handler(NewCollector(b, Options{Clients: 2}), quiet())
	var scrapers sync.WaitGroup
	for range 2 {
		scrapers.Go(func() {
			for range 30 {
				w := httptest.NewRecorder()
				h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/metrics", nil))
				if w.Code != http.StatusOK || !strings.Contains(w.Body.String(), "portreeve_series_folded 0\n") {
					t.Errorf("answer %d is not whole", w.Code)
				}
			}
		})
	}
	for i := range 200 {
		at := time.Now()
		s := port.Snapshot{Listening: port.Listening{At: at}, Connections: port.Connections{At: at, Ports: count(80, port.Counts{Established: uint32(i)}, port.Counts{})}}
		b.Ports(s, []port.Listener{listener(port.TCP, 80, "nginx", "0.0.0.0")})
		b.Check(&health.State{Spec: &health.Spec{Name: "shop"}, Status: health.Healthy})
	}
	scrapers.Wait()
	if body := scrape(t, h); !strings.Contains(body, `portreeve_connections{family="ipv4",port="80",protocol="tcp",state="established"} 199`) {
		t.Error("the last count is not told")
	}
	b.Ports(port.Snapshot{Listening: port.Listening{At: time.Now()}}, nil)
	if body := scrape(t, h); strings.Contains(body, `port="80"`) {
		t.Error("a gone listener is still told")
	}
}
