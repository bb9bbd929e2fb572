package web

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/port"
)

// A heard is one event of a stream.
type heard struct{ kind, id, data string }

// hear opens a stream and passes on its events until the test ends.
func hear(t *testing.T, url string, headers ...string) <-chan heard {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, url, nil)
	if err != nil {
		t.Fatal(err)
	}
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { resp.Body.Close() })
	if resp.StatusCode != 200 || resp.Header.Get("Content-Type") != "text/event-stream" {
		t.Fatalf("%s: %d %s", url, resp.StatusCode, resp.Header.Get("Content-Type"))
	}
	events := make(chan heard, 1000)
	go func() {
		defer close(events)
		var h heard
		for in := bufio.NewScanner(resp.Body); in.Scan(); {
			field, value, _ := strings.Cut(in.Text(), ": ")
			switch field {
			case "event":
				h.kind = value
			case "id":
				h.id = value
			case "data":
				h.data = value
			case "":
				if h.kind != "" {
					events <- h
				}
				h = heard{}
			}
		}
	}()
	return events
}

// next waits for the next event of a kind.
func next(t *testing.T, events <-chan heard, kind string) heard {
	t.Helper()
	deadline := time.After(10 * time.Second)
	for {
		select {
		case h, ok := <-events:
			if !ok {
				t.Fatalf("the stream ended before a %s", kind)
			}
			if h.kind == kind {
				return h
			}
		case <-deadline:
			t.Fatalf("no %s came", kind)
		}
	}
}

func TestStreamTellsWhatHappens(t *testing.T) {
	w := busyWorld(time.Now())
	url := "http://" + serve(t, w.server(Options{}))
	for _, path := range []string{"/events/stream", "/api/v1/events/stream"} {
		events := hear(t, url+path)
		first := next(t, events, kindGeneration)
		w.happen(port.Closed, 3001, 0)
		entry := next(t, events, kindEntry)
		var r event.Recorded
		if err := json.Unmarshal([]byte(entry.data), &r); err != nil || r.Port == nil || r.Port.Port != 3001 || string(r.Cursor) != entry.id {
			t.Errorf("%s: %v, %+v", path, err, entry)
		}
		var was, is generation
		if err := json.Unmarshal([]byte(first.data), &was); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal([]byte(next(t, events, kindGeneration).data), &is); err != nil || is.Stamp == was.Stamp || is.Number <= was.Number || is.Problems != 2 {
			t.Errorf("%s: %v, was %+v, is %+v", path, err, was, is)
		}
	}
}

func TestStreamIsResumed(t *testing.T) {
	w := busyWorld(time.Now())
	url := "http://" + serve(t, w.server(Options{})) + "/events/stream?kind=entry"
	for name, tt := range map[string]struct {
		url     string
		headers []string
		want    []string
	}{
		"after the last heard":        {url, []string{"Last-Event-ID", "c4"}, []string{"c5", "c6"}},
		"the same, without headers":   {url + "&since=c4", nil, []string{"c5", "c6"}},
		"what was heard wins":         {url + "&since=c1", []string{"Last-Event-ID", "c5"}, []string{"c6"}},
		"from the very first":         {url + "&since=start", nil, []string{"c1", "c2", "c3", "c4", "c5", "c6"}},
		"from now on, when new to it": {url, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			events := hear(t, tt.url, tt.headers...)
			var got []string
			for range tt.want {
				got = append(got, next(t, events, kindEntry).id)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Error(diff)
			}
		})
	}
	resp, err := http.Get(url + "&since=nonsense")
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 422 {
		t.Errorf("a cursor that never was: %d", resp.StatusCode)
	}
}

// TestReturningReaderMissesNothing drops and comes back while things happen.
func TestReturningReaderMissesNothing(t *testing.T) {
	w := busyWorld(time.Now())
	url := "http://" + serve(t, w.server(Options{})) + "/events/stream?kind=entry"
	last := "c6"
	for round := range 3 {
		for range 250 { // more than one batch, while nobody listens
			w.happen(port.Opened, 3001, 0)
		}
		events := hear(t, url, "Last-Event-ID", last)
		for i := range 250 {
			want := fmt.Sprintf("c%d", 6+round*250+i+1)
			if last = next(t, events, kindEntry).id; last != want {
				t.Fatalf("heard %s, want %s", last, want)
			}
		}
	}
}

// TestGenerationsAreFewAndTheLastOneComes while the board changes all the time.
func TestGenerationsAreFewAndTheLastOneComes(t *testing.T) {
	w := busyWorld(time.Now())
	events := hear(t, "http://"+serve(t, w.server(Options{}))+"/events/stream?kind=generation")
	next(t, events, kindGeneration)
	begin := time.Now()
	for time.Since(begin) < 1500*time.Millisecond {
		w.look()
		time.Sleep(time.Millisecond) // the pace of the changes, not a wait for anything
	}
	last := stamp(w.board.View())
	for n := 1; ; n++ {
		if strings.Contains(next(t, events, kindGeneration).data, last) {
			if most := 2 + int(time.Since(begin)/pace); n > most {
				t.Errorf("%d generations in %v", n, time.Since(begin))
			}
			return
		}
	}
}

