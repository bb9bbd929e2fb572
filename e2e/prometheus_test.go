package e2e

import (
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/debian"
)

func TestPromtoolAcceptsTheMetrics(t *testing.T) {
	port := freePort(t)
	s := serve(t, "--watch-port", fmt.Sprint(port), "--check", "tcp://127.0.0.1:"+fmt.Sprint(port), "--client-metrics")
	openPorts(t, "-p", fmt.Sprint(port), "-n", "5")
	eventually(t, 5*time.Second, func() string {
		return missing(s.get("/metrics"), fmt.Sprintf(`portreeve_connections{family="ipv4",port="%d",protocol="tcp",state="established"} 5`, port))
	})
	cmd := exec.CommandContext(t.Context(), debian.Path(t, "promtool"), "check", "metrics")
	cmd.Stdin = strings.NewReader(s.get("/metrics"))
	if out, err := cmd.CombinedOutput(); err != nil || len(out) != 0 {
		t.Errorf("promtool check metrics: %v\n%s", err, out)
	}
}

func TestNodeExporterReadsTheTextfile(t *testing.T) {
	port := freePort(t)
	openPorts(t, "-p", fmt.Sprint(port), "-n", "5")
	dir := t.TempDir()
	file := filepath.Join(dir, "portreeve.prom")
	writer := start(t, nil, filepath.Join(bin, "portreeve"), "textfile", "--directory", dir, "--watch-port", fmt.Sprint(port), "--interval", "1s")
	eventually(t, 10*time.Second, func() string {
		if _, err := os.Stat(file); err != nil {
			return err.Error() + writer.stderr.String()
		}
		return ""
	})
	at := fmt.Sprintf("127.0.0.1:%d", freePort(t))
	start(t, nil, debian.Path(t, "prometheus-node-exporter"), "--collector.textfile.directory="+dir, "--web.listen-address="+at)
	eventually(t, 20*time.Second, func() string {
		res, err := http.Get("http://" + at + "/metrics")
		if err != nil {
			return err.Error()
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			return err.Error()
		}
		return missing(string(body), "node_textfile_scrape_error 0\n",
			fmt.Sprintf(`portreeve_connections{family="ipv4",port="%d",protocol="tcp",state="established"} 5`, port))
	})
	writer.stop()
	if _, err := os.Stat(file); !os.IsNotExist(err) {
		t.Errorf("the file is still there after a clean stop: %v", err)
	}
}
