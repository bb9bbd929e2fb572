package metrics

import (
	"bufio"
	"io"
	"net/http"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/debian"
	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/port"
)

// TestNodeExporterReadsTheTextfile has a real node_exporter, whose own go_ and
// process_ metrics are on, pass our series on as they are.
func TestNodeExporterReadsTheTextfile(t *testing.T) {
	dir := t.TempDir()
	get := nodeExporter(t, dir)
	crowded := busy(300)
	for i, name := range hostile {
		crowded.Listeners = append(crowded.Listeners, listener(port.TCP, uint16(100+i), name, "0.0.0.0"))
	}
	for name, v := range map[string]board.View{"one of everything": machine(), "folded and hostile": crowded, "nothing": {}} {
		written, passed := seriesOf(write(t, dir, v)), seriesOf(get())
		if passed["node_textfile_scrape_error"] != "0" {
			t.Errorf("%s: node_textfile_scrape_error is %q", name, passed["node_textfile_scrape_error"])
		}
		for s, value := range written {
			if passed[s] != value {
				t.Errorf("%s: %s is %q, was written as %s", name, s, passed[s], value)
			}
		}
	}
	if err := RemoveTextfile(dir, name); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(get(), prefix) {
		t.Error("a removed textfile is still told")
	}
}

var listening = regexp.MustCompile(`msg="Listening on" .*address=(\S+)`)

// nodeExporter starts one that reads dir and nothing else, and returns a func
// that scrapes it. It ends with the test.
func nodeExporter(t *testing.T, dir string) func() string {
	t.Helper()
	cmd := exec.Command(debian.Path(t, "prometheus-node-exporter"), "--web.listen-address=127.0.0.1:0",
		"--collector.disable-defaults", "--collector.textfile", "--collector.textfile.directory="+dir)
	stderr, err := cmd.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		cmd.Process.Signal(syscall.SIGTERM)
		cmd.Wait()
	})
	address := make(chan string, 1)
	go func() {
		for lines := bufio.NewScanner(stderr); lines.Scan(); {
			if m := listening.FindStringSubmatch(lines.Text()); m != nil {
				address <- m[1]
			}
		}
	}()
	select {
	case a := <-address:
		return func() string { return fetch(t, "http://"+a+"/metrics") }
	case <-time.After(30 * time.Second):
		t.Fatal("node_exporter does not listen")
		return nil
	}
}

func fetch(t *testing.T, url string) string {
	t.Helper()
	client := http.Client{Timeout: 10 * time.Second}
	answer, err := client.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	defer answer.Body.Close()
	body, err := io.ReadAll(answer.Body)
	if err != nil || answer.StatusCode != http.StatusOK {
		t.Fatalf("%s: %d, %v", url, answer.StatusCode, err)
	}
	return string(body)
}
