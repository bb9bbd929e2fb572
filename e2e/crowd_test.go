package e2e

import (
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/e2e/smtpsink"
)

// A door is a port behind which everybody stands: closed, all are down.
type door struct {
	t    testing.TB
	port int
	ln   net.Listener
}

func newDoor(t testing.TB) *door {
	d := &door{t: t, port: freePort(t)} // nobody takes it by chance while it is closed
	d.open()
	t.Cleanup(func() { d.close() })
	return d
}

func (d *door) open() {
	d.t.Helper()
	ln, err := net.Listen("tcp4", fmt.Sprintf("0.0.0.0:%d", d.port))
	if err != nil {
		d.t.Fatal(err)
	}
	d.ln = ln
	go func() {
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			c.Close()
		}
	}()
}

func (d *door) close() { d.ln.Close() }

// A hook is a receiver of a webhook that counts what it is told of each check.
type hook struct {
	URL string

	mu     sync.Mutex
	told   map[string]int // by check and status
	keys   map[string]bool
	double int
}

func newHook(t testing.TB) *hook {
	t.Helper()
	h := &hook{told: map[string]int{}, keys: map[string]bool{}}
	server := httptest.NewServer(h)
	t.Cleanup(server.Close)
	h.URL = server.URL
	return h
}

func (h *hook) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	var notice struct{ Key, Check, Status string }
	if err := json.NewDecoder(r.Body).Decode(&notice); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.keys[notice.Key] {
		h.double++
		return
	}
	h.keys[notice.Key] = true
	h.told[notice.Check+" "+notice.Status]++
}

// count returns of how many of n checks a status was told so often, and how many
// notices there were.
func (h *hook) count(n int, status string, times int) (checks, notices int) {
	h.mu.Lock()
	defer h.mu.Unlock()
	for i := range n {
		if h.told[crowdName(i)+" "+status] == times {
			checks++
		}
	}
	return checks, len(h.keys)
}

func crowdName(i int) string { return fmt.Sprintf("t%05d", i) }

// TestTenThousandAtOnce: everybody goes down at the same moment, and comes back at
// the same moment. Checks stay on time, each is told of, the journal has all, and
// memory stays small.
func TestTenThousandAtOnce(t *testing.T) {
	const targets, mailed, interval, megabyte = 10_000, 100, 5 * time.Second, 1 << 20
	d, h, sink := newDoor(t), newHook(t), smtpsink.Open(t, smtpsink.Options{})
	file := crowdConfig(t, targets, mailed, interval, d.port, h.URL, sink.Addr)
	journal := filepath.Join(t.TempDir(), "portreeve.db")
	s := serve(t, "--config", file, "--database", journal)
	w := &crowdWatch{t: t, s: s}
	w.until(targets, "healthy", 4*interval)
	for outage := 1; outage <= crowdOutages; outage++ {
		began := time.Now()
		d.close()
		w.until(targets, "unhealthy", 12*interval)
		seen := time.Since(began)
		w.toldOf(h, targets, "UNHEALTHY", outage)
		t.Logf("outage %d: all seen down after %v, all told after %v", outage, seen.Round(10*time.Millisecond), time.Since(began).Round(10*time.Millisecond))
		began = time.Now()
		d.open()
		w.until(targets, "healthy", 12*interval)
		seen = time.Since(began)
		w.toldOf(h, targets, "HEALTHY", outage)
		t.Logf("recovery %d: all seen up after %v, all told after %v", outage, seen.Round(10*time.Millisecond), time.Since(began).Round(10*time.Millisecond))
	}
	mails := sink.Wait(t, 2*mailed*crowdOutages, time.Minute)
	if len(mails) != 2*mailed*crowdOutages {
		t.Errorf("%d mails of %d outages of %d checks", len(mails), crowdOutages, mailed)
	}
	if h.double > 0 {
		t.Errorf("%d notices came twice, though nothing had failed", h.double)
	}
	w.judge()
	peak := peakMemory(t, s.pid())
	t.Logf("at most %d MB were in memory; the goal is 100", peak/megabyte)
	if peak > 200*megabyte { // what it takes today, with room for a busy machine
		t.Errorf("at most %d MB were in memory", peak/megabyte)
	}
	s.stop()
	all := entries(t, journal)
	judgeHistory(t, all)
	if down := outages(all); down != targets*crowdOutages {
		t.Errorf("the journal has %d outages, want %d", down, targets*crowdOutages)
	}
}

