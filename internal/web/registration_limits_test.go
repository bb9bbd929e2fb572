package web

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"testing"
	"time"
)

// Registrations whose body never comes in full, from callers who need no token.
const (
	slowSignUp  = "POST /api/v1/checks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n{"
	slowMonitor = "POST /healthchecker/monitor HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/x-www-form-urlencoded\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nappna\r\n"
)

// TestSlowRegistrationsCannotLockOthersOut: who is let in without a token waits
// for his own body in a place that whoever is quicker may take.
func TestSlowRegistrationsCannotLockOthersOut(t *testing.T) {
	needFiles(t)
	for name, part := range map[string]string{"of the API": slowSignUp, "of old clients": slowMonitor} {
		t.Run(name, func(t *testing.T) {
			p := newReception(t)
			s := p.server(p.options)
			s.wait.read = time.Minute // only who is pushed out goes
			target := serve(t, s)
			crowd(t, target, "127.0.0.2", part, 500) // one address …
			for i := range 20 {
				crowd(t, target, fmt.Sprintf("127.0.1.%d", i+1), part, 32) // … and twenty, of as many as fit
			}
			for _, addr := range []string{"127.0.0.2", "127.0.0.9"} {
				if took := answers(t, target, addr); took > time.Second {
					t.Errorf("the first page took %v for %s", took, addr)
				}
				if took := quickest(t, target, addr); took > 100*time.Millisecond {
					t.Errorf("the page took %v for %s", took, addr)
				}
			}
			if p.done() > 0 {
				t.Errorf("half a registration was heard: %v, and %d by old clients", p.registrar.said, len(p.compat))
			}
		})
	}
}

// TestARegistrationOverTheWire: bodies come late, in chunks and after a
// 100-continue, and connections are kept.
func TestARegistrationOverTheWire(t *testing.T) {
	p := newReception(t)
	target := serve(t, p.server(p.options))
	c, err := net.Dial("tcp", target)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.SetDeadline(time.Now().Add(10 * time.Second))
	answers := bufio.NewReader(c)
	body := func(i int) string { return fmt.Sprintf(`{"name":"wire-%d","target":"tcp://:1"}`, i) }
	head := "POST /api/v1/checks HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
	for i, parts := range [][]string{
		{head + fmt.Sprintf("Content-Length: %d\r\n\r\n", len(body(0))), body(0)},
		{head + "Transfer-Encoding: chunked\r\n\r\n", fmt.Sprintf("%x\r\n%s\r\n", len(body(1)), body(1)), "0\r\n\r\n"},
		{head + fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d\r\n\r\n", len(body(2))), "?", body(2)},
		{head + fmt.Sprintf("Content-Length: %d\r\n\r\n%s", len(body(3)), body(3))},
	} {
		for _, part := range parts {
			if part == "?" {
				if line, err := answers.ReadString('\n'); err != nil || !strings.Contains(line, "100 Continue") {
					t.Fatalf("%q, %v", line, err)
				}
				answers.ReadString('\n')
				continue
			}
			io.WriteString(c, part)
		}
		resp, err := http.ReadResponse(answers, nil)
		if err != nil {
			t.Fatalf("%d: %v", i, err)
		}
		said, err := io.ReadAll(resp.Body)
		if err != nil || resp.StatusCode != 201 || resp.Close {
			t.Errorf("%d: %d %v %s", i, resp.StatusCode, err, said)
		}
	}
	if p.done() != 4 {
		t.Errorf("%v", p.registrar.said)
	}
}

// TestRefusedRegistrationsCostLittle: ten thousand of each kind leave nothing
// behind, say little in the log, and take no more memory each than their body.
func TestRefusedRegistrationsCostLittle(t *testing.T) {
	if testing.Short() {
		t.Skip("ten thousand requests of each kind take seconds")
	}
	p := newReception(t)
	var log lineCounter
	h := New(p.board, p.journal, p.options, slog.New(slog.NewTextHandler(&log, nil))).Handler()
	for i := range 64 {
		p.call(inside, "POST", "/api/v1/checks", fmt.Sprintf(`{"name":"full-%d","target":"tcp://:1"}`, i))
	}
	for _, tt := range []struct {
		name, from, body string
		headers          []string
		want             int
	}{
		{"from nowhere", faraway, `{"name":"x","target":"tcp://:1"}`, nil, 401},
		{"by wrong tokens", faraway, `{"name":"x","target":"tcp://:1"}`, bearer("nobody"), 429},
		{"as forms", inside, `name=x`, []string{"Content-Type", "text/plain"}, 415},
		{"of nothing", inside, `{}`, nil, 422},
		{"of what there is not", inside, manyFields(100), nil, 422},
		{"of too many", inside, `{"name":"more","target":"tcp://:1"}`, nil, 422},
		{"of another's", beside, `{"name":"app","target":"tcp://:1"}`, nil, 409},
	} {
		t.Run(tt.name, func(t *testing.T) {
			request := func(i int) int {
				r := httptest.NewRequest("POST", "http://localhost:9860"+checksPath, strings.NewReader(tt.body))
				r.RemoteAddr = fmt.Sprintf("%s:%d", strings.Split(tt.from, ":")[0], 1024+i%60000)
				r.Header.Set("Content-Type", "application/json")
				for j := 0; j < len(tt.headers); j += 2 {
					r.Header.Set(tt.headers[j], tt.headers[j+1])
				}
				rec := httptest.NewRecorder()
				h.ServeHTTP(rec, r)
				return rec.Code
			}
			for i := range 100 { // what is made once, is made
				request(i)
			}
			times := 10000
			if tt.want == 422 || tt.want == 415 { // alike, and the slowest
				times = 1000
			}
			before, lines := memory(), log.lines
			for i := range times {
				if code := request(i); code != tt.want {
					t.Fatalf("%d, want %d", code, tt.want)
				}
			}
			after := memory()
			if kept := int64(after.HeapAlloc) - int64(before.HeapAlloc); kept > 1<<20 {
				t.Errorf("%d bytes are left behind", kept)
			}
			if each := (after.TotalAlloc - before.TotalAlloc) / uint64(times); each > 100<<10 {
				t.Errorf("each takes %d bytes", each)
			} else {
				t.Logf("each takes %d bytes", each)
			}
			if said := log.lines - lines; said > wrongLines {
				t.Errorf("the log has %d lines of it", said)
			}
		})
	}
}

// A lineCounter counts the lines of a log.
type lineCounter struct{ lines int }

func (c *lineCounter) Write(p []byte) (int, error) {
	c.lines += strings.Count(string(p), "\n")
	return len(p), nil
}

func memory() (m runtime.MemStats) {
	runtime.GC()
	runtime.ReadMemStats(&m)
	return m
}
