package client_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"runtime"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/client"
)

// TestJob: a start, then an end that says how it went, whatever happens.
func TestJob(t *testing.T) {
	broken := errors.New("disk full")
	for _, tt := range []struct {
		name string
		run  func(context.Context) error
		want error
		tell []string
	}{
		{"well", func(context.Context) error { return nil }, nil, []string{"start <nil>", "finish <nil>"}},
		{"ill", func(context.Context) error { return broken }, broken, []string{"start <nil>", "fail disk full"}},
		{"panic", func(context.Context) error { panic("oh") }, nil, []string{"start <nil>", "fail ended by a panic or runtime.Goexit"}},
		{"exit", func(context.Context) error { runtime.Goexit(); return nil }, nil, []string{"start <nil>", "fail ended by a panic or runtime.Goexit"}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			m := newMonitor()
			m.signed["backup"] = &signed{owner: "this machine"}
			s := &client.Server{URL: m.serve(t, "").URL}
			ctx, cancel := context.WithCancel(t.Context())
			cancel() // the end is told nevertheless
			var wait sync.WaitGroup
			wait.Go(func() {
				defer func() { recover() }()
				if err := client.Job(ctx, s, "backup", tt.run); !errors.Is(err, tt.want) {
					t.Errorf("%v, want %v", err, tt.want)
				}
			})
			wait.Wait()
			if d := cmp.Diff(tt.tell, m.of("backup").beats); d != "" {
				t.Error(d)
			}
		})
	}
}

// TestJobAlone: a job that nobody watches is done as well, and the log says so.
func TestJobAlone(t *testing.T) {
	m := newMonitor() // which knows no such check
	var log lines
	ran := false
	err := client.Job(t.Context(), nil, "backup", func(context.Context) error { ran = true; return nil },
		client.At(&client.Server{URL: m.serve(t, "").URL}), client.Log(slog.New(slog.NewTextHandler(&log, nil))))
	if err != nil || !ran {
		t.Errorf("%v, ran: %v", err, ran)
	}
	if n := strings.Count(log.String(), "Nobody has signed this name up"); n != 2 {
		t.Errorf("it is %d times in the log, want for start and end:\n%s", n, log.String())
	}
}

// TestJobRetry: an end that was not taken is told again.
func TestJobRetry(t *testing.T) {
	t.Parallel()
	m := newMonitor()
	m.signed["backup"] = &signed{owner: "this machine"}
	ends := 0
	m.refuse = func(r *http.Request) *answer {
		if ends++; ends != 2 {
			return nil
		}
		a := refusal(503, "Not now.")
		return &a
	}
	app, err := client.Register(t.Context(), client.Check{Name: "other", URL: "push://other"}, client.At(&client.Server{URL: m.serve(t, "").URL}))
	closed(t, app, err)
	until(t, "signed up", func() bool { return app.Err() == nil })
	m.change(func() { ends = 0 })
	if err := app.Job(t.Context(), func(context.Context) error { return nil }); err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"start <nil>", "finish <nil>"}, m.of("other").beats); d != "" || ends != 3 {
		t.Errorf("%d beats were sent, want 3: %s", ends, d)
	}
}

// lines is a log to read while it is written.
type lines struct {
	mu   sync.Mutex
	text strings.Builder
}

func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(b)
}

func (l *lines) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

var _ fmt.Stringer = (*lines)(nil)