func TestStreamsHaveAPoolOfTheirOwn(t *testing.T) {
	s := busyWorld(time.Now()).server(Options{})
	url := "http://" + serve(t, s) + "/events/stream"
	for range s.streams.perAddr {
		next(t, hear(t, url), kindGeneration)
	}
	resp, err := http.Get(url)
	if err != nil {
		t.Fatal(err)
	}
	resp.Body.Close()
	if resp.StatusCode != 503 || resp.Header.Get("Retry-After") == "" || resp.Header.Get("Content-Type") != "application/problem+json" {
		t.Errorf("one too many: %d %v", resp.StatusCode, resp.Header)
	}
	s.gate.mu.Lock()
	held := s.gate.count
	s.gate.mu.Unlock()
	if held > 2 {
		t.Errorf("%d connections are counted: streams are, too", held)
	}
	answers(t, strings.TrimSuffix(strings.TrimPrefix(url, "http://"), "/events/stream"), "127.0.0.1")
}

func TestPool(t *testing.T) {
	p := newPool(3, 2)
	a, b := addrKey(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 1)}), addrKey(&net.TCPAddr{IP: net.IPv4(10, 0, 0, 2)})
	for i, step := range []struct {
		enter bool
		want  bool
	}{{p.enter(a), true}, {p.enter(a), true}, {p.enter(a), false}, {p.enter(b), true}, {p.enter(b), false}} {
		if step.enter != step.want {
			t.Errorf("step %d: %v", i, step.enter)
		}
	}
	p.leave(a)
	if !p.enter(b) || p.open() != 3 {
		t.Error("a place that is given back is not there")
	}
}

// TestSlowReaderIsDropped: one that takes nothing for long. The reader's end
// has a small buffer, ours is filled by what happens.
func TestSlowReaderIsDropped(t *testing.T) {
	w := busyWorld(time.Now())
	s := w.server(Options{})
	s.wait.reader = 300 * time.Millisecond
	target := serve(t, s)
	c, err := net.Dial("tcp", target)
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	c.(*net.TCPConn).SetReadBuffer(4096)
	for range 20000 {
		w.journal.add(event.Entry{Stream: "x", Observer: strings.Repeat("x", 500)})
	}
	fmt.Fprintf(c, "GET /events/stream?since=start HTTP/1.1\r\nHost: localhost\r\n\r\n")
	if !within(10*time.Second, func() bool { return s.streams.open() == 1 }) {
		t.Fatal("no stream was opened")
	}
	if !within(10*time.Second, func() bool { return s.streams.open() == 0 }) {
		t.Error("the reader that takes nothing still has its stream")
	}
}

// within polls until ok holds, and reports whether it did in time.
func within(d time.Duration, ok func() bool) bool {
	for end := time.Now().Add(d); time.Now().Before(end); time.Sleep(5 * time.Millisecond) {
		if ok() {
			return true
		}
	}
	return ok()
}

func TestWaitingForEvents(t *testing.T) {
	w := busyWorld(time.Now())
	s := w.server(Options{})
	url := "http://" + serve(t, s) + "/api/v1/events?since=c6"
	get := func(url string) (board.Report[event.Recorded], time.Duration) {
		begin := time.Now()
		resp, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		var r board.Report[event.Recorded]
		if err := json.NewDecoder(resp.Body).Decode(&r); err != nil || resp.StatusCode != 200 {
			t.Fatalf("%d %v", resp.StatusCode, err)
		}
		return r, time.Since(begin)
	}
	if r, took := get(url + "&wait=1"); len(r.Items) != 0 || took < 900*time.Millisecond {
		t.Errorf("nothing happened: %d items after %v", len(r.Items), took)
	}
	go func() {
		if within(5*time.Second, func() bool { return s.streams.open() == 1 }) {
			w.look() // not yet
			w.happen(port.Closed, 3001, 0)
		}
	}()
	if r, took := get(url + "&wait=20"); len(r.Items) != 1 || r.Items[0].Cursor != "c7" || took > 10*time.Second {
		t.Errorf("something happened: %d items after %v", len(r.Items), took)
	}
	if r, took := get(url + "&wait=20"); len(r.Items) != 1 || took > time.Second {
		t.Errorf("it had happened already: %d items after %v", len(r.Items), took)
	}
}

// TestLongAnswersOutliveTheServersLimits: reading and writing have a deadline
// of seconds, a stream may last for days.
func TestLongAnswersOutliveTheServersLimits(t *testing.T) {
	w := busyWorld(time.Now())
	s := w.server(Options{})
	s.wait.read, s.wait.write = 400*time.Millisecond, 400*time.Millisecond
	url := "http://" + serve(t, s)
	resp, err := http.Get(url + "/api/v1/events?since=c6&wait=1")
	if err != nil || resp.StatusCode != 200 {
		t.Fatalf("waiting for events: %v %v", resp, err)
	}
	resp.Body.Close()
	events := hear(t, url+"/events/stream?kind=generation")
	ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
	defer cancel()
	for ctx.Err() == nil {
		w.snap.Listening.At = time.Now()
		w.look()
		next(t, events, kindGeneration)
	}
}
