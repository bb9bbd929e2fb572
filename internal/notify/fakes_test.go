package notify_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/notify"
)

var (
	silent   = slog.New(slog.DiscardHandler)
	epoch    = time.Date(2025, 6, 1, 12, 0, 0, 0, time.UTC)
	errRelay = errors.New("relay is down")
)

// A channel that a test commands notes what it was told.
type channel struct {
	mu    sync.Mutex
	told  []string
	fails map[string]error // by key: until the test takes it away
	tries int
}

func (c *channel) Notify(_ context.Context, e event.Recorded) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.tries++
	if err := c.fails[e.Key()]; err != nil {
		return err
	}
	c.told = append(c.told, e.Key())
	return nil
}

func (c *channel) count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.tries
}

func (c *channel) fail(key string, err error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.fails = map[string]error{key: err}
}

func (c *channel) keys() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return slices.Clone(c.told)
}

// write appends the next n entries to stream check/a.
func write(t *testing.T, j journal.Journal, n int) {
	t.Helper()
	head, _, err := j.Head(t.Context(), "check/a")
	if err != nil {
		t.Fatal(err)
	}
	var list []event.Entry
	for i := range n {
		list = append(list, event.Entry{
			Stream: "check/a", Number: head.Number + uint64(i) + 1, At: epoch, Observer: "web-1",
			Change: &health.Change{Check: "a", From: health.Healthy, To: health.Degrading, At: epoch, Began: epoch},
		})
	}
	if outcomes, err := j.Append(t.Context(), list); err != nil || slices.Contains(outcomes, event.Conflict) {
		t.Fatal(outcomes, err)
	}
}

// keys returns the keys of entries of check/a.
func keys(first, last int) (list []string) {
	for n := first; n <= last; n++ {
		list = append(list, fmt.Sprint("check/a/", n))
	}
	return list
}

func equal(t *testing.T, what string, got, want []string) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Errorf("%s: %q, want %q", what, got, want)
	}
}

// start runs a cursor and returns how to stop it.
func start(t *testing.T, c *notify.Cursor) (stop func()) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- c.Run(ctx) }()
	return func() {
		t.Helper()
		cancel()
		if err := <-ended; !errors.Is(err, context.Canceled) {
			t.Errorf("run: %v, want context.Canceled", err)
		}
	}
}

// eventually polls until ok or until long after it should be.
func eventually(t *testing.T, what string, ok func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !ok(); {
		if time.Now().After(deadline) {
			t.Fatalf("never: %s", what)
		}
		time.Sleep(time.Millisecond)
	}
}

// engines are the journals that cursors are tested on.
func engines(t *testing.T, test func(*testing.T, journal.Journal)) {
	for name, dsn := range map[string]string{"memory": "memory:", "sqlite": "sqlite:" + filepath.Join(t.TempDir(), "p.db")} {
		t.Run(name, func(t *testing.T) {
			j, err := journal.Open(t.Context(), dsn, silent)
			if err != nil {
				t.Fatal(err)
			}
			defer j.Close()
			test(t, j)
		})
	}
}

type notifyFunc func(context.Context, event.Recorded) error

func (f notifyFunc) Notify(ctx context.Context, e event.Recorded) error { return f(ctx, e) }

// A broken journal fails where the test says.
type broken struct {
	journal.Journal
	mu                              sync.Mutex
	reads, positions, advances, cut error
	commits                         int
}

func (b *broken) do(f func()) {
	b.mu.Lock()
	defer b.mu.Unlock()
	f()
}

func (b *broken) Read(ctx context.Context, after event.Cursor, limit int) ([]event.Recorded, error) {
	var err error
	b.do(func() { err, b.cut = errors.Join(b.reads, b.cut), nil })
	if err != nil {
		return nil, err
	}
	return b.Journal.Read(ctx, after, limit)
}

func (b *broken) Position(ctx context.Context, reader string) (event.Cursor, error) {
	var err error
	b.do(func() { err = b.positions })
	if err != nil {
		return "", err
	}
	return b.Journal.Position(ctx, reader)
}

func (b *broken) Advance(ctx context.Context, reader string, to event.Cursor, notes ...event.Note) error {
	var err error
	b.do(func() { err, b.commits = b.advances, b.commits+1 })
	if err != nil {
		return err
	}
	return b.Journal.Advance(ctx, reader, to, notes...)
}

// A safeBuffer may be read while a logger writes to it.
type safeBuffer struct {
	mu sync.Mutex
	b  bytes.Buffer
}

func (s *safeBuffer) Write(p []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.Write(p)
}

func (s *safeBuffer) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.b.String()
}
