package journal_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/journal"
)

// A flaky journal does what the test tells it to.
type flaky struct {
	*journal.Memory

	mu    sync.Mutex
	how   fault
	tries int
}

type fault int

const (
	none    fault = iota
	refuses       // nothing is stored
	mumbles       // all is stored, but the answer is an error
	hangs         // until the context ends
)

var errDisk = errors.New("disk is full")

func newFlaky(how fault) *flaky { return &flaky{Memory: journal.NewMemory(), how: how} }

func (f *flaky) set(how fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.how = how
}

func (f *flaky) count() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.tries
}

func (f *flaky) Append(ctx context.Context, list []event.Entry) ([]event.Outcome, error) {
	f.mu.Lock()
	f.tries++
	how := f.how
	f.mu.Unlock()
	switch how {
	case refuses:
		return nil, errDisk
	case hangs:
		<-ctx.Done()
		return nil, ctx.Err()
	}
	outcomes, err := f.Memory.Append(ctx, list)
	if how == mumbles {
		return nil, errDisk
	}
	return outcomes, err
}

// said returns an entry without a number.
func said(stream, text string) event.Entry {
	return event.Entry{Stream: stream, At: epoch, Observer: "web-1", Change: &health.Change{
		Check: "shop", At: epoch, Began: epoch, Text: foreign.Text(text),
	}}
}

// texts returns what a journal's entries of a stream say, and fails the test
// unless their numbers run from 1.
func texts(t *testing.T, j journal.Journal, stream string) (list []string) {
	t.Helper()
	for _, r := range readAll(t, j, "") {
		if r.Stream != stream {
			continue
		}
		list = append(list, string(r.Change.Text))
		if r.Number != uint64(len(list)) {
			t.Errorf("%s is the %d. entry of its stream", r.Key(), len(list))
		}
	}
	return list
}

// count returns n words: 0, 1, 2 …
func count(n int) (words []string) {
	for i := range n {
		words = append(words, fmt.Sprint(i))
	}
	return words
}

func equalTexts(t *testing.T, got, want []string) {
	t.Helper()
	if strings.Join(got, " ") != strings.Join(want, " ") {
		t.Errorf("journal says %.200q, want %.200q", got, want)
	}
}

// run starts a writer and returns how to stop it and get Run's error.
func run(t *testing.T, w *journal.Writer) (stop func() error) {
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- w.Run(ctx) }()
	return func() error {
		cancel()
		return <-ended
	}
}

func putAll(t *testing.T, w *journal.Writer, stream string, words []string) {
	t.Helper()
	for _, word := range words {
		if !w.Put(said(stream, word)) {
			t.Fatalf("put %s: refused", word)
		}
	}
}

func counters(t *testing.T, w *journal.Writer, length int, written, dropped uint64) {
	t.Helper()
	if l, wr, d := w.Len(), w.Written(), w.Dropped(); l != length || wr != written || d != dropped {
		t.Errorf("queued %d, written %d, dropped %d, want %d, %d, %d", l, wr, d, length, written, dropped)
	}
}
