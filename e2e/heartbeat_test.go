package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"
)

// Heartbeats of these tests: so often, and missing after period and grace.
const (
	beatEvery  = time.Second
	beatPeriod = 3 * time.Second
	beatGrace  = 5 * time.Second
)

// hearing is a configuration that hears heartbeats by these names, and a token by
// which they may be sent.
func hearing(t testing.TB, head string, names ...string) (file, token string) {
	t.Helper()
	tokens := t.TempDir() + "/tokens"
	secret, errs, code := run(t, nil, "token", "add", "jobs", "--scope", "register", "--file", tokens)
	if code != 0 {
		t.Fatalf("token add: %s", errs)
	}
	head = fmt.Sprintf("auth: {tokens_file: %s}\n%s", tokens, head)
	return config(t, head, len(names), func(i int) string {
		return fmt.Sprintf(`{name: %s, target: "push://%[1]s", period: %v, grace: %v}`, names[i], beatPeriod, beatGrace)
	}), strings.TrimSpace(secret)
}

// A device tells that it is alive, with a number that grows.
type device struct {
	name, token string
	client      *http.Client
	stopped     chan struct{}
	ended       sync.WaitGroup

	mu     sync.Mutex
	server string // its URL; empty: none, so none is called
	said   int    // the number that was said last
	heard  int    // the last that was answered well
	codes  map[int]int
}

// newDevice has a device beat until the test ends or it dies.
func newDevice(t testing.TB, name, token, server string, dial func(address string) (net.Conn, error)) *device {
	d := &device{name: name, token: token, server: server, stopped: make(chan struct{}), codes: map[int]int{}}
	d.client = &http.Client{Timeout: 5 * time.Second, Transport: &http.Transport{
		DisableKeepAlives: true, DialContext: func(_ context.Context, _, address string) (net.Conn, error) { return dial(address) },
	}}
	d.ended.Go(d.run)
	t.Cleanup(d.die)
	return d
}

// local dials as a program on this machine.
func local(address string) (net.Conn, error) { return net.DialTimeout("tcp", address, 5*time.Second) }

func (d *device) run() {
	tick := time.NewTicker(beatEvery)
	defer tick.Stop()
	for {
		d.beat()
		select {
		case <-d.stopped:
			return
		case <-tick.C:
		}
	}
}

// beat sends one heartbeat, as a line of a crontab does.
func (d *device) beat() {
	d.mu.Lock()
	server, number := d.server, d.said+1
	d.said = number
	d.mu.Unlock()
	if server == "" {
		return
	}
	code := 0
	if res, err := d.client.Get(server + "/api/v1/push/" + d.name + "/" + url.PathEscape(d.token) + "?text=" + fmt.Sprint(number)); err == nil {
		res.Body.Close()
		code = res.StatusCode
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.codes[code]++
	if code == http.StatusOK {
		d.heard = number
	}
}

// die has it beat no more.
func (d *device) die() {
	select {
	case <-d.stopped:
	default:
		close(d.stopped)
	}
	d.ended.Wait()
}

// turn has it call another server.
func (d *device) turn(server string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.server = server
}

// answered returns the last number that was answered well.
func (d *device) answered() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.heard
}

// times returns how often an answer came; 0 counts those that never did.
func (d *device) times(code int) int {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.codes[code]
}

// beaten returns the number of the newest heartbeat that a server knows of; -1
// before it knows of any.
func beaten(s *server, name string) int {
	s.t.Helper()
	text, err := s.try("/api/v1/checks/" + name)
	if err != nil {
		return -1
	}
	var report struct {
		Items []struct {
			Last *struct {
				Answer *struct{ Beat *struct{ Text string } }
			}
		}
	}
	if err := json.Unmarshal([]byte(text), &report); err != nil || len(report.Items) != 1 {
		s.t.Fatalf("%v: %s", err, text)
	}
	last, number := report.Items[0].Last, -1
	if last != nil && last.Answer != nil && last.Answer.Beat != nil {
		_, _ = fmt.Sscan(last.Answer.Beat.Text, &number)
	}
	return number
}

// knows waits until a server knows of a heartbeat as young as a number.
func knows(s *server, name string, number int) {
	s.t.Helper()
	eventually(s.t, 20*time.Second, func() string {
		if got := beaten(s, name); got < number {
			return fmt.Sprintf("of %s it knows number %d, not %d", name, got, number)
		}
		return ""
	})
}

// falls returns when each check went down first, by name.
func falls(s *server) map[string]time.Time {
	s.t.Helper()
	all := map[string]time.Time{}
	for _, c := range changes(&islander{server: s}) {
		if _, known := all[c.Check]; !known && c.To == "UNHEALTHY" && c.From != c.To && !strings.HasPrefix(c.Check, "portreeve.") {
			all[c.Check] = c.At
		}
	}
	return all
}

// falling waits until a check is down, and returns when that was.
func falling(s *server, name string, within time.Duration) time.Time {
	s.t.Helper()
	eventually(s.t, within, func() string {
		if _, down := falls(s)[name]; !down {
			return name + " is not down"
		}
		return ""
	})
	return falls(s)[name]
}

// onlyDown expects that nobody else ever went down.
func onlyDown(s *server, names ...string) {
	s.t.Helper()
	down := falls(s)
	for _, name := range names {
		delete(down, name)
	}
	if len(down) > 0 {
		s.t.Errorf("called down are %v", down)
	}
}
