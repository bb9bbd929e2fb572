package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

const (
	floodConns = 6
	floodAhead = 50 // requests that are sent before the first is answered
	flooded    = 64 // registrations that one identity may have
)

// TestAFloodOfRegistrations signs up names as fast as the server answers: the
// quota holds, memory does not grow, and real checks stay on time.
func TestAFloodOfRegistrations(t *testing.T) {
	const checks = 300
	f := newFarm(t)
	file := config(t, "defaults: {interval: 500ms, timeout: 300ms}\nregistration: {enabled: true}", checks, func(i int) string {
		return fmt.Sprintf("{name: t%03d, target: \"tcp://%s:%d\"}", i, f.addr(i), f.tcp)
	})
	s := serve(t, "--config", file)
	eventually(t, 20*time.Second, func() string {
		if up := sum(t, s.get("/metrics"), `portreeve_check_state{state="healthy"`); up != checks {
			return fmt.Sprintf("%v checks are up", up)
		}
		return ""
	})
	for range 20 { // buffers and pages that any traffic takes
		s.get("/")
	}
	before, lagging := resident(t, s.pid()), s.get("/metrics")
	codes := flood(t, strings.TrimPrefix(s.URL, "http://"), floodFor)
	after, metrics := resident(t, s.pid()), s.get("/metrics")

	all := 0
	for _, n := range codes {
		all += n
	}
	late := above(t, metrics, "portreeve_schedule_lag_seconds", 0.05) - above(t, lagging, "portreeve_schedule_lag_seconds", 0.05)
	asked := sum(t, metrics, "portreeve_schedule_lag_seconds_count") - sum(t, lagging, "portreeve_schedule_lag_seconds_count")
	t.Logf("%d registrations in %v, %.0f a second: %v; memory %.1f MB, was %.1f MB; %v of %v checks were more than 50 ms late",
		all, floodFor, float64(all)/floodFor.Seconds(), codes, after, before, late, asked)
	if codes[http.StatusCreated] > flooded || codes[http.StatusCreated] == 0 {
		t.Errorf("%d were signed up, want %d at most", codes[http.StatusCreated], flooded)
	}
	if n := codes[http.StatusUnprocessableEntity] + codes[http.StatusTooManyRequests]; n != all-codes[http.StatusCreated] {
		t.Errorf("answers %v: all others are to be refused by 422 or 429", codes)
	}
	if after-before > 16 {
		t.Errorf("memory grew from %.1f to %.1f MB", before, after)
	}
	if skipped := sum(t, metrics, "portreeve_schedule_skipped_total"); skipped > 0 && late == 0 {
		t.Errorf("%v slots were skipped", skipped)
	}
	if up := sum(t, metrics, `portreeve_check_up{check="t`); up != checks { // what strangers signed up may be down
		t.Errorf("%v of %v checks are up", up, checks)
	}
}

// flood signs up other names all the time by connections that do not wait for
// answers, and counts the answers by their codes.
func flood(t *testing.T, address string, d time.Duration) map[int]int {
	var (
		end   = time.Now().Add(d)
		next  atomic.Int64
		mu    sync.Mutex
		codes = map[int]int{}
		all   sync.WaitGroup
	)
	for range floodConns {
		all.Go(func() {
			for time.Now().Before(end) { // a connection may be closed to make room
				counted := floodConn(address, end, &next)
				mu.Lock()
				for code, n := range counted {
					codes[code] += n
				}
				mu.Unlock()
			}
		})
	}
	all.Wait()
	return codes
}

func floodConn(address string, end time.Time, next *atomic.Int64) map[int]int {
	codes := map[int]int{}
	c, err := net.Dial("tcp", address)
	if err != nil {
		return codes
	}
	defer c.Close()
	_ = c.SetDeadline(end.Add(20 * time.Second))
	in := bufio.NewReader(c)
	for time.Now().Before(end) {
		var b strings.Builder
		for range floodAhead {
			body := fmt.Sprintf(`{"name":"flood-%d","target":"tcp://127.0.0.1:%d"}`, next.Add(1), 1+next.Load()%60000)
			fmt.Fprintf(&b, "POST /api/v1/checks HTTP/1.1\r\nHost: %s\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%s", address, len(body), body)
		}
		if _, err := io.WriteString(c, b.String()); err != nil {
			return codes
		}
		for range floodAhead {
			resp, err := http.ReadResponse(in, nil)
			if err != nil {
				return codes
			}
			_, _ = io.Copy(io.Discard, resp.Body)
			resp.Body.Close()
			codes[resp.StatusCode]++
		}
	}
	return codes
}
