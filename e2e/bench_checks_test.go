//go:build bench

package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/debian"
)

// What probing.md's table is measured with: so many targets, each asked every
// benchInterval.
const (
	benchTargets  = 10_000
	benchInterval = 5 * time.Second
	benchLength   = 30 * time.Second
)

// TestBenchChecks measures what a check costs, beside blackbox_exporter that
// is driven at the same rate in the same run. The targets are served by the
// test itself, so neither's CPU time holds theirs. It prints; it fails only
// where a goal is missed by far.
func TestBenchChecks(t *testing.T) {
	f := newFarm(t)
	kinds := []struct {
		name, module, spec, url string
		port                    int
		goal                    float64 // µs
	}{
		{"tcp", "tcp_connect", `target: "tcp://%s:%d"`, "%s:%d", f.tcp, 75},
		{"http", "http_json", `target: "http://%s:%d/health", expect: 'status == 200 and json.status == "OK"'`, "http://%s:%d/health", f.http, 200},
	}
	for _, k := range kinds {
		t.Run(k.name, func(t *testing.T) {
			ours := benchOurs(t, f, k.spec, k.port)
			theirs := benchBlackbox(t, f, k.module, k.url, k.port)
			t.Logf("%s: %.2f of blackbox_exporter's CPU per check (goal %.0f µs)", k.name, ours/theirs, k.goal)
			if ours > 2*k.goal {
				t.Errorf("%.0f µs of CPU per check, want %.0f at most", ours, k.goal)
			}
		})
	}
}

// benchOurs returns the CPU time per check in µs.
func benchOurs(t *testing.T, f *farm, spec string, port int) float64 {
	file := config(t, fmt.Sprintf("defaults: {interval: %v, timeout: 4s}", benchInterval), benchTargets, func(i int) string {
		return fmt.Sprintf("{name: t%05d, "+spec+"}", i, f.addr(i), port)
	})
	s := serve(t, "--config", file)
	defer s.stop()
	began := time.Now()
	eventually(t, time.Minute, func() string {
		if up := sum(t, s.get("/metrics"), "portreeve_check_up{"); up < benchTargets {
			return fmt.Sprintf("%v of %d targets are up", up, benchTargets)
		}
		return ""
	})
	t.Logf("portreeve: all targets seen after %v", time.Since(began).Round(10*time.Millisecond))
	time.Sleep(benchInterval)
	count := func() float64 { return sum(t, s.get("/metrics"), "portreeve_check_duration_seconds_count") }
	checks, cpu, start := count(), cpuTime(t, s.pid()), time.Now()
	time.Sleep(benchLength)
	cpu, checks = cpuTime(t, s.pid())-cpu, count()-checks
	each := float64(cpu.Microseconds()) / checks
	metrics := s.get("/metrics")
	t.Logf("portreeve: %.1f µs of CPU per check, %.0f checks/s, RSS %.1f MB, %d TIME_WAIT, %v slots skipped, lag %s",
		each, checks/time.Since(start).Seconds(), resident(t, s.pid()), timeWaits(t, port),
		sum(t, metrics, "portreeve_schedule_skipped_total"), quantile(t, metrics, "portreeve_schedule_lag_seconds", 0.99))
	benchScrape(t, s, each)
	return each
}

// benchScrape measures a scrape of all checks: CPU time beyond the checking
// that goes on meanwhile, and memory.
func benchScrape(t *testing.T, s *server, each float64) {
	const scrapes = 20
	before, cpu, start := resident(t, s.pid()), cpuTime(t, s.pid()), time.Now()
	for range scrapes {
		scrape(t, s.URL+"/metrics")
		time.Sleep(200 * time.Millisecond)
	}
	checking := time.Duration(each * 1000 * benchTargets / benchInterval.Seconds() * time.Since(start).Seconds())
	cost := (cpuTime(t, s.pid()) - cpu - checking) / scrapes
	t.Logf("portreeve: a scrape of %d checks costs %v of CPU, RSS %.1f MB before and %.1f after", benchTargets, cost.Round(time.Millisecond/10), before, resident(t, s.pid()))
}

// benchBlackbox returns the CPU time per probe in µs.
func benchBlackbox(t *testing.T, f *farm, module, url string, port int) float64 {
	file := filepath.Join(t.TempDir(), "blackbox.yml")
	modules := "modules:\n  tcp_connect: {prober: tcp, timeout: 4s}\n" +
		"  http_json: {prober: http, timeout: 4s, http: {fail_if_body_not_matches_regexp: ['\"status\":\"OK\"'], preferred_ip_protocol: ip4}}\n"
	if err := os.WriteFile(file, []byte(modules), 0o644); err != nil {
		t.Fatal(err)
	}
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	p := start(t, nil, debian.Path(t, "prometheus-blackbox-exporter"), "--config.file="+file, "--web.listen-address="+at, "--log.level=error")
	eventually(t, 20*time.Second, func() string {
		res, err := http.Get("http://" + at + "/-/healthy")
		if err != nil {
			return err.Error()
		}
		res.Body.Close()
		return ""
	})
	drive := &driver{client: &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 64}}, base: "http://" + at + "/probe?module=" + module + "&target="}
	drive.run(5*time.Second, func(i int) string { return fmt.Sprintf(url, f.addr(i%benchTargets), port) })
	cpu := cpuTime(t, p.pid())
	probes, took := drive.run(benchLength, func(i int) string { return fmt.Sprintf(url, f.addr(i%benchTargets), port) })
	cpu = cpuTime(t, p.pid()) - cpu
	each := float64(cpu.Microseconds()) / float64(probes)
	t.Logf("blackbox_exporter: %.1f µs of CPU per check, %.0f checks/s of %.0f wanted, RSS %.1f MB, %d TIME_WAIT", each,
		float64(probes)/took.Seconds(), benchTargets/benchInterval.Seconds(), resident(t, p.pid()), timeWaits(t, port))
	return each
}

// A driver asks blackbox_exporter as a scraper would, at our rate.
type driver struct {
	client *http.Client
	base   string
}

// run asks for d and returns how many answers came.
func (d *driver) run(length time.Duration, target func(i int) string) (answers int, took time.Duration) {
	const askers = 32
	var wg sync.WaitGroup
	var mu sync.Mutex
	began := time.Now()
	gap := benchInterval * askers / benchTargets
	for a := range askers {
		wg.Go(func() {
			due := began.Add(gap * time.Duration(a) / askers)
			for i := a; time.Since(began) < length; i += askers {
				time.Sleep(time.Until(due))
				due = due.Add(gap)
				res, err := d.client.Get(d.base + target(i))
				if err != nil {
					continue
				}
				_, _ = io.Copy(io.Discard, res.Body)
				res.Body.Close()
				mu.Lock()
				answers++
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return answers, time.Since(began)
}