// outages counts those of a journal.
func outages(all []stored) (n int) {
	for _, e := range all {
		if e.to == "UNHEALTHY" && e.kind == "change" {
			n++
		}
	}
	return n
}

// crowdConfig writes a configuration with that many checks of a port, all of
// which tell a hook, and some of which are mailed of.
func crowdConfig(t testing.TB, targets, mailed int, interval time.Duration, port int, hook, relay string) string {
	t.Helper()
	head := fmt.Sprintf(`
defaults: {interval: %s, timeout: 2s, alerts: [hook]}
smtp: {url: "smtp://%s", from: portreeve@example.org}
alerts: {hook: {webhook: {url: "%s"}}, ops: {email: {to: [ops@example.org]}}}`, interval, relay, hook)
	return config(t, head, targets, func(i int) string {
		routes := ""
		if i < mailed {
			routes = ", alerts: [hook, ops]"
		}
		return fmt.Sprintf("{name: %s, target: \"tcp://%s:%d\"%s}", crowdName(i), (&farm{}).addr(i), port, routes)
	})
}

// A crowdWatch looks at a server's metrics again and again.
type crowdWatch struct {
	t     testing.TB
	s     *server
	queue float64 // the longest seen
}

// until waits until all checks have a state.
func (w *crowdWatch) until(targets int, state string, within time.Duration) {
	w.t.Helper()
	eventually(w.t, within, func() string {
		if n := sum(w.t, w.look(), fmt.Sprintf("portreeve_check_state{state=%q", state)); int(n) != targets {
			return fmt.Sprintf("%v checks are %s", n, state)
		}
		return ""
	})
}

// toldOf waits until a status has been told of all checks so often.
func (w *crowdWatch) toldOf(h *hook, targets int, status string, times int) {
	w.t.Helper()
	eventually(w.t, 2*time.Minute, func() string {
		w.look()
		if n, all := h.count(targets, status, times); n != targets {
			return fmt.Sprintf("of %d checks it was told that they are %s; %d notices\n%s", n, status, all, w.s.health())
		}
		return ""
	})
}

// look reads the metrics, not too often: they are many.
func (w *crowdWatch) look() string {
	time.Sleep(200 * time.Millisecond)
	metrics := w.s.get("/metrics")
	w.queue = max(w.queue, sum(w.t, metrics, "portreeve_journal_queue_length"))
	return metrics
}

// judge demands that no slot was skipped, unless the machine itself was late, and
// that nothing was lost.
func (w *crowdWatch) judge() {
	w.t.Helper()
	metrics := w.look()
	skipped, void := sum(w.t, metrics, "portreeve_schedule_skipped_total"), sum(w.t, metrics, "portreeve_schedule_void_total")
	w.t.Logf("lag: %s; %v slots skipped, %v results void; at most %v entries queued", quantile(w.t, metrics, "portreeve_schedule_lag_seconds", 0.99), skipped, void, w.queue)
	if late := above(w.t, metrics, "portreeve_schedule_lag_seconds", 0.1); skipped > 0 && late == 0 {
		w.t.Errorf("%v slots were skipped", skipped)
	}
	if lost := sum(w.t, metrics, "portreeve_journal_dropped_total"); lost > 0 {
		w.t.Errorf("%v entries were lost", lost)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peakMemory returns the most memory that a process has had, in bytes.
func peakMemory(t testing.TB, pid int) int {
	t.Helper()
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		t.Fatal(err)
	}
	m := highWater.FindSubmatch(status)
	if m == nil {
		t.Fatalf("no VmHWM in %s", status)
	}
	kB, _ := strconv.Atoi(string(m[1]))
	return kB << 10
}
