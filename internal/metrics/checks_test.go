package metrics

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
)

func TestChecks(t *testing.T) {
	v := viewOf()
	for _, status := range health.Statuses() {
		v.Checks = append(v.Checks, &health.State{
			Spec: &health.Spec{Name: strings.ToLower(string(status))}, Status: status, Overlays: []health.Overlay{health.Flapping},
			Unknowns: map[health.Reason]uint64{health.LocalFDs: 7}, Moves: health.Moves{}.And(status).And(status),
		})
	}
	series := seriesOf(expose(t, v, Options{}))
	want(t, series, "check_up", `check_up{check="degrading"} 1`, `check_up{check="healthy"} 1`, `check_up{check="unhealthy"} 0`)
	for _, status := range health.Statuses() {
		name := strings.ToLower(string(status))
		for line, value := range map[string]string{
			`check_state{check="` + name + `",state="` + name + `"}`:              "1",
			`check_flapping{check="` + name + `"}`:                                "1",
			`check_paused{check="` + name + `"}`:                                  "0",
			`check_transitions_total{check="` + name + `",to="` + name + `"}`:     "2",
			`check_unknown_total{check="` + name + `",reason="local_fds"}`:        "7",
			`check_consecutive_failures{check="` + name + `"}`:                    "0",
			`check_state{check="` + name + `",state="` + otherThan(status) + `"}`: "0",
		} {
			if got := series[line]; got != value {
				t.Errorf("%s = %q, want %s", line, got, value)
			}
		}
	}
	want(t, series, "check_last_change_timestamp_seconds")
}

func otherThan(s health.Status) string {
	if s == health.Healthy {
		return "unhealthy"
	}
	return "healthy"
}

// TestHostileNamesStayInTheirLabel: the rule for names keeps them plain, but
// the writer does not rely on it.
func TestHostileNamesStayInTheirLabel(t *testing.T) {
	v := viewOf()
	for _, name := range []string{"a\nb 1", `a"} 1`, `a\`, "\x1b[31m", "\xff", strings.Repeat("x", 300)} {
		v.Checks = append(v.Checks, &health.State{Spec: &health.Spec{Name: name}, Status: health.Healthy})
	}
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(expose(t, v, Options{})))
	if err != nil {
		t.Fatal(err)
	}
	if got := len(families[prefix+"check_up"].GetMetric()); got != len(v.Checks) {
		t.Errorf("%d series of check_up, want %d", got, len(v.Checks))
	}
}

// TestAScraperThatLeavesEndsTheWork: the rest is not written.
func TestAScraperThatLeavesEndsTheWork(t *testing.T) {
	writes := 0
	err := writeChecks(func([]byte) error { writes++; return http.ErrHandlerTimeout }, manyChecks(10_000))
	if err == nil || writes != 1 {
		t.Errorf("%d writes, error %v: want one, and its error", writes, err)
	}
}

func manyChecks(n int) []*health.State {
	states := make([]*health.State, n)
	for i := range states {
		states[i] = &health.State{
			Spec: &health.Spec{Name: fmt.Sprintf("shop-api-%05d", i)}, Status: health.Healthy, Since: time.Unix(1_700_000_000+int64(i), 0),
			Moves: health.Moves{}.And(health.Healthy),
		}
	}
	return states
}

// BenchmarkScrapeChecks is an answer of /metrics with 10,000 checks, beside the
// same series made by client_golang's registry in the same run.
func BenchmarkScrapeChecks(b *testing.B) {
	v := viewOf()
	v.Checks = manyChecks(10_000)
	r := httptest.NewRequest(http.MethodGet, "/metrics", nil)
	for _, coding := range []string{"identity", "gzip"} {
		b.Run("streamed/"+coding, func(b *testing.B) {
			h := Handler(NewCollector(&still{v}, Options{}), quiet())
			r.Header.Set("Accept-Encoding", coding)
			b.ReportAllocs()
			for b.Loop() {
				h.ServeHTTP(&meter{header: http.Header{}}, r)
			}
		})
	}
	b.Run("registry", func(b *testing.B) {
		registry := prometheus.NewRegistry()
		registry.MustRegister(viaRegistry{&v})
		b.ReportAllocs()
		for b.Loop() {
			families, err := registry.Gather()
			if err != nil {
				b.Fatal(err)
			}
			w := &meter{header: http.Header{}}
			for _, f := range families {
				if _, err := expfmt.MetricFamilyToText(w, f); err != nil {
					b.Fatal(err)
				}
			}
		}
	})
}

// viaRegistry tells the most numerous series of checks as collectors usually do.
type viaRegistry struct{ view *board.View }

func (viaRegistry) Describe(chan<- *prometheus.Desc) {}

func (r viaRegistry) Collect(out chan<- prometheus.Metric) {
	one := prometheus.NewDesc(prefix+"check_up", "Up.", []string{"check"}, nil)
	state := prometheus.NewDesc(prefix+"check_state", "State.", []string{"check", "state"}, nil)
	for _, st := range r.view.Checks {
		out <- prometheus.MustNewConstMetric(one, prometheus.GaugeValue, 1, st.Spec.Name)
		for _, s := range health.Statuses() {
			out <- prometheus.MustNewConstMetric(state, prometheus.GaugeValue, number(st.Status == s), st.Spec.Name, lower(s))
		}
	}
}

// TestChecksAboutUsAreNoTargets: an alert on check_up must not page for them.
func TestChecksAboutUsAreNoTargets(t *testing.T) {
	v := viewOf()
	v.Checks = []*health.State{
		{Spec: &health.Spec{Name: "portreeve.local_network"}, Status: health.Unhealthy},
		{Spec: &health.Spec{Name: "portreeve.local_fds"}, Status: health.Healthy},
		{Spec: &health.Spec{Name: "shop"}, Status: health.Healthy},
	}
	series := seriesOf(expose(t, v, Options{Self: self()}))
	want(t, series, "check_up", `check_up{check="shop"} 1`)
	for line, value := range map[string]string{
		`self_problem{reason="local_network"}`: "1", `self_problem{reason="local_fds"}`: "0", `self_problem{reason="local_resolver"}`: "0",
	} {
		if series[line] != value {
			t.Errorf("%s = %q, want %s", line, series[line], value)
		}
	}
}
