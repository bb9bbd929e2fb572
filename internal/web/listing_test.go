package web

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/port"
)

// TestListingIsTheReport: written item by item it reads as if written at once.
func TestListingIsTheReport(t *testing.T) {
	for _, n := range []int{0, 1, 2, 5000} {
		r := board.Report[string]{Schema: board.Schema, Host: `"items":[]`, Degraded: []port.Degraded{}, Items: []string{}}
		for i := range n {
			r.Items = append(r.Items, fmt.Sprintf("%d \u202e", i))
		}
		var whole, got writes
		if err := errors.Join(encodeJSON(&whole, r), encodeJSON(&got, listed(r))); err != nil {
			t.Fatal(err)
		}
		if got.text() != whole.text() {
			t.Errorf("%d items: %.200s, want %.200s", n, got.text(), whole.text())
		}
		for _, w := range got {
			if len(w) > 2*spoolSize {
				t.Errorf("%d items: %d bytes are written at once", n, len(w))
			}
		}
	}
}

// writes keeps each write that is made.
type writes []string

func (w *writes) Write(p []byte) (int, error) { *w = append(*w, string(p)); return len(p), nil }
func (w writes) text() string                 { return strings.Join(w, "") }

// fullWorld has 5,000 listeners and 10,000 checks of them.
func fullWorld(now time.Time) *world {
	w := newWorld(now)
	for i := range 5000 {
		p := uint16(10000 + i)
		w.listen(port.TCP, "0.0.0.0 ::", p, w.owner(held{name: "svc", user: "app", unit: "svc.service", pid: 1000 + i, age: time.Hour}), queue(0, 4096, 0))
	}
	w.look()
	for i := range 10000 {
		w.check(fmt.Sprintf("check-%05d", i), fmt.Sprintf("tcp://127.0.0.1:%d", 10000+i/2), health.Healthy, health.Result{Verdict: health.Pass, Text: "as it should be", Took: 1e6}, time.Hour, 0)
	}
	return w
}

// A tightListener gives its connections little room for what is sent, so that
// a reader who does not read is felt at once.
type tightListener struct{ net.Listener }

func (l tightListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err == nil {
		c.(*net.TCPConn).SetWriteBuffer(4 << 10)
	}
	return c, err
}

// dialTight calls from an address with little room for what comes.
func dialTight(t *testing.T, target, addr string) net.Conn {
	t.Helper()
	d := from(addr)
	d.Control = func(_, _ string, c syscall.RawConn) error {
		var err error
		return errors.Join(c.Control(func(fd uintptr) { err = syscall.SetsockoptInt(int(fd), syscall.SOL_SOCKET, syscall.SO_RCVBUF, 4<<10) }), err)
	}
	c, err := d.Dial("tcp", target)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// serveTight lets s answer with little room, and readers that long.
func serveTight(t *testing.T, s *Server, write time.Duration) string {
	t.Helper()
	s.wait.write = write
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- s.Serve(ctx, tightListener{ln}) }()
	t.Cleanup(func() { cancel(); <-done })
	return ln.Addr().String()
}

func heap() int64 {
	runtime.GC()
	runtime.GC() // what pools hold goes with the second
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return int64(m.HeapAlloc)
}

// TestSlowReadersHoldLittle: fifty who have asked for a thousand items each,
// and read none of them, hold kilobytes each. Whoever does not read in time is
// cut off, so that he does not take what he has for the whole.
func TestSlowReadersHoldLittle(t *testing.T) {
	const readers, most = 50, 256 << 10
	s := fullWorld(time.Now()).server(Options{})
	target := serveTight(t, s, 5*time.Second)
	answersOnce(target, "127.0.0.9") // what is made once is there
	paths := []string{"/api/v1/checks?limit=1000", "/api/v1/listeners", "/api/v1/checks?limit=1000&sort=took"}
	before := heap()
	var answers []*bufio.Reader
	for i := range readers {
		c := dialTight(t, target, fmt.Sprintf("127.0.0.%d", 2+i%4))
		fmt.Fprintf(c, "GET %s HTTP/1.1\r\nHost: localhost\r\n\r\n", paths[i%len(paths)])
		c.SetReadDeadline(time.Now().Add(time.Minute))
		answers = append(answers, bufio.NewReaderSize(c, 16))
	}
	for _, a := range answers {
		if _, err := a.Peek(1); err != nil { // from here on its list is made, and it waits
			t.Fatal(err)
		}
	}
	held := heap() - before
	t.Logf("%d readers hold %d KiB, %d each", readers, held>>10, held/readers>>10)
	if held > readers*most {
		t.Errorf("%d readers hold %d bytes, which is %d each", readers, held, held/readers)
	}
	resp, err := caller("127.0.0.9").Get("http://" + target + "/api/v1/checks?limit=1000")
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	var part board.Part[*health.State]
	if err := json.NewDecoder(resp.Body).Decode(&part); err != nil || len(part.Items) != 1000 || part.Next == "" || part.Matching != 10000 {
		t.Errorf("one who reads got %d of %d, next %q; %v", len(part.Items), part.Matching, part.Next, err)
	}
	if !within(30*time.Second, func() bool { s.gate.mu.Lock(); defer s.gate.mu.Unlock(); return s.gate.count == 0 }) {
		t.Fatal("those who do not read are still connected")
	}
	for i, a := range answers {
		resp, err := http.ReadResponse(a, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n, err := io.Copy(io.Discard, resp.Body); err == nil {
			t.Errorf("reader %d was cut off and takes %d bytes for the whole answer", i, n)
		}
	}
}

// TestPatientReaders get all of a long answer, be it compressed or not, by a
// pipe that holds little.
func TestPatientReaders(t *testing.T) {
	target := serveTight(t, fullWorld(time.Now()).server(Options{}), time.Minute)
	for _, plain := range []bool{true, false} {
		client := caller("127.0.0.3")
		client.Timeout = time.Minute
		client.Transport.(*http.Transport).DisableCompression = plain
		resp, err := client.Get("http://" + target + "/api/v1/listeners")
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var part board.Part[listenerItem]
		if err := json.NewDecoder(resp.Body).Decode(&part); err != nil || len(part.Items) != 1000 || part.Matching != 5000 || len(part.Items[7].Checks) != 2 {
			t.Errorf("plain %v: %d of %d; %v", plain, len(part.Items), part.Matching, err)
		}
		if resp.Uncompressed == plain {
			t.Errorf("plain %v, and compressed %v", plain, resp.Uncompressed)
		}
	}
}
