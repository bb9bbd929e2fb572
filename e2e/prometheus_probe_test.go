package e2e

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/debian"
)

// documented returns the n-th YAML block of docs/prometheus.md, for a server at
// another address: what users are told to write is what is tested.
func documented(t *testing.T, n int, address string) string {
	t.Helper()
	text, err := os.ReadFile("../docs/prometheus.md")
	if err != nil {
		t.Fatal(err)
	}
	blocks := strings.Split(string(text), "```yaml\n")
	if n >= len(blocks) {
		t.Fatalf("docs/prometheus.md has %d blocks", len(blocks)-1)
	}
	block, _, _ := strings.Cut(blocks[n], "```")
	return strings.ReplaceAll(block, "127.0.0.1:9860", address)
}

// A prometheus is a running one.
type prometheus struct {
	t   *testing.T
	url string
}

// scraping starts Prometheus with a configuration, and has it look every second.
func scraping(t *testing.T, config string) *prometheus {
	t.Helper()
	config = strings.ReplaceAll(config, "http_sd_configs:\n      - url:", "http_sd_configs:\n      - refresh_interval: 1s\n        url:")
	file := write(t, "prometheus.yml", "global: {scrape_interval: 1s, scrape_timeout: 1s}\n"+config)
	if out, err := exec.CommandContext(t.Context(), debian.Path(t, "promtool"), "check", "config", file).CombinedOutput(); err != nil {
		t.Fatalf("promtool check config: %v\n%s\n%s", err, out, config)
	}
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	start(t, nil, debian.Path(t, "prometheus"), "--config.file="+file, "--storage.tsdb.path="+t.TempDir(), "--web.listen-address="+at)
	return &prometheus{t, "http://" + at}
}

// query returns the present value of each series by its instance, or what went
// wrong.
func (p *prometheus) query(expression string) (map[string]string, error) {
	resp, err := http.Get(p.url + "/api/v1/query?" + url.Values{"query": {expression}}.Encode())
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string
				Value  [2]any
			}
		}
	}
	if err := json.NewDecoder(resp.Body).Decode(&answer); err != nil {
		return nil, err
	}
	values := map[string]string{}
	for _, r := range answer.Data.Result {
		if len(r.Metric) != 3 && r.Metric["phase"] == "" { // __name__, instance, job
			return nil, fmt.Errorf("extra labels: %v", r.Metric)
		}
		values[r.Metric["instance"]] = fmt.Sprint(r.Value[1])
	}
	return values, nil
}

// sees waits until a query has the values that are wanted, and no others.
func (p *prometheus) sees(expression string, want map[string]string) {
	p.t.Helper()
	eventually(p.t, 30*time.Second, func() string {
		got, err := p.query(expression)
		if err != nil {
			return err.Error()
		}
		if !maps.Equal(got, want) {
			return fmt.Sprintf("%s is %v, want %v", expression, got, want)
		}
		return ""
	})
}

// checked starts a server with checks that pass, fail, cannot be told and are
// paused. It returns it, and the URL of a web server that is well.
func checked(t *testing.T) (s *server, well string) {
	t.Helper()
	web := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sick" {
			w.WriteHeader(http.StatusServiceUnavailable)
		}
	}))
	t.Cleanup(web.Close)
	file := write(t, "portreeve.yaml", fmt.Sprintf(`
defaults: {interval: 1s, timeout: 500ms}
checks:
  - {name: web, target: %[1]q}
  - {name: sick, target: "%[1]s/sick"}
  - {name: port, target: "tcp://%[2]s"}
  - {name: shut, target: "tcp://127.0.0.1:1"}
  - {name: void, target: "tcp://169.254.169.254:80"}
  - {name: asleep, target: "tcp://127.0.0.1:2", paused: true}
`, web.URL, strings.TrimPrefix(web.URL, "http://")))
	return serve(t, "--config", file), web.URL
}

