package app

import (
	"errors"
	"log/slog"
	"strings"
	"testing"
	"time"

	"github.com/portreeve/portreeve/internal/board"
	"github.com/portreeve/portreeve/internal/health"
	"github.com/portreeve/portreeve/internal/heartbeat"
	"github.com/portreeve/portreeve/internal/journal"
	"github.com/portreeve/portreeve/internal/port"
	"github.com/portreeve/portreeve/internal/watch"
)

// TestEarsSayWhatIsInMemoryAlone: a journal that stands in for its file keeps a
// heartbeat without a word, and a process that is killed then loses it.
func TestEarsSayWhatIsInMemoryAlone(t *testing.T) {
	log := slog.New(slog.DiscardHandler)
	book := heartbeat.New(journal.NewMemory(), log)
	if err := book.Load(t.Context()); err != nil {
		t.Fatal(err)
	}
	var trouble error
	e := ears{book: book, checks: &watch.Checks{Sink: board.New(port.Machine{}, time.Now()), Log: log}, trouble: func() error { return trouble }}
	for _, why := range []error{nil, errors.New("disk is full"), nil} {
		trouble = why
		heard, err := e.Beat(t.Context(), "job", health.Beat{Code: 3})
		if heard.Signal != health.Failed || (err == nil) != (why == nil) || why != nil && !strings.Contains(err.Error(), "disk is full") {
			t.Errorf("with %v: %+v, %v", why, heard, err)
		}
	}
	e.trouble = nil
	if _, err := e.Beat(t.Context(), "job", health.Beat{}); err != nil {
		t.Errorf("in memory on purpose: %v", err)
	}
}
