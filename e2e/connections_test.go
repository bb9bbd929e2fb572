package e2e

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"
)

// A portCount is a port's connections as one of the outputs tells them.
type portCount struct{ established, unaccepted, perClient int }

// sources are the four places that tell a port's connections.
func sources(s *server, port int) map[string]func() portCount {
	return map[string]func() portCount{
		"api":      func() portCount { return fromReport(s.t, s.get(fmt.Sprintf("/api/v1/connections?port=%d", port))) },
		"metrics":  func() portCount { return fromMetrics(s.get("/metrics"), port) },
		"conns":    func() portCount { return fromConns(s.t, port) },
		"textfile": func() portCount { return fromTextfile(s.t, port) },
	}
}

func fromReport(t testing.TB, body string) portCount {
	t.Helper()
	var report struct {
		Items []struct {
			Total   struct{ Established, Unaccepted int }
			Clients struct {
				Top []struct{ Connections int }
			}
		}
	}
	if err := json.Unmarshal([]byte(body), &report); err != nil {
		t.Fatalf("%v in %s", err, body)
	}
	if len(report.Items) != 1 {
		return portCount{-1, -1, -1}
	}
	item := report.Items[0]
	c := portCount{established: item.Total.Established, unaccepted: item.Total.Unaccepted}
	if len(item.Clients.Top) > 0 {
		c.perClient = item.Clients.Top[0].Connections
	}
	return c
}

// fromMetrics sums the series of a port; a port without series is -1.
func fromMetrics(text string, port int) portCount {
	c := portCount{-1, -1, 0}
	add := func(to *int, value string) {
		n, _ := strconv.Atoi(value)
		*to = max(*to, 0) + n
	}
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(strings.TrimSpace(line), " ")
		if !strings.Contains(name, fmt.Sprintf(`port="%d"`, port)) {
			continue
		}
		switch {
		case strings.HasPrefix(name, "portreeve_connections{") && strings.Contains(name, `state="established"`):
			add(&c.established, value)
		case strings.HasPrefix(name, "portreeve_connections{") && strings.Contains(name, `state="unaccepted"`):
			add(&c.unaccepted, value)
		case strings.HasPrefix(name, "portreeve_client_connections_max{"):
			c.perClient, _ = strconv.Atoi(value)
		}
	}
	return c
}

func fromConns(t testing.TB, port int) portCount {
	t.Helper()
	out, errs, code := run(t, nil, "conns", fmt.Sprint(port), "--json")
	if code != 0 {
		t.Fatalf("conns exits %d: %s", code, errs)
	}
	return fromReport(t, out)
}

func fromTextfile(t testing.TB, port int) portCount {
	t.Helper()
	dir := t.TempDir()
	if _, errs, code := run(t, nil, "textfile", "--directory", dir, "--watch-port", fmt.Sprint(port), "--once"); code != 0 {
		t.Fatalf("textfile exits %d: %s", code, errs)
	}
	text, err := os.ReadFile(filepath.Join(dir, "portreeve.prom"))
	if err != nil {
		t.Fatal(err)
	}
	return fromMetrics(string(text), port)
}

// agree waits until all four outputs tell the same.
func agree(t *testing.T, s *server, port int, want portCount) {
	t.Helper()
	for name, read := range sources(s, port) {
		eventually(t, 10*time.Second, func() string {
			if got := read(); got != want {
				return fmt.Sprintf("%s tells %+v of port %d, want %+v", name, got, port, want)
			}
			return ""
		})
	}
}

// TestConnectionsAreCountedOnce is the Consul job: both ends on this machine,
// and every output tells the server's side alone.
func TestConnectionsAreCountedOnce(t *testing.T) {
	tests := []struct {
		name      string
		args      []string
		perClient int
	}{
		{"ipv4", []string{"--ipv", "4", "--clients-from", "127.0.0.2,127.0.0.3,127.0.0.4"}, 67},
		{"ipv6", []string{"--ipv", "6"}, 200},
		{"ipv4 clients of an IPv6 socket", []string{"--ipv", "both", "--addr", "::", "--clients-from", "127.0.0.2,127.0.0.3,::1"}, 100},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			port := freePort(t)
			s := serve(t, "--watch-port", fmt.Sprint(port))
			agree(t, s, port, portCount{})

			opener := openPorts(t, append([]string{"-p", fmt.Sprint(port), "-n", "200"}, tt.args...)...)
			agree(t, s, port, portCount{200, 0, tt.perClient})

			opener.tell("close-clients")
			agree(t, s, port, portCount{})
			if n := timeWaits(t, port); n == 0 {
				t.Error("no TIME_WAIT is left: the test shows nothing")
			}
			opener.kill()
			agree(t, s, port, portCount{})
		})
	}
}

// timeWaits counts the sockets in TIME_WAIT whose far end is port.
func timeWaits(t testing.TB, port int) int {
	t.Helper()
	n := 0
	for _, table := range []string{"/proc/net/tcp", "/proc/net/tcp6"} {
		text, err := os.ReadFile(table)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.Lines(string(text)) {
			f := strings.Fields(line)
			if len(f) > 3 && f[3] == "06" && (strings.HasSuffix(f[2], fmt.Sprintf(":%04X", port)) || strings.HasSuffix(f[1], fmt.Sprintf(":%04X", port))) {
				n++
			}
		}
	}
	return n
}

func TestUnacceptedConnectionsAreApart(t *testing.T) {
	port := freePort(t)
	s := serve(t)
	openPorts(t, "-p", fmt.Sprint(port), "-n", "20", "--accept=false", "--backlog", "64")
	for name, read := range sources(s, port) {
		eventually(t, 10*time.Second, func() string {
			if got := read(); got != (portCount{0, 20, 0}) {
				return fmt.Sprintf("%s tells %+v, want 20 unaccepted and none established", name, got)
			}
			return ""
		})
	}
}