// TestPrometheusSeesEveryCheck by the configuration that is documented.
func TestPrometheusSeesEveryCheck(t *testing.T) {
	s, well := checked(t)
	address := strings.TrimPrefix(s.URL, "http://")
	t.Run("by name", func(t *testing.T) {
		p := scraping(t, documented(t, 1, address))
		p.sees("probe_success", map[string]string{"web": "1", "sick": "0", "port": "1", "shut": "0"})
		p.sees("up", map[string]string{"web": "1", "sick": "1", "port": "1", "shut": "1", "void": "0"})
		p.sees("probe_http_status_code", map[string]string{"web": "200", "sick": "503"})
		p.sees("probe_ip_protocol", map[string]string{"web": "4", "sick": "4", "port": "4", "shut": "4"})
		p.sees(`probe_http_duration_seconds{phase="connect"} > bool 0`, map[string]string{"web": "1", "sick": "1"})
	})
	t.Run("by target", func(t *testing.T) {
		p := scraping(t, documented(t, 2, address))
		p.sees("probe_success", map[string]string{well: "1", well + "/sick": "0", "tcp" + strings.TrimPrefix(well, "http"): "1", "tcp://127.0.0.1:1": "0"})
	})
}

// TestPrometheusProbesTargets as it does by blackbox_exporter.
func TestPrometheusProbesTargets(t *testing.T) {
	s, well := checked(t)
	targets, err := json.Marshal([]string{well, well + "/sick", "http://127.0.0.1:1/", "http://169.254.169.254/"})
	if err != nil {
		t.Fatal(err)
	}
	config := strings.Replace(documented(t, 4, strings.TrimPrefix(s.URL, "http://")), `["https://shop.example.org/health"]`, string(targets), 1)
	p := scraping(t, config)
	p.sees("probe_success", map[string]string{well: "1", well + "/sick": "0", "http://127.0.0.1:1/": "0"})
	p.sees("up", map[string]string{well: "1", well + "/sick": "1", "http://127.0.0.1:1/": "1", "http://169.254.169.254/": "0"})
}

// TestDocumentedConfigurationsAreRight in the eyes of Prometheus.
func TestDocumentedConfigurationsAreRight(t *testing.T) {
	for n := range 4 {
		file := write(t, "prometheus.yml", strings.ReplaceAll(documented(t, n+1, "127.0.0.1:9860"), "/etc/prometheus/portreeve.token", write(t, "token", "prt_x")))
		if out, err := exec.CommandContext(t.Context(), debian.Path(t, "promtool"), "check", "config", file).CombinedOutput(); err != nil {
			t.Errorf("block %d: %v\n%s", n+1, err, out)
		}
	}
}

// TestPromtoolAcceptsProbes of every kind and outcome.
func TestPromtoolAcceptsProbes(t *testing.T) {
	s, well := checked(t)
	address := strings.TrimPrefix(well, "http://")
	paths := []string{"/probe?check=web", "/probe?check=sick", "/probe?check=port", "/probe?check=shut"}
	for _, q := range []url.Values{
		{"target": {well}, "module": {"http_2xx"}},
		{"target": {well + "/sick"}, "module": {"http_2xx"}},
		{"target": {address}, "module": {"tcp_connect"}},
		{"target": {address}, "module": {"tcp_half_open"}},
		{"target": {address}, "module": {"tls_connect"}},
	} {
		paths = append(paths, "/probe?"+q.Encode())
	}
	eventually(t, 20*time.Second, func() string {
		if res, err := http.Get(s.URL + "/probe?check=shut"); err != nil || res.StatusCode != 200 {
			return fmt.Sprint("not every check has been asked: ", res, err)
		}
		return ""
	})
	for _, path := range paths {
		text := s.get(path)
		cmd := exec.CommandContext(t.Context(), debian.Path(t, "promtool"), "check", "metrics")
		cmd.Stdin = strings.NewReader(text)
		if out, err := cmd.CombinedOutput(); err != nil || len(out) != 0 || !strings.Contains(text, "probe_success ") {
			t.Errorf("%s: promtool check metrics: %v\n%s\n%s", path, err, out, text)
		}
	}
}
