package mirrortest

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/portreeve/portreeve/internal/event"
	"github.com/portreeve/portreeve/internal/foreign"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/mirror"
)

// A Journal is a source in memory that takes whatever it is given. It is safe
// for concurrent use.
type Journal struct {
	id string

	mu      sync.Mutex
	entries []event.Entry
	grown   chan struct{} // closed when there are more, then replaced
}

var _ mirror.Source = (*Journal)(nil)

// NewJournal returns an empty journal.
func NewJournal(id string) *Journal { return &Journal{id: id, grown: make(chan struct{})} }

// Identity implements [mirror.Source].
func (j *Journal) Identity() string { return j.id }

// Append adds entries.
func (j *Journal) Append(entries ...event.Entry) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.entries = append(j.entries, entries...)
	close(j.grown)
	j.grown = make(chan struct{})
}

// Len returns how many entries there are.
func (j *Journal) Len() int {
	j.mu.Lock()
	defer j.mu.Unlock()
	return len(j.entries)
}

// Read implements [mirror.Source].
func (j *Journal) Read(_ context.Context, after event.Cursor, limit int) ([]event.Recorded, error) {
	j.mu.Lock()
	defer j.mu.Unlock()
	from, err := j.place(after)
	if err != nil {
		return nil, err
	}
	var found []event.Recorded
	for i := from; i < min(from+limit, len(j.entries)); i++ {
		found = append(found, event.Recorded{Entry: j.entries[i], Cursor: event.Cursor(j.id + " " + strconv.Itoa(i+1))})
	}
	return found, nil
}

// place returns how many entries are before a cursor.
func (j *Journal) place(c event.Cursor) (int, error) {
	if c == "" {
		return 0, nil
	}
	n, err := strconv.Atoi(strings.TrimPrefix(string(c), j.id+" "))
	if err != nil || n > len(j.entries) {
		return 0, event.ErrCursor
	}
	return n, nil
}

// Wait implements [mirror.Source].
func (j *Journal) Wait(ctx context.Context, after event.Cursor) error {
	for {
		j.mu.Lock()
		grown := j.grown
		at, err := j.place(after)
		more := at < len(j.entries)
		j.mu.Unlock()
		if err != nil || more {
			return err
		}
		select {
		case <-grown:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// copy returns the first entries of the journal as a file of it that somebody
// has put aside would have them.
func (j *Journal) copy(n int) *Journal {
	c := NewJournal(j.id)
	c.entries = j.all()[:n]
	return c
}

func (j *Journal) all() []event.Entry {
	j.mu.Lock()
	defer j.mu.Unlock()
	return append([]event.Entry{}, j.entries...)
}

// change returns an entry that says something about a check; equal arguments
// make equal entries.
func change(check string, number uint64, text string) event.Entry {
	at := time.Date(2025, 3, 30, 1, 59, 59, int(number%1e9), time.UTC)
	return event.Entry{
		Stream: event.CheckStream(check), Number: number, At: at, Observer: "web-1",
		Change: &health.Change{
			Check: check, From: health.Degrading, To: health.Unhealthy, At: at, Began: at.Add(-time.Minute),
			Reason: health.Refused, Text: foreign.Text(text),
		},
	}
}

// changes returns entries of a check, numbered from first.
func changes(check string, first uint64, n int) []event.Entry {
	entries := make([]event.Entry, n)
	for i := range entries {
		entries[i] = change(check, first+uint64(i), fmt.Sprint(check, " ", i))
	}
	return entries
}

// equal compares values; times by instant.
func equal(t *testing.T, what string, got, want any) {
	t.Helper()
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("%s (-want +got):\n%.4000s", what, diff)
	}
}
